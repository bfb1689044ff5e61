using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Evolv.Platform.Http;

namespace Evolv.Auth;

/// <summary>
/// Finds out who asks, for every family. Answers nothing by itself and throws nothing: the family decides what a
/// missing or refused token means, in its own dialect.
/// </summary>
sealed class CallerMiddleware(RequestDelegate next, SigningKeys keys, TokenVerifier verifier, Revocations revocations)
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

        context.Features.Set(await FindAsync(
            request.Headers.Authorization.ToString(), apiKey, isOfAuth: request.Path.StartsWithSegments("/auth/v1")));
        await next(context);
    }

    // The order of Supabase's own gateway: a token of the caller's wins; `Bearer sb_…` is none, clients send it as a rule.
    ValueTask<CallerFeature> FindAsync(string authorization, string apiKey, bool isOfAuth)
    {
        var token = BearerToken.Read(authorization);
        if (token is null && authorization.Length > 0 || token is "" && isOfAuth)
            return new(Nobody); // Another scheme says nothing to us.
        if (token is not null && !token.StartsWith(BearerToken.OpaquePrefix, StringComparison.Ordinal))
            return keys.Current.FindCaller(token) is { } known ? new(ForKey(known)) : FindPersonAsync(token, isOfAuth);

        var key = apiKey.Length > 0 ? apiKey : token;
        if (key is null)
            return new(Nobody);
        if (!key.StartsWith(BearerToken.OpaquePrefix, StringComparison.Ordinal))
            return new(isOfAuth ? Nobody : Anonymous); // A JWT as apikey alone is nobody's, even service_role's: supabase-js sends both headers.
        return new(keys.Current.FindCaller(key) is { } caller ? ForKey(caller) : Refuse("Invalid API key"));
    }

    async ValueTask<CallerFeature> FindPersonAsync(string token, bool isOfAuth)
    {
        if (token.Length == 0)
            return Refuse("Empty JWT is sent in Authorization header");
        var verification = await verifier.VerifyAsync(token, isOfAuth ? TimeSpan.Zero : Leeway);
        if (verification.Token is not { } verified)
            return Refuse(verification.Refusal!) with { IsRefusedForClaims = verification.IsOfClaims };
        // The auth family asks the database itself, and says more exactly what is the matter.
        if (!isOfAuth && revocations.Refuse(verified) is { } why)
            return Refuse(why) with { IsRefusedForClaims = true };
        return new CallerFeature(verified.Caller, Refusal: null, HasToken: true, verified.SessionId);
    }

    static CallerFeature ForKey(Caller caller) => caller.IsService ? Service : Anonymous;

    static CallerFeature Refuse(string why) => new(Caller.Anonymous, why, HasToken: true);
}
