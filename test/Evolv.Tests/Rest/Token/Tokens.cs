using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Evolv.Rest;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Rest.Token;

/// <summary>Makes tokens of any kind, and the settings they are checked with.</summary>
static class Tokens
{
    internal const string Secret = "reallyreallyreallyreallyverysafe";

    internal static string Hs256(string payload, string secret = Secret)
        => Sign("""{"alg":"HS256"}""", payload, text => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), text));

    internal static string Sign(string header, string payload, Func<byte[], byte[]> sign)
    {
        var text = $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(payload)}";
        return $"{text}.{Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    internal static string Jwk(RSA key, string more = "")
    {
        var parameters = key.ExportParameters(includePrivateParameters: false);
        return $$"""{"kty":"RSA","n":"{{Base64UrlEncoder.Encode(parameters.Modulus)}}","e":"{{Base64UrlEncoder.Encode(parameters.Exponent)}}"{{more}}}""";
    }

    internal static string Jwk(ECDsa key, string more = "")
    {
        var point = key.ExportParameters(includePrivateParameters: false).Q;
        var curve = key.KeySize switch { 256 => "P-256", 384 => "P-384", _ => "P-521" };
        return $$"""{"kty":"EC","crv":"{{curve}}","x":"{{Base64UrlEncoder.Encode(point.X)}}","y":"{{Base64UrlEncoder.Encode(point.Y)}}"{{more}}}""";
    }

    internal static string Jwk(byte[] secret, string more = "")
        => $$"""{"kty":"oct","k":"{{Base64UrlEncoder.Encode(secret)}}"{{more}}}""";

    internal static JwtConfig Config(
        string secret = Secret, bool isBase64 = false, string? audience = null, string roleClaim = ".role")
        => new(secret, isBase64, audience, roleClaim);

    internal static RestConfig Rest(JwtConfig? jwt, string? anonRole = "anon") => new(
        Schemas: ["public"], AnonRole: anonRole, ExtraSearchPath: [], MaxRows: null, PreRequest: null, RollbackAll: false,
        AllowTxOverride: false, AggregatesEnabled: false, PlanEnabled: false, RootSpec: null, HoistedSettings: [], Jwt: jwt,
        OpenApiMode: OpenApiMode.FollowPrivileges, OpenApiSecurityActive: false, OpenApiServerProxyUri: null,
        ServerTimingEnabled: false, ServerTraceHeader: null, LegacyTargetNames: true, VerboseErrors: true,
        RoleSettings: FrozenDictionary<string, ImmutableArray<KeyValuePair<string, string>>>.Empty,
        RoleIsolationLevels: FrozenDictionary<string, string>.Empty, AppSettings: [], Limits: new RestLimits(1024, 10, 100));

    /// <summary>An error as it goes over the wire, on one line.</summary>
    internal static string Whole(RestError error)
        => $"{error.Status} {error.Code} {error.Message}" +
            (error.Details is null ? "" : $" ({error.Details})") +
            string.Concat(error.Headers.Select(header => $" {header.Key}: {header.Value}"));
}
