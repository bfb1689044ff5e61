using System.Globalization;
using System.Text.Json;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.RateLimits;

/// <summary>So many calls in any window of this length.</summary>
sealed record RateLimitPolicy(string Name, int Quota, TimeSpan Window)
{
    /// <summary>As <c>RateLimit-Policy</c> has it (draft-ietf-httpapi-ratelimit-headers).</summary>
    internal string Header { get; } = string.Create(
        CultureInfo.InvariantCulture, $"\"{Name}\";q={Quota};w={(int)Math.Ceiling(Window.TotalSeconds)}");
}

/// <summary>Whose calls are limited how. The names and figures of functions are the seed's.</summary>
sealed class RateLimitTable(IOptions<RateLimitOptions> options)
{
    readonly RateLimitPolicy _anonymous = new("anonymous", options.Value.AnonymousPerMinute, options.Value.Window);
    readonly RateLimitPolicy _authenticated = new("authenticated", options.Value.AuthenticatedPerMinute, options.Value.Window);
    readonly RateLimitPolicy _premium = new("premium", options.Value.PremiumPerMinute, options.Value.Window);
    readonly RateLimitPolicy _ai = new("ai", options.Value.AiPerMinute, options.Value.Window);
    readonly RateLimitPolicy _auth = new("auth", options.Value.AuthPerMinute, options.Value.Window);
    readonly RateLimitPolicy _rest = new("rest", options.Value.RestPerMinute, options.Value.Window);
    readonly RateLimitPolicy _restAnonymous = new("rest-anonymous", options.Value.RestAnonymousPerMinute, options.Value.Window);
    readonly RateLimitPolicy _realtime = new("realtime", options.Value.RealtimePerMinute, options.Value.Window);

    /// <summary>Null for those who are not limited.</summary>
    internal RateLimitPolicy? Find(RateLimitTier tier, Caller caller) => tier switch
    {
        _ when caller.IsService => null,
        RateLimitTier.Auth => _auth,
        RateLimitTier.Realtime => _realtime,
        RateLimitTier.Rest => caller.UserId is null ? _restAnonymous : _rest,
        _ when caller.UserId is null => _anonymous,
        RateLimitTier.Ai => _ai,
        _ => IsPremium(caller) ? _premium : _authenticated,
    };

    // People write their user_metadata themselves, and may well write this word there.
    static bool IsPremium(Caller caller)
    {
        if (!caller.ClaimsJson.Contains("\"premium\"", StringComparison.Ordinal))
            return false;
        using var claims = JsonDocument.Parse(caller.ClaimsJson);
        return claims.RootElement.TryGetProperty("app_metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object &&
            metadata.TryGetProperty("tier", out var tier) && tier.ValueKind == JsonValueKind.String && tier.ValueEquals("premium");
    }
}
