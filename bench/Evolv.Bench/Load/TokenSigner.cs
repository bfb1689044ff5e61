using System.Text.Json.Nodes;
using Evolv.Auth.Tokens;
using Microsoft.IdentityModel.JsonWebTokens;
using Npgsql;

namespace Evolv.Bench.Load;

/// <summary>Signs access tokens of anybody as the server does, with the claims of somebody who signed up there.</summary>
sealed class TokenSigner(KeyRing keys, string claimsOfSomebody)
{
    readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };

    internal static async Task<TokenSigner> OfAsync(BenchWorld world, NpgsqlConnection owner)
        => new(await SigningKeys.LoadOrCreateAsync(owner, TimeProvider.System, CancellationToken.None), world.Followers[20].Caller.ClaimsJson);

    /// <summary>The id of the session is the person's.</summary>
    internal string Token(Guid person)
    {
        var claims = JsonNode.Parse(claimsOfSomebody)!;
        claims["sub"] = person.ToString();
        claims["session_id"] = person.ToString();
        claims["exp"] = (long)claims["exp"]! + 6 * 3600;
        return _handler.CreateToken(claims.ToJsonString(), keys.Signing);
    }
}
