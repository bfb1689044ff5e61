using System.Text.Json;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Rest.Token;

/// <summary>
/// Who asks in /rest/v1. The caller middleware knows this installation's own keys and tokens; here anonymous callers get
/// their configured role, refusals PostgREST's words, and tokens made elsewhere are checked if the operator trusts them.
/// </summary>
sealed class RestCallers(IOptions<ServerOptions> server, TimeProvider time) : IDisposable
{
    readonly bool _hasOwnTokens = server.Value.Migrate;
    volatile OutsideTokens? _outside;

    /// <exception cref="RestError">PGRST300 to 303.</exception>
    internal ValueTask<Caller> FindAsync(HttpContext context, RestConfig config, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Find(context, config));
    }

    public void Dispose() => _outside?.Dispose();

    Caller Find(HttpContext context, RestConfig config)
    {
        var token = BearerToken.Read(context.Request.Headers.Authorization.ToString());
        // On a database of somebody else's there are no keys of ours, and PostgREST does not look at apikey. Supabase's clients
        // send an opaque key as a bearer token all the same.
        if (!_hasOwnTokens)
        {
            return token is null || token.StartsWith(BearerToken.OpaquePrefix, StringComparison.Ordinal) ? Anonymous(config)
                : config.Jwt is null ? throw RestError.NoJwtSecret()
                : Outside(config.Jwt).FindCaller(token, config.AnonRole);
        }

        var asked = context.Features.Get<CallerFeature>();
        if (asked?.Refusal is not { } refusal)
            return asked is { HasToken: true, Caller: { Role: not Caller.AnonRole } caller } ? caller : Anonymous(config);
        // A token of ours that is refused for what it says gets no second chance with other keys.
        if (!asked.IsRefusedForClaims && config.Jwt is { } jwt &&
            token?.StartsWith(BearerToken.OpaquePrefix, StringComparison.Ordinal) == false)
            return Outside(jwt).FindCaller(token, config.AnonRole);
        throw asked.IsRefusedForClaims ? RestError.InvalidClaims(refusal) : RestError.Undecodable(refusal);
    }

    static Caller Anonymous(RestConfig config) => config.AnonRole switch
    {
        null => throw RestError.AnonymousDisabled(),
        Caller.AnonRole => Caller.Anonymous,
        var role => new Caller(role, $$"""{"role":{{JsonSerializer.Serialize(role)}}}"""),
    };

    // The old one is not disposed of: requests that began before the change still ask it.
    OutsideTokens Outside(JwtConfig config)
    {
        var outside = _outside;
        if (outside?.Config != config)
            _outside = outside = new OutsideTokens(config, time);
        return outside;
    }
}
