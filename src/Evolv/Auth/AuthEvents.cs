using Evolv.Platform.Observability;

namespace Evolv.Auth;

/// <summary>Counts what people do with their accounts, by the endpoint they come to and how it was answered.</summary>
static class AuthEvents
{
    internal static void Count(HttpContext context)
    {
        if (NameOf(context.Request) is not { } name)
            return;
        EvolvMeter.AuthHappened(name, context.Response.StatusCode switch { < 400 => "ok", < 500 => "refused", _ => "failed" });
    }

    static string? NameOf(HttpRequest request) => (request.Method, request.Path.Value) switch
    {
        ("POST", "/auth/v1/signup") => "sign_up",
        ("POST", "/auth/v1/logout") => "sign_out",
        ("PUT", "/auth/v1/user") => "update",
        ("POST", "/auth/v1/passkeys/authentication/verify") => "sign_in",
        ("POST", "/auth/v1/token") => request.Query["grant_type"].ToString() switch
        {
            "password" or "id_token" => "sign_in",
            "refresh_token" => "refresh",
            _ => "other",
        },
        _ => null,
    };
}
