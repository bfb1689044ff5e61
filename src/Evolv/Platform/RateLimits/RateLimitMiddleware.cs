using System.Globalization;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;

namespace Evolv.Platform.RateLimits;

/// <summary>
/// Counts every call of an endpoint that is <see cref="RateLimited"/>, by person, or by address where nobody is signed in; a refused token
/// makes nobody a person. Tells what is left, and ends what is too much before anything is read or looked up for it.
/// </summary>
sealed class RateLimitMiddleware(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context, RateLimitTable table, RateLimiter limiter)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RateLimited>() is not { } limited)
            return next(context);
        var caller = context.Features.Get<CallerFeature>()?.Caller ?? Caller.Anonymous;
        return table.Find(limited.Tier, caller) is { } policy ? CountAsync(context, limited, policy, caller, limiter) : next(context);
    }

    async Task CountAsync(HttpContext context, RateLimited limited, RateLimitPolicy policy, Caller caller, RateLimiter limiter)
    {
        var who = caller.UserId is { } person ? person.ToString() : ClientAddress.Of(context.Connection.RemoteIpAddress);
        var verdict = await limiter.CountAsync(policy, who);
        Tell(context.Response.Headers, policy, verdict);
        if (verdict.IsAllowed)
        {
            await next(context);
            return;
        }

        EvolvMeter.RateLimited(policy.Name);
        context.Response.Headers.RetryAfter = Text(verdict.ResetSeconds);
        await limited.RefuseAsync(context, verdict.ResetSeconds);
    }

    // The seed's headers, and those of draft-ietf-httpapi-ratelimit-headers.
    static void Tell(IHeaderDictionary headers, RateLimitPolicy policy, RateLimitVerdict verdict)
    {
        headers["X-RateLimit-Limit"] = Text(policy.Quota);
        headers["X-RateLimit-Remaining"] = Text(verdict.Remaining);
        headers["X-RateLimit-Reset"] = Text(verdict.ResetSeconds);
        headers["RateLimit"] = string.Create(CultureInfo.InvariantCulture, $"\"{policy.Name}\";r={verdict.Remaining};t={verdict.ResetSeconds}");
        headers["RateLimit-Policy"] = policy.Header;
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
