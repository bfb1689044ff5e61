namespace Evolv.Auth;

/// <summary>An error in GoTrue's dialect. Codes are wire contract: clients branch on them.</summary>
sealed class AuthError : Exception
{
    AuthError(int status, string code, string message) : base(message) => (Status, Code) = (status, code);

    internal int Status { get; }

    internal string Code { get; }

    /// <summary>OAuth's own form, <c>{"error":…,"error_description":…}</c>; <see cref="Code"/> is the error.</summary>
    internal bool IsOAuth { get; private init; }

    /// <summary>What is wrong with a password: <c>length</c>, <c>pwned</c>.</summary>
    internal IReadOnlyList<string>? WeakPasswordReasons { get; private init; }

    /// <summary>When trying again makes sense, in seconds.</summary>
    internal int? RetryAfterSeconds { get; private init; }

    /// <summary>Of an error nobody expected: what to look for in the log.</summary>
    internal string? Id { get; private init; }

    // --- The request ---------------------------------------------------------------------------------------------------

    internal static AuthError BadJson(string why) => new(400, "bad_json", $"Could not parse request body as JSON: {why}");

    internal static AuthError Invalid(string message) => new(400, "validation_failed", message);

    internal static AuthError TooLarge() => new(413, "request_entity_too_large", "Request body is too large");

    internal static AuthError TooSlow() => new(408, "request_timeout", "Request body came too slowly");

    /// <summary>What of the request, such as plain http, keeps it from being read.</summary>
    internal static AuthError Refused(string why) => new(403, "request_refused", why);

    internal static AuthError UnknownPath() => new(404, "validation_failed", "No such endpoint or method under /auth/v1");

    // No 5xx: clients would try again.
    internal static AuthError NoAccounts()
        => new(404, "validation_failed", "This server has no accounts: it serves a database that is not Evolv's (--no-migrate)");

    internal static AuthError OAuth(string error, string description) => new(400, error, description) { IsOAuth = true };

    // --- Who asks ------------------------------------------------------------------------------------------------------

    internal static AuthError NoAuthorization()
        => new(401, "no_authorization", "This endpoint requires a valid Bearer token");

    internal static AuthError BadJwt(string why)
        => new(403, "bad_jwt", $"invalid JWT: unable to parse or verify signature, {why}");

    internal static AuthError MissingSubject() => new(403, "bad_jwt", "invalid claim: missing sub claim");

    internal static AuthError SessionNotFound()
        => new(403, "session_not_found", "Session from session_id claim in JWT does not exist");

    internal static AuthError UserNotFound() => new(403, "user_not_found", "User from sub claim in JWT does not exist");

    internal static AuthError UserBanned() => new(403, "user_banned", "User is banned");

    internal static AuthError NotAdmin() => new(403, "not_admin", "Updating app_metadata requires admin privileges");

    // --- Accounts ------------------------------------------------------------------------------------------------------

    internal static AuthError SignupDisabled() => new(422, "signup_disabled", "Signups not allowed for this instance");

    internal static AuthError AnonymousDisabled() => new(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled");

    internal static AuthError PhoneDisabled() => new(400, "phone_provider_disabled", "Phone signups are disabled");

    internal static AuthError UserAlreadyExists() => new(422, "user_already_exists", "User already registered");

    internal static AuthError EmailExists()
        => new(422, "email_exists", "A user with this email address has already been registered");

    internal static AuthError InvalidEmail() => Invalid("Unable to validate email address: invalid format");

    internal static AuthError SamePassword()
        => new(422, "same_password", "New password should be different from the old password.");

    internal static AuthError AnonymousPassword() => new(422, "validation_failed",
        "Updating password of an anonymous user without an email or phone is not allowed");

    internal static AuthError WeakPassword(string message, IReadOnlyList<string> reasons)
        => new(422, "weak_password", message) { WeakPasswordReasons = reasons };

    // --- Signing in ----------------------------------------------------------------------------------------------------

    // The same words for an unknown address, an account without a password and a wrong password.
    internal static AuthError InvalidCredentials() => new(400, "invalid_credentials", "Invalid login credentials");

    internal static AuthError EmailNotConfirmed() => new(400, "email_not_confirmed", "Email not confirmed");

    internal static AuthError BannedFromSigningIn() => new(400, "user_banned", "User is banned");

    internal static AuthError RefreshTokenNotFound()
        => new(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");

    internal static AuthError RefreshTokenAlreadyUsed()
        => new(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used");

    internal static AuthError SessionExpired() => new(400, "session_expired", "Invalid Refresh Token: Session Expired");

    // --- Ours ----------------------------------------------------------------------------------------------------------

    // auth-js ends the session at any 4xx of a refresh, so what may go well in a second is a 5xx.
    internal static AuthError Busy() => new(503, "conflict", "Another request was in the way; try again.") { RetryAfterSeconds = 1 };

    internal static AuthError Overloaded()
        => new(429, "over_request_rate_limit", "Request rate limit reached") { RetryAfterSeconds = 2 };

    internal static AuthError RateLimited(int seconds)
        => new(429, "over_request_rate_limit", "Request rate limit reached") { RetryAfterSeconds = seconds };

    // For a refresh: others behind the same address must not be able to sign anybody out.
    internal static AuthError RateLimitedRefresh(int seconds)
        => new(503, "over_request_rate_limit", "Request rate limit reached") { RetryAfterSeconds = seconds };

    internal static AuthError Unavailable()
        => new(503, "unexpected_failure", "The database is not available at the moment") { RetryAfterSeconds = 1 };

    internal static AuthError Timeout() => new(504, "request_timeout", "The database took too long.");

    internal static AuthError Unexpected(string requestId) => new(500, "unexpected_failure", "Internal error") { Id = requestId };
}
