using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Evolv.Platform.Http;

namespace Evolv.Auth;

/// <summary>
/// Finds out who asks, for every family. Answers nothing by itself and throws nothing: the family decides what a
/// missing or refused token means, in its own dialect.
/// </summary>
sealed class CallerMiddleware(RequestDelegate next, SigningKeys keys, TokenVerifier verifier)
{
    // PostgREST allows clocks to differ by 30 s; GoTrue refuses an expired token at once.
    static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    static readonly CallerFeature Nobody = new(Caller.Anonymous, Refusal: null, HasToken: false);
    static readonly CallerFeature Anonymous = new(Caller.Anonymous, Refusal: null, HasToken: true);
    static readonly CallerFeature Service = new(Caller.Service, Refusal: null, HasToken: true);

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var apiKey = request.Headers["apikey"].ToString();
        // A browser cannot set headers on a WebSocket, and the family has another name for this one.
        if (apiKey.Length == 0 && request.Path.StartsWithSegments("/realtime/v1"))
            apiKey = request.Query["apikey"].ToString() is { Length: > 0 } inUrl ? inUrl : request.Headers["x-api-key"].ToString();

        var leeway = request.Path.StartsWithSegments("/auth/v1") ? TimeSpan.Zero : Leeway;
        context.Features.Set(await FindAsync(request.Headers.Authorization.ToString(), apiKey, leeway));
        await next(context);
    }

    // The order of Supabase's own gateway: a token of the caller's wins; `Bearer sb_…` is none, clients send it as a rule.
    ValueTask<CallerFeature> FindAsync(string authorization, string apiKey, TimeSpan leeway)
    {
        var token = BearerToken.Read(authorization);
        if (token is null && authorization.Length > 0)
            return new(Nobody); // Another scheme says nothing to us.
        if (token is not null && !token.StartsWith(BearerToken.OpaquePrefix, StringComparison.Ordinal))
            return keys.Current.FindCaller(token) is { } known ? new(ForKey(known)) : FindPersonAsync(token, leeway);

        var key = apiKey.Length > 0 ? apiKey : token;
        if (key is null)
            return new(Nobody);
        if (!key.StartsWith(BearerToken.OpaquePrefix, StringComparison.Ordinal))
            return new(Anonymous); // A JWT as apikey alone is nobody's, even service_role's: supabase-js sends both headers.
        return new(keys.Current.FindCaller(key) is { } caller ? ForKey(caller) : Refuse("Invalid API key"));
    }

    async ValueTask<CallerFeature> FindPersonAsync(string token, TimeSpan leeway)
    {
        if (token.Length == 0)
            return Refuse("Empty JWT is sent in Authorization header");
        var verification = await verifier.VerifyAsync(token, leeway);
        return verification.Token is { } verified
            ? new CallerFeature(verified.Caller, Refusal: null, HasToken: true, verified.SessionId)
            : Refuse(verification.Refusal!) with { IsRefusedForClaims = verification.IsOfClaims };
    }

    static CallerFeature ForKey(Caller caller) => caller.IsService ? Service : Anonymous;

    static CallerFeature Refuse(string why) => new(Caller.Anonymous, why, HasToken: true);
}
