namespace Evolv.Platform.Http;

/// <summary>Cross-origin calls of browsers, for all families that do not answer them as their upstream does.</summary>
static class Cors
{
    /// <summary>
    /// What pages may read: postgrest-js reads content-range, auth-js the version and paging headers, functions-js x-relay-error.
    /// </summary>
    internal static readonly string[] ExposedHeaders =
    [
        "Content-Range", "Content-Location", "Location", "Preference-Applied", "X-Total-Count", "Link", "ETag", "Server-Timing",
        "X-Relay-Error", "X-Sb-Error-Code", "X-Supabase-Api-Version", "X-Request-Id", "Idempotency-Replayed",
        "Retry-After", "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    ];

    /// <summary>How long a browser need not ask again.</summary>
    internal static readonly TimeSpan PreflightAge = TimeSpan.FromDays(1);

    internal static void UseCors(this IApplicationBuilder app, Origins origins, HttpFamily[] families)
        => app.UseWhen(context => families.Find(context.Request.Path) is not { AnswersCors: true }, rest =>
        {
            if (!origins.AllowsAny)
                rest.Use(VaryForOthers);
            rest.UseCors(policy =>
            {
                // No cookies are used, so pages need no credentials mode.
                _ = origins.AllowsAny ? policy.AllowAnyOrigin() : policy.SetIsOriginAllowed(origins.Allow);
                policy.AllowAnyHeader().AllowAnyMethod().WithExposedHeaders(ExposedHeaders).SetPreflightMaxAge(PreflightAge);
            });
        });

    // The framework says it to those that it allows alone; a cache would hand the answer for one origin to another.
    static Task VaryForOthers(HttpContext context, RequestDelegate next)
    {
        var origin = context.Request.Headers.Origin.ToString();
        if (origin.Length == 0 || !context.RequestServices.GetRequiredService<Origins>().Allow(origin))
            context.Response.Headers.Append("Vary", "Origin");
        return next(context);
    }
}
