using System.Globalization;
using System.Net;

namespace Evolv.Auth.Flows;

/// <summary>
/// Addresses that tell a page how a sign-in went, in GoTrue's form: what is secret stands in the fragment, which is sent to no server; codes
/// stand in the query. <c>sb</c> is empty and tells clients that the fragment is from here.
/// </summary>
static class BrowserAnswer
{
    const int LongestError = 100;
    const int LongestDescription = 500;

    internal static string Session(string to, SessionResponse session, string? type = null)
        => InFragment(to,
        [
            new("access_token", session.AccessToken),
            new("expires_at", session.ExpiresAt.ToString(CultureInfo.InvariantCulture)),
            new("expires_in", session.ExpiresIn.ToString(CultureInfo.InvariantCulture)),
            new("provider_refresh_token", session.ProviderRefreshToken),
            new("provider_token", session.ProviderToken),
            new("refresh_token", session.RefreshToken),
            new("sb", ""),
            new("token_type", session.TokenType),
            new("type", type),
        ]);

    internal static string Code(string to, string code) => InQuery(to, [new("code", code)]);

    /// <summary>What a client gets that asked to sign somebody in (RFC 6749, 4.1.2).</summary>
    internal static string Grant(string to, string code, string? state) => InQuery(to, [new("code", code), new("state", state)]);

    /// <summary>What it gets otherwise.</summary>
    internal static string Refusal(string to, string error, string description, string? state)
        => InQuery(to, [new("error", error), new("error_description", Cut(description, LongestDescription)), new("state", state)]);

    /// <summary>Something is done, and something is left to do.</summary>
    internal static string Message(string to, string message) => InFragment(to, [new("message", message), new("sb", "")]);

    /// <param name="to">The page.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="inQuery">There, too, where a server of the app reads it.</param>
    internal static string Error(string to, AuthError error, bool inQuery)
        => Error(to, WordOf(error), error.Code, error.Message, inQuery);

    /// <summary>What somebody else, such as a provider, says is wrong; it has no code of ours.</summary>
    internal static string Error(string to, string error, string? code, string description, bool inQuery)
    {
        List<KeyValuePair<string, string?>> parameters =
        [
            new("error", Cut(error, LongestError)), new("error_code", code), new("error_description", Cut(description, LongestDescription)),
        ];
        return InFragment(inQuery ? InQuery(to, parameters) : to, [.. parameters, new("sb", "")]);
    }

    /// <summary>An error of an answer whose flow is not known.</summary>
    internal static string ErrorInQuery(string to, AuthError error)
        => InQuery(to, [new("error", WordOf(error)), new("error_code", error.Code), new("error_description", error.Message)]);

    // OAuth's words for what our statuses say.
    static string WordOf(AuthError error) => error switch
    {
        { Code: "signup_disabled" or "user_banned" or "provider_email_needs_verification" } => "access_denied",
        { Status: 400 } => "invalid_request",
        { Status: 401 } => "unauthorized_client",
        { Status: 403 } => "access_denied",
        { Status: 429 or 503 } => "temporarily_unavailable",
        _ => "server_error",
    };

    static string InFragment(string to, IEnumerable<KeyValuePair<string, string?>> parameters)
        => $"{to.Split('#')[0]}#{Form(parameters)}";

    // A page's own parameters stay, but for those that it reads the outcome from.
    static string InQuery(string to, IReadOnlyList<KeyValuePair<string, string?>> parameters)
    {
        var parts = to.Split('#')[0].Split('?', 2);
        var kept = parts.Length == 1 ? [] : parts[1].Split('&', StringSplitOptions.RemoveEmptyEntries)
            .Where(own => !parameters.Any(parameter => WebUtility.UrlDecode(own.Split('=')[0]) == parameter.Key));
        return $"{parts[0]}?{string.Join('&', [.. kept, Form(parameters)])}";
    }

    static string Form(IEnumerable<KeyValuePair<string, string?>> parameters)
        => string.Join('&', parameters.Where(parameter => parameter.Value is not null)
            .Select(parameter => $"{parameter.Key}={WebUtility.UrlEncode(parameter.Value)}"));

    static string Cut(string text, int longest) => text.Length <= longest ? text : text[..longest];
}

/// <summary>303: the browser goes on with GET, whatever it came with.</summary>
sealed class SeeOther(string url) : IResult
{
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status303SeeOther;
        httpContext.Response.Headers.Location = url;
        return Task.CompletedTask;
    }
}
