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

    // With a space, where OAuth has an underscore: GoTrue's words for a bad ID token.
    internal static AuthError InvalidRequest(string description) => OAuth("invalid request", description);

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

    internal static AuthError PhoneLoginsDisabled() => new(422, "phone_provider_disabled", "Phone logins are disabled");

    internal static AuthError PhoneUnsupported() => new(400, "phone_provider_disabled", "Unsupported phone provider");

    internal static AuthError NobodyHasEmail() => new(404, "user_not_found", "User with this email not found");

    internal static AuthError OtpDisabled() => new(422, "otp_disabled", "Signups not allowed for otp");

    internal static AuthError VerifyEmailFirst() => new(422, "email_not_confirmed", "Please verify your email first.");

    internal static AuthError ReauthenticationNeeded()
        => new(400, "reauthentication_needed", "Password update requires reauthentication");

    internal static AuthError ReauthenticationNotValid() => new(422, "reauthentication_not_valid", "Nonce has expired or is invalid");

    internal static AuthError CurrentPasswordInvalid() => new(400, "current_password_invalid", "Current password is not correct");

    // --- Links and digits ----------------------------------------------------------------------------------------------

    // The same words for an unknown address, a wrong token and one that is spent or too old.
    internal static AuthError OtpExpired() => new(403, "otp_expired", "Token has expired or is invalid");

    internal static AuthError LinkExpired() => new(403, "otp_expired", "Email link is invalid or has expired");

    internal static AuthError MailTooSoon(int seconds)
        => new(429, "over_email_send_rate_limit", $"For security purposes, you can only request this after {seconds} seconds.") { RetryAfterSeconds = seconds };

    internal static AuthError MailRateLimited(int seconds)
        => new(429, "over_email_send_rate_limit", "email rate limit exceeded") { RetryAfterSeconds = seconds };

    // --- Signing in ----------------------------------------------------------------------------------------------------

    // The same words for an unknown address, an account without a password and a wrong password.
    internal static AuthError InvalidCredentials() => new(400, "invalid_credentials", "Invalid login credentials");

    internal static AuthError EmailNotConfirmed() => new(400, "email_not_confirmed", "Email not confirmed");

    internal static AuthError BannedFromSigningIn() => new(400, "user_banned", "User is banned");

    internal static AuthError BannedFromRefreshing() => new(400, "user_banned", "Invalid Refresh Token: User Banned");

    internal static AuthError RefreshTokenNotFound()
        => new(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");

    internal static AuthError RefreshTokenAlreadyUsed()
        => new(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used");

    internal static AuthError SessionExpired() => new(400, "session_expired", "Invalid Refresh Token: Session Expired");

    internal static AuthError FlowStateNotFound()
        => new(404, "flow_state_not_found", "invalid flow state, no valid flow state found");

    internal static AuthError FlowStateExpired() => new(422, "flow_state_expired", "invalid flow state, flow state has expired");

    internal static AuthError BadCodeVerifier()
        => new(400, "bad_code_verifier", "code challenge does not match previously saved code verifier");

    // --- Second factors ------------------------------------------------------------------------------------------------

    internal static AuthError AnonymousRefused()
        => new(403, "no_authorization", "Anonymous user not allowed to perform these actions");

    // Both words are GoTrue's, and so are the statuses.
    internal static AuthError InsufficientAalToUpdate() => new(401, "insufficient_aal",
        "AAL2 session is required to update email or password when MFA is enabled.");

    internal static AuthError InsufficientAalToEnroll() => new(403, "insufficient_aal", "AAL2 required to enroll a new factor");

    internal static AuthError InsufficientAalToUnenroll()
        => new(422, "insufficient_aal", "AAL2 required to unenroll verified factor");

    internal static AuthError InsufficientAalForRecoveryCodes()
        => new(403, "insufficient_aal", "AAL2 required to change recovery codes");

    internal static AuthError MfaEnrollDisabled(string kind)
        => new(422, $"mfa_{kind.ToLowerInvariant()}_enroll_not_enabled", $"MFA enroll is disabled for {kind}");

    internal static AuthError MfaFactorNameConflict(string name) => new(422, "mfa_factor_name_conflict",
        $"A factor with the friendly name \"{name}\" for this user already exists");

    internal static AuthError TooManyFactors() => new(422, "too_many_enrolled_mfa_factors",
        "Maximum number of verified factors reached, unenroll to continue");

    internal static AuthError MfaFactorNotFound() => new(404, "mfa_factor_not_found", "Factor not found");

    internal static AuthError MfaChallengeNotFound()
        => new(422, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found");

    internal static AuthError MfaChallengeExpired(Guid id) => new(422, "mfa_challenge_expired",
        $"MFA challenge {id} has expired, verify against another challenge or create a new challenge.");

    internal static AuthError MfaVerificationFailed() => new(422, "mfa_verification_failed", "Invalid TOTP code entered");

    // --- Passkeys ------------------------------------------------------------------------------------------------------

    internal static AuthError PasskeysDisabled() => new(404, "passkey_disabled", "Passkeys are disabled");

    internal static AuthError InsufficientAalForPasskeys()
        => new(403, "insufficient_aal", "AAL2 session is required to manage passkeys when MFA is enabled");

    internal static AuthError TooManyPasskeys() => new(422, "too_many_passkeys", "Maximum number of passkeys reached");

    internal static AuthError PasskeyExists() => new(422, "webauthn_credential_exists", "This credential is already registered");

    internal static AuthError PasskeyNotFound() => new(404, "validation_failed", "Passkey not found");

    // The same words for one of another person, of the other ceremony, and one that was used.
    internal static AuthError PasskeyChallengeNotFound()
        => new(400, "webauthn_challenge_not_found", "Challenge not found or already used");

    internal static AuthError PasskeyChallengeExpired() => new(400, "webauthn_challenge_expired", "Challenge has expired");

    internal static AuthError PasskeyMalformed() => new(400, "webauthn_verification_failed", "Invalid credential response");

    // The same words for an unknown passkey, a wrong signature and whatever else is wrong.
    internal static AuthError PasskeyRefused() => new(400, "webauthn_verification_failed", "Credential verification failed");

    // GoTrue's status differs from a password's.
    internal static AuthError EmailNotConfirmedForPasskey() => new(403, "email_not_confirmed", "Email not confirmed");

    // --- Administration ------------------------------------------------------------------------------------------------

    internal static AuthError UserNotAllowed() => new(403, "not_admin", "User not allowed");

    internal static AuthError NotUuid(string name) => new(404, "validation_failed", $"{name} must be an UUID");

    internal static AuthError NoSuchUser() => new(404, "user_not_found", "User not found");

    internal static AuthError NoSuchSession() => new(404, "session_not_found", "Session not found");

    internal static AuthError PhoneExists() => new(422, "phone_exists", "Phone number already registered by another user");

    // --- External identities -------------------------------------------------------------------------------------------

    internal static AuthError UnsupportedProvider(string why) => Invalid($"Unsupported provider: {why}");

    internal static AuthError OAuthProviderNotSupported()
        => new(400, "oauth_provider_not_supported", "Unsupported provider: provider is not enabled");

    internal static AuthError ProviderDisabled(string issuer)
        => new(400, "provider_disabled", $"Provider (issuer \"{issuer}\") is not enabled");

    internal static AuthError CustomProviderNotAllowed(string name)
        => Invalid($"Custom OIDC provider \"{name}\" not allowed");

    internal static AuthError ProviderUnavailable(string provider)
        => new(503, "unexpected_failure", $"Provider {provider} does not answer as it should; try again later") { RetryAfterSeconds = 10 };

    internal static AuthError BadOAuthCallback(string why) => new(400, "bad_oauth_callback", why);

    internal static AuthError BadOAuthState() => new(400, "bad_oauth_state", "OAuth callback with invalid state");

    // These two travel in redirects only. GoTrue writes the code into its text; it may be good still.
    internal static AuthError ExternalExchangeFailed() => new(500, "unexpected_failure", "Unable to exchange external code");

    internal static AuthError ExternalProfileFailed()
        => new(500, "unexpected_failure", "Error getting user profile from external provider");

    internal static AuthError ProviderEmailNeedsVerification(string provider) => new(422, "provider_email_needs_verification",
        $"Unverified email with {provider}. Verify the email with {provider} in order to sign in");

    internal static AuthError ManualLinkingDisabled() => new(404, "manual_linking_disabled", "Manual linking is disabled");

    internal static AuthError IdentityAlreadyLinked() => new(422, "identity_already_exists", "Identity is already linked");

    internal static AuthError IdentityOfAnother() => new(422, "identity_already_exists", "Identity is already linked to another user");

    internal static AuthError IdentityIdInvalid() => new(404, "validation_failed", "identity_id must be an UUID");

    internal static AuthError IdentityNotFound() => new(422, "identity_not_found", "Identity doesn't exist");

    internal static AuthError SingleIdentity()
        => new(422, "single_identity_not_deletable", "User must have at least 1 identity after unlinking");

    internal static AuthError EmailConflict()
        => new(422, "email_conflict_identity_not_deletable", "Unable to unlink identity due to email conflict");

    internal static AuthError Web3Disabled() => new(422, "web3_provider_disabled", "Web3 provider is disabled");

    internal static AuthError OAuthServerDisabled() => new(404, "feature_disabled", "OAuth server is disabled");

    internal static AuthError CustomProvidersDisabled() => new(404, "feature_disabled", "Custom OAuth providers are disabled");

    internal static AuthError SamlDisabled() => new(404, "saml_provider_disabled", "SAML 2.0 is disabled");

    // --- evolv.access_token_hook ---------------------------------------------------------------------------------------

    // The hook's author decides; without a status that makes sense it is a refusal.
    internal static AuthError HookRefused(int? status, string? message)
        => new(status is >= 400 and < 600 ? status.Value : 403, "hook_refused", message ?? "The access token hook refuses this sign-in");

    internal static AuthError HookBroken(string why)
        => new(500, "unexpected_failure", $"evolv.access_token_hook is wrong: {why}");

    // --- OAuth server --------------------------------------------------------------------------------------------------

    // GoTrue lets clients do all that people may. The status and code are those with which it refuses guests.
    internal static AuthError OAuthClientRefused()
        => new(403, "no_authorization", "OAuth client not allowed to perform these actions");

    internal static AuthError OAuthClientNotFound() => new(404, "oauth_client_not_found", "OAuth client not found");

    internal static AuthError InvalidClientId(string why) => new(400, "oauth_client_not_found", why);

    internal static AuthError OAuthAuthorizationNotFound() => new(404, "oauth_authorization_not_found", "authorization not found");

    internal static AuthError OAuthConsentNotFound() => new(404, "oauth_consent_not_found", "No active grant found for this client");

    internal static AuthError DynamicRegistrationDisabled()
        => new(403, "oauth_dynamic_client_registration_disabled", "Dynamic client registration is not enabled");

    internal static AuthError InsufficientAalToAuthorize() => new(403, "insufficient_aal",
        "AAL2 session is required to authorize OAuth clients when MFA is enabled.");

    // RFC 6749 5.2 wants a 401 here; GoTrue answers 400 in its own form, which standard clients cannot read.
    internal static AuthError InvalidClient(string description) => new(401, "invalid_client", description) { IsOAuth = true };

    internal static AuthError InvalidGrant(string description) => OAuth("invalid_grant", description);

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
