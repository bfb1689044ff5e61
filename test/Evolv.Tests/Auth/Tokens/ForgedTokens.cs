using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth.Tokens;

/// <summary>
/// Tokens that nobody should be let in with, for one person of one server. Where a case says "ours", it is signed with the
/// server's own key, so that only the rule under test can refuse it.
/// </summary>
sealed class ForgedTokens : IDisposable
{
    readonly ECDsa _ours = ECDsa.Create();
    readonly ECDsa _attackers = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    readonly string _header;
    readonly string _payload;
    readonly string _good;

    ForgedTokens(string good, string privateKey)
    {
        _good = good;
        _ours.ImportFromPem(privateKey);
        var parts = good.Split('.');
        (_header, _payload) = (Base64UrlEncoder.Decode(parts[0]), Base64UrlEncoder.Decode(parts[1]));
    }

    internal static async Task<ForgedTokens> ForAsync(EvolvServer server, Person person)
        => new(person.AccessToken, await server.Database.ScalarAsync<string>("select private_key from auth.signing_keys where status = 'in_use'"));

    internal string Control => Sign(_header, _payload, Ours);

    internal string WithClaim(string name, JsonNode? value) => Sign(_header, Changed(_payload, name, value), Ours);

    internal IEnumerable<(string Name, string Token)> All()
    {
        foreach (var alg in (string[])["none", "None", "nOnE", ""])
        {
            yield return ($"alg '{alg}', no signature", Sign(Header("alg", alg), _payload, _ => []));
            yield return ($"alg '{alg}', our signature", Sign(Header("alg", alg), _payload, Ours));
        }

        yield return ("alg missing", Sign(Header("alg", null, remove: true), _payload, Ours));
        yield return ("alg null", Sign(Header("alg", null), _payload, Ours));
        foreach (var alg in (string[])["ES384", "ES512", "ES256K", "RS256", "PS256", "EdDSA", "es256"])
            yield return ($"alg {alg}, our signature", Sign(Header("alg", alg), _payload, Ours));

        var spki = Encoding.UTF8.GetBytes(_ours.ExportSubjectPublicKeyInfoPem());
        yield return ("HS256 with the public key as PEM", Sign(Header("alg", "HS256"), _payload, text => HMACSHA256.HashData(spki, text)));
        yield return ("HS256 with the public key as DER", Sign(
            Header("alg", "HS256"), _payload, text => HMACSHA256.HashData(_ours.ExportSubjectPublicKeyInfo(), text)));
        yield return ("HS256 with x of the JWKS", Sign(
            Header("alg", "HS256"), _payload, text => HMACSHA256.HashData(_ours.ExportParameters(false).Q.X!, text)));
        yield return ("HS256 with an empty secret", Sign(Header("alg", "HS256"), _payload, text => HMACSHA256.HashData(Array.Empty<byte>(), text)));
        yield return ("HS256 without a kid, with Supabase's secret of examples", Sign(
            """{"alg":"HS256","typ":"JWT"}""", Changed(_payload, "role", "service_role"),
            text => HMACSHA256.HashData("super-secret-jwt-token-with-at-least-32-characters-long"u8, text)));
        yield return ("HS512 with an empty secret", Sign(Header("alg", "HS512"), _payload, text => HMACSHA512.HashData(Array.Empty<byte>(), text)));

        yield return ("another's key under our kid", Sign(_header, _payload, Attackers));
        yield return ("r = s = 0", Sign(_header, _payload, _ => new byte[64]));
        yield return ("r = s = 2^256 - 1", Sign(_header, _payload, _ => [.. Enumerable.Repeat((byte)255, 64)]));
        yield return ("no signature", Sign(_header, _payload, _ => []));
        yield return ("half a signature", Sign(_header, _payload, text => Ours(text)[..32]));
        yield return ("a signature and more", Sign(_header, _payload, text => [.. Ours(text), 0]));
        yield return ("signature in DER", Sign(
            _header, _payload, text => _ours.SignData(text, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence)));
        yield return ("SHA-512 instead of SHA-256", Sign(_header, _payload, text => _ours.SignData(text, HashAlgorithmName.SHA512)));
        var parts = _good.Split('.');
        yield return ("another sub under the old signature", $"{parts[0]}.{Encode(Changed(_payload, "sub", Guid.NewGuid().ToString()))}.{parts[2]}");
        yield return ("service_role under the old signature", $"{parts[0]}.{Encode(Changed(_payload, "role", "service_role"))}.{parts[2]}");

        foreach (var kid in (JsonNode?[])[null, 1, "", "unknown", "../../dev/null", "' or true --", "\0", new JsonArray(), new JsonObject()])
            yield return ($"kid {kid?.ToJsonString() ?? "null"}", Sign(Header("kid", kid?.DeepClone()), _payload, Ours));
        yield return ("kid missing", Sign(Header("kid", null, remove: true), _payload, Ours));
        yield return ("kid of half a surrogate", Sign("""{"alg":"ES256","typ":"JWT","kid":"\ud800"}""", _payload, Ours));
        yield return ("kid twice", Sign(_header.Replace("{", """{"kid":"unknown",""", StringComparison.Ordinal), _payload, Ours));
        yield return ("alg twice", Sign(_header.Replace("{", """{"alg":"none",""", StringComparison.Ordinal), _payload, Ours));

        var point = _attackers.ExportParameters(false).Q;
        var jwk = new JsonObject
        {
            ["kty"] = "EC",
            ["crv"] = "P-256",
            ["x"] = Base64UrlEncoder.Encode(point.X),
            ["y"] = Base64UrlEncoder.Encode(point.Y),
        };
        yield return ("jwk of the attacker", Sign(Header("jwk", jwk), _payload, Attackers));
        yield return ("jku of the attacker", Sign(Header("jku", "https://evil.example/jwks.json"), _payload, Attackers));
        yield return ("x5u of the attacker", Sign(Header("x5u", "https://evil.example/key.pem"), _payload, Attackers));
        yield return ("x5c of the attacker", Sign(Header("x5c", new JsonArray("MIIB")), _payload, Attackers));
        yield return ("jku, ours", Sign(Header("jku", "https://evil.example/jwks.json"), _payload, Ours));
        yield return ("crit, ours", Sign(Header("crit", new JsonArray("exp")), _payload, Ours));
        yield return ("b64 false, ours", Sign(Header("b64", false), _payload, Ours));
        yield return ("zip, ours", Sign(Header("zip", "DEF"), _payload, Ours));
        yield return ("header is an array", Sign("[]", _payload, Ours));
        yield return ("header is null", Sign("null", _payload, Ours));
        yield return ("header is no JSON", Sign("{", _payload, Ours));
        yield return ("header with a byte order mark", Sign("\uFEFF" + _header, _payload, Ours));
        yield return ("header with more behind it", Sign(_header + "{}", _payload, Ours));
        yield return ("deep header", Sign(string.Concat(Enumerable.Repeat("[", 500)), _payload, Ours));

        var now = DateTimeOffset.Parse("2026-01-01Z", System.Globalization.CultureInfo.InvariantCulture);
        yield return ("expired long ago, ours", WithClaim("exp", now.AddYears(-5).ToUnixTimeSeconds()));
        foreach (var exp in (JsonNode?[])[null, "tomorrow", "4102444800", 1.5, 1e300, -1, 0, long.MaxValue, true, new JsonArray(4102444800)])
            yield return ($"exp {exp?.ToJsonString() ?? "null"}, ours", WithClaim("exp", exp));
        yield return ("exp missing, ours", Without("exp"));
        yield return ("nbf in future, ours", WithClaim("nbf", 4102444800));
        yield return ("nbf as text, ours", WithClaim("nbf", "now"));
        yield return ("iat in far future, ours", WithClaim("iat", 4102444800));
        yield return ("iat as text, ours", WithClaim("iat", "now"));
        foreach (var iss in (JsonNode?[])[null, "https://evil.example/auth/v1", "supabase", "", 1])
            yield return ($"iss {iss?.ToJsonString() ?? "null"}, ours", WithClaim("iss", iss));
        foreach (var aud in (JsonNode?[])[null, "anon", "", 1, new JsonArray(), new JsonArray("anon"), new JsonObject()])
            yield return ($"aud {aud?.ToJsonString() ?? "null"}, ours", WithClaim("aud", aud));
        foreach (var role in (JsonNode?[])[null, "postgres", "service_role", "anon", "supabase_auth_admin", "authenticator", "", "Authenticated", 1, new JsonArray("authenticated")])
            yield return ($"role {role?.ToJsonString() ?? "null"}, ours", WithClaim("role", role));
        foreach (var sub in (JsonNode?[])[null, "", "1", "ada", "' or true --", 1, "{00000000-0000-0000-0000-000000000000}", "00000000000000000000000000000000"])
            yield return ($"sub {sub?.ToJsonString() ?? "null"}, ours", WithClaim("sub", sub));
        foreach (var claim in (string[])["iss", "aud", "role", "sub"])
            yield return ($"{claim} missing, ours", Without(claim));
        yield return ("session_id is no uuid, ours", WithClaim("session_id", "' or true --"));
        foreach (var session in (JsonNode?[])[null, "", 1, new JsonArray()])
            yield return ($"session_id {session?.ToJsonString() ?? "null"}, ours", WithClaim("session_id", session));
        foreach (var (claim, value) in ((string, string)[])[("exp", "4102444800"), ("aud", "\"anon\""), ("iss", "\"supabase\""), ("session_id", $"\"{Guid.NewGuid()}\"")])
            yield return ($"{claim} twice, ours", Sign(_header, $$"""{"{{claim}}":{{value}},""" + _payload[1..], Ours));
        yield return ("payload with a byte order mark, ours", Sign(_header, "\uFEFF" + _payload, Ours));
        yield return ("payload with more behind it, ours", Sign(_header, _payload + "{}", Ours));
        yield return ("deep payload, ours", Sign(_header, Changed(_payload, "user_metadata", null)[..^1] + ",\"x\":" + string.Concat(Enumerable.Repeat("[", 500)), Ours));
        yield return ("sub twice, ours", Sign(_header, $$"""{"sub":"{{Guid.NewGuid()}}",""" + _payload[1..], Ours));
        yield return ("role twice, ours", Sign(_header, """{"role":"service_role",""" + _payload[1..], Ours));
        yield return ("payload is an array, ours", Sign(_header, "[]", Ours));
        yield return ("payload is text, ours", Sign(_header, "hello", Ours));
        yield return ("payload is empty, ours", Sign(_header, "", Ours));
        yield return ("token within a token, ours", Sign(_header, _good, Ours));

        yield return ("one part", "abc");
        yield return ("undefined", "undefined");
        yield return ("two parts", $"{parts[0]}.{parts[1]}");
        yield return ("four parts", _good + ".e30");
        yield return ("five parts, as if encrypted", $"{Encode("""{"alg":"dir","enc":"A256GCM"}""")}..AAAA.AAAA.AAAA");
        yield return ("only dots", "..");
        yield return ("trailing dot", _good + ".");
        yield return ("leading dot", "." + _good);
        yield return ("padding", _good + "==");
        yield return ("padded header", $"{parts[0]}==.{parts[1]}.{parts[2]}");
        yield return ("standard base64", $"{parts[0]}.{parts[1]}.{new string('+', 86)}");
        yield return ("white space within", $"{parts[0]}. {parts[1]}.{parts[2]}");
        yield return ("two tokens", $"{_good},{_good}");
        yield return ("percent-encoded", Uri.EscapeDataString(_good + " "));
        yield return ("28 kB", Sign(_header, Changed(_payload, "user_metadata", new string('x', 20_000)), Attackers));
    }

    public void Dispose()
    {
        _ours.Dispose();
        _attackers.Dispose();
    }

    string Without(string claim) => Sign(_header, Changed(_payload, claim, null, remove: true), Ours);

    string Header(string name, JsonNode? value, bool remove = false) => Changed(_header, name, value, remove);

    byte[] Ours(byte[] text) => _ours.SignData(text, HashAlgorithmName.SHA256);

    byte[] Attackers(byte[] text) => _attackers.SignData(text, HashAlgorithmName.SHA256);

    static string Sign(string header, string payload, Func<byte[], byte[]> sign)
    {
        var text = $"{Encode(header)}.{Encode(payload)}";
        return $"{text}.{Base64UrlEncoder.Encode(sign(Encoding.ASCII.GetBytes(text)))}";
    }

    static string Changed(string json, string name, JsonNode? value, bool remove = false)
    {
        var changed = JsonNode.Parse(json)!.AsObject();
        changed.Remove(name);
        if (!remove)
            changed[name] = value;
        return changed.ToJsonString();
    }

    static string Encode(string text) => Base64UrlEncoder.Encode(text);
}
