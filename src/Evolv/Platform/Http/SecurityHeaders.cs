namespace Evolv.Platform.Http;

/// <summary>What keeps browsers from doing more with an answer than it is meant for. Who sets a header itself has the last word.</summary>
static class SecurityHeaders
{
    internal static void UseSecurityHeaders(this IApplicationBuilder app)
        => app.Use((context, next) =>
        {
            context.Response.OnStarting(AddAsync, context);
            return next(context);
        });

    static Task AddAsync(object state)
    {
        var context = (HttpContext)state;
        var headers = context.Response.Headers;
        if (context.Response.StatusCode == StatusCodes.Status101SwitchingProtocols)
            return Task.CompletedTask;
        headers.TryAdd("X-Content-Type-Options", "nosniff");
        if (context.Response.ContentType?.StartsWith("text/html", StringComparison.OrdinalIgnoreCase) == true)
        {
            headers.TryAdd("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
            headers.TryAdd("Referrer-Policy", "strict-origin-when-cross-origin");
            headers.TryAdd("Cross-Origin-Opener-Policy", "same-origin");
            headers.TryAdd("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
        }
        else
        {
            headers.TryAdd("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
            headers.TryAdd("Referrer-Policy", "no-referrer");
        }

        // What somebody got for their key or token is for nobody else.
        if (headers.CacheControl.Count == 0 && (context.Request.Headers.Authorization.Count > 0 || context.Request.Headers.ContainsKey("apikey")))
            headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }
}
