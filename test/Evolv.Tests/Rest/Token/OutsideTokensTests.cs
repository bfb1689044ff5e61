using System.Security.Cryptography;
using System.Text;
using Evolv.Platform.Data;
using Evolv.Rest;
using Evolv.Rest.Token;

namespace Evolv.Tests.Rest.Token;

public sealed class OutsideTokensTests
{
    const long Now = 1_767_225_600; // 2026-01-01
    const string Claims = """{"role":"author","id":"jdoe"}""";

    [Fact]
    public void Every_algorithm_is_verified_by_a_key_of_its_type()
    {
        using var rsa = RSA.Create(2048);
        using var p256 = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var p384 = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        using var p521 = ECDsa.Create(ECCurve.NamedCurves.nistP521);
        var secret = RandomNumberGenerator.GetBytes(64);
        (string Alg, string Jwk, Func<byte[], byte[]> Sign)[] table =
        [
            ("HS256", Tokens.Jwk(secret), text => HMACSHA256.HashData(secret, text)),
            ("HS384", Tokens.Jwk(secret), text => HMACSHA384.HashData(secret, text)),
            ("HS512", Tokens.Jwk(secret), text => HMACSHA512.HashData(secret, text)),
            ("RS256", Tokens.Jwk(rsa), text => rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            ("RS384", Tokens.Jwk(rsa), text => rsa.SignData(text, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1)),
            ("RS512", Tokens.Jwk(rsa), text => rsa.SignData(text, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1)),
            ("PS256", Tokens.Jwk(rsa), text => rsa.SignData(text, HashAlgorithmName.SHA256, RSASignaturePadding.Pss)),
            ("PS384", Tokens.Jwk(rsa), text => rsa.SignData(text, HashAlgorithmName.SHA384, RSASignaturePadding.Pss)),
            ("PS512", Tokens.Jwk(rsa), text => rsa.SignData(text, HashAlgorithmName.SHA512, RSASignaturePadding.Pss)),
            ("ES256", Tokens.Jwk(p256), text => p256.SignData(text, HashAlgorithmName.SHA256)),
            ("ES384", Tokens.Jwk(p384), text => p384.SignData(text, HashAlgorithmName.SHA384)),
            ("ES512", Tokens.Jwk(p521), text => p521.SignData(text, HashAlgorithmName.SHA512)),
        ];

        foreach (var (alg, jwk, sign) in table)
        {
            var token = Tokens.Sign($$"""{"alg":"{{alg}}","typ":"JWT"}""", Claims, sign);
            var expected = new Caller("author", """{"id":"jdoe","role":"author"}""");
            Assert.Equal((alg, expected), (alg, Find(token, Tokens.Config(jwk))));
            Assert.Equal((alg, expected), (alg, Find(token, Tokens.Config($$"""{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AA"},{{jwk}}]}"""))));
        }

        // Every algorithm against every key: it is the key's type that decides.
        foreach (var (alg, _, sign) in table)
        {
            foreach (var (other, jwk, _) in table.Where(row => TypeFor(row.Alg) != TypeFor(alg)))
            {
                var token = Tokens.Sign($$"""{"alg":"{{alg}}"}""", Claims, sign);
                Assert.Equal((alg, other, 401), (alg, other, Refusal(token, Tokens.Config(jwk)).Status));
            }
        }
    }

    [Fact]
    public void Public_key_is_never_an_HMAC_secret()
    {
        using var rsa = RSA.Create(2048);
        var jwk = Tokens.Jwk(rsa);
        byte[][] secrets =
        [
            Encoding.UTF8.GetBytes(jwk), Encoding.UTF8.GetBytes(rsa.ExportSubjectPublicKeyInfoPem()), rsa.ExportSubjectPublicKeyInfo(),
            rsa.ExportParameters(false).Modulus!, [],
        ];

        foreach (var secret in secrets)
        {
            var token = Tokens.Sign("""{"alg":"HS256"}""", Claims, text => HMACSHA256.HashData(secret, text));
            Assert.Equal("No suitable key was found to decode the JWT", Refusal(token, Tokens.Config(jwk)).Details!.ToString());
        }
    }

    [Theory]
    [InlineData("", "401 PGRST301 Empty JWT is sent in Authorization header")]
    [InlineData("garbage", "401 PGRST301 Expected 3 parts in JWT; got 1")]
    [InlineData("ey9.y4vZ", "401 PGRST301 Expected 3 parts in JWT; got 2")]
    [InlineData("a.b.c.d.e", "401 PGRST301 Expected 3 parts in JWT; got 5")]
    [InlineData("..", "401 PGRST301 JWT cryptographic operation failed")]
    [InlineData("!!!.e30.AAAA", "401 PGRST301 JWT cryptographic operation failed")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.e30.A A=", "401 PGRST301 JWT cryptographic operation failed")]
    public void Malformed_token_is_told_what_is_wrong(string token, string expected)
    {
        var why = expected["401 PGRST301 ".Length..];

        Assert.Equal(
            $"{expected} WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"{why}\"",
            Tokens.Whole(Refusal(token, Tokens.Config())));
    }

    [Theory]
    [InlineData("""{"alg":"none"}""", "Wrong or unsupported encoding algorithm (JWT is unsecured but expected 'alg' was not 'none')")]
    [InlineData("""{"alg":"None"}""", "JWT cryptographic operation failed")]
    [InlineData("""{"alg":"HS256","crit":["exp"]}""", "JWT cryptographic operation failed")]
    [InlineData("""{"alg":"HS256","alg":"none"}""", "JWT cryptographic operation failed")]
    [InlineData("""{"alg":"HS256","kid":1}""", "JWT cryptographic operation failed")]
    [InlineData("""{"alg":"\ud800"}""", "JWT cryptographic operation failed")]
    [InlineData("""{"alg":"HS256","kid":"\ud800"}""", "JWT cryptographic operation failed")]
    [InlineData("""{"alg":"HS256","kid":"other"}""", "No suitable key or wrong key type (No suitable key was found to decode the JWT)")]
    [InlineData("""{"alg":"HS384"}""", "No suitable key or wrong key type (No suitable key was found to decode the JWT)")]
    [InlineData("""{"alg":"RS256"}""", "No suitable key or wrong key type (No suitable key was found to decode the JWT)")]
    [InlineData("""{"alg":"dir","enc":"A256GCM"}""", "JWT cryptographic operation failed")]
    [InlineData("""{"typ":"JWT"}""", "JWT cryptographic operation failed")]
    [InlineData("[]", "JWT cryptographic operation failed")]
    [InlineData("{", "JWT cryptographic operation failed")]
    public void Header_is_believed_in_nothing(string header, string expected)
    {
        var token = Tokens.Sign(header, Claims, text => HMACSHA256.HashData(Encoding.UTF8.GetBytes(Tokens.Secret), text));

        Assert.StartsWith($"401 PGRST301 {expected} WWW-Authenticate", Tokens.Whole(Refusal(token, Tokens.Config())), StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_signature_is_refused()
        => Assert.StartsWith(
            "401 PGRST301 No suitable key or wrong key type (None of the keys was able to decode the JWT)",
            Tokens.Whole(Refusal(Tokens.Hs256(Claims, "anothersecretanothersecretanother"), Tokens.Config())), StringComparison.Ordinal);

    [Fact]
    public void Kid_chooses_one_key_of_a_set()
    {
        byte[] first = RandomNumberGenerator.GetBytes(32), second = RandomNumberGenerator.GetBytes(32);
        var set = $$"""{"keys":[{{Tokens.Jwk(first, ""","kid":"one","alg":"HS256" """)}},{{Tokens.Jwk(second, ""","kid":"two","use":"sig" """)}},{{Tokens.Jwk(first, ""","kid":"three","use":"enc" """)}}]}""";
        string Token(string header, byte[] secret) => Tokens.Sign(header, Claims, text => HMACSHA256.HashData(secret, text));

        Assert.Equal("author", Find(Token("""{"alg":"HS256","kid":"one"}""", first), Tokens.Config(set)).Role);
        Assert.Equal("author", Find(Token("""{"alg":"HS256","kid":"two"}""", second), Tokens.Config(set)).Role);
        Assert.Equal("author", Find(Token("""{"alg":"HS256"}""", second), Tokens.Config(set)).Role);
        foreach (var header in (string[])["""{"alg":"HS256","kid":"two"}""", """{"alg":"HS256","kid":"three"}""", """{"alg":"HS256","kid":"four"}""", """{"alg":"HS512","kid":"one"}"""])
            Assert.Equal((header, "PGRST301"), (header, Refusal(Token(header, first), Tokens.Config(set)).Code));
    }

    [Theory]
    [InlineData("""{"exp":1767225600}""", null)]
    [InlineData("""{"exp":1767225570}""", null)]
    [InlineData("""{"exp":1767225569}""", "JWT expired")]
    [InlineData("""{"exp":1446678149}""", "JWT expired")]
    [InlineData("""{"exp":9999999999}""", null)]
    [InlineData("""{"exp":1e10}""", null)]
    [InlineData("""{"exp":1767225600.5}""", "JWT expired")]
    [InlineData("""{"exp":null}""", null)]
    [InlineData("""{"exp":"9999999999"}""", "The JWT 'exp' claim must be a number")]
    [InlineData("""{"nbf":1767225630}""", null)]
    [InlineData("""{"nbf":1767225631}""", "JWT not yet valid")]
    [InlineData("""{"nbf":"now"}""", "The JWT 'nbf' claim must be a number")]
    [InlineData("""{"iat":1767225630}""", null)]
    [InlineData("""{"iat":1767225700}""", "JWT issued at future")]
    [InlineData("""{"iat":[]}""", "The JWT 'iat' claim must be a number")]
    [InlineData("""{"iat":1767225700,"exp":1}""", "JWT expired")]
    [InlineData("""{"aud":{"a":1}}""", "The JWT 'aud' claim must be a string or an array of strings")]
    [InlineData("""{"aud":["a",1]}""", "The JWT 'aud' claim must be a string or an array of strings")]
    [InlineData("[]", "Parsing claims failed")]
    [InlineData("null", "Parsing claims failed")]
    [InlineData("hello", "Parsing claims failed")]
    [InlineData("""{"role":"a","role":"b"}""", "Parsing claims failed")]
    public void Claims_are_checked_with_30_seconds_for_clocks(string claims, string? expected)
    {
        var token = Tokens.Hs256(claims);

        if (expected is null)
            Assert.Equal("anon", Find(token, Tokens.Config()).Role);
        else
            Assert.StartsWith($"401 PGRST303 {expected} WWW-Authenticate", Tokens.Whole(Refusal(token, Tokens.Config())), StringComparison.Ordinal);
    }

    [Fact]
    public void Role_with_half_a_character_is_no_claim()
        => Assert.StartsWith(
            "401 PGRST303 Parsing claims failed", Tokens.Whole(Refusal(Tokens.Hs256("""{"role":"\ud800"}"""), Tokens.Config())), StringComparison.Ordinal);

    [Theory]
    [InlineData("""{"aud":"ours"}""", true)]
    [InlineData("""{"aud":"theirs"}""", false)]
    [InlineData("""{"aud":""}""", false)]
    [InlineData("""{"aud":["ours"]}""", true)]
    [InlineData("""{"aud":["theirs","ours"]}""", true)]
    [InlineData("""{"aud":["theirs","others"]}""", false)]
    [InlineData("""{"aud":[]}""", true)]
    [InlineData("""{"aud":null}""", true)]
    [InlineData("{}", true)]
    public void Audience_counts_when_one_is_set(string claims, bool isGood)
    {
        var token = Tokens.Hs256(claims);

        Assert.Equal("anon", Find(token, Tokens.Config()).Role);
        if (isGood)
            Assert.Equal("anon", Find(token, Tokens.Config(audience: "ours")).Role);
        else
            Assert.Equal("JWT not in audience", Refusal(token, Tokens.Config(audience: "ours")).Message);
    }

    [Fact]
    public void Claims_keep_everything_and_name_the_role_that_holds()
    {
        var token = Tokens.Hs256("""{"app":{"role":"author"},"role":"ignored","sub":"018f2f43-0000-7000-8000-000000000001","n":1.50}""");

        Assert.Equal(
            new Caller(
                "author", """{"app":{"role":"author"},"sub":"018f2f43-0000-7000-8000-000000000001","n":1.50,"role":"author"}""",
                Guid.Parse("018f2f43-0000-7000-8000-000000000001")),
            Find(token, Tokens.Config(roleClaim: ".app.role")));
    }

    [Fact]
    public void Token_without_a_role_is_anonymous_or_refused()
    {
        var token = Tokens.Hs256("""{"id":1}""");
        using var tokens = new OutsideTokens(Tokens.Config(), new FakeClock(Now));

        Assert.Equal(new Caller("web", """{"id":1,"role":"web"}"""), tokens.FindCaller(token, "web"));
        Assert.Equal(
            "401 PGRST302 Anonymous access is disabled WWW-Authenticate: Bearer",
            Tokens.Whole(Assert.Throws<RestError>(() => tokens.FindCaller(token, anonRole: null))));
    }

    [Fact]
    public void Role_none_would_be_the_login_of_the_pool()
        => Assert.Equal(
            "401 22023 role \"none\" does not exist WWW-Authenticate: Bearer",
            Tokens.Whole(Refusal(Tokens.Hs256("""{"role":"none"}"""), Tokens.Config())));

    [Fact]
    public void Remembered_token_expires_all_the_same()
    {
        var clock = new FakeClock(Now);
        using var tokens = new OutsideTokens(Tokens.Config(), clock);
        var token = Tokens.Hs256($$"""{"role":"author","exp":{{Now + 10}}}""");
        Assert.Equal("author", tokens.FindCaller(token, "anon").Role);
        Assert.Same(tokens.FindCaller(token, "anon"), tokens.FindCaller(token, "anon"));

        clock.Seconds += 41;

        Assert.Equal("JWT expired", Assert.Throws<RestError>(() => tokens.FindCaller(token, "anon")).Message);
    }

    [Fact]
    public void Secret_may_be_base64_of_either_alphabet_or_a_file()
    {
        byte[] secret = [0xfb, 0xff, .. RandomNumberGenerator.GetBytes(33)];
        var token = Tokens.Sign("""{"alg":"HS256"}""", Claims, text => HMACSHA256.HashData(secret, text));
        var base64 = Convert.ToBase64String(secret);
        var file = Path.GetTempFileName();
        File.WriteAllText(file, base64 + "\n");

        try
        {
            foreach (var text in (string[])[base64, base64.Replace('+', '-').Replace('/', '_').Replace('=', '.'), base64.TrimEnd('='), $" {base64} ", "@" + file])
                Assert.Equal((text, "author"), (text, Find(token, Tokens.Config(text, isBase64: true)).Role));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("short", false, "The JWT secret must be at least 32 characters long")]
    [InlineData("no base-64!", true, "the value is not base64")]
    [InlineData("@/nonexistent/secret", false, "the file after @ cannot be read")]
    [InlineData("""{"kty":"RSA","n":"AQAB"}""", false, "the JSON is no JSON Web Key")]
    [InlineData("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB" }, 1]}""", false, "the JSON is no JSON Web Key")]
    [InlineData("""{"keys":[]}""", false, "it holds no key")]
    [InlineData("""{"kty":"oct","k":"c2hvcnQ"}""", false, "a symmetric key has 5 bytes; it needs 32")]
    [InlineData("""{"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"}""", false, "it holds no key")]
    [InlineData("""{"this is": "a passphrase with braces, perhaps"}""", false, "the JSON is no JSON Web Key")]
    public void Wrong_secret_is_told_what_is_wrong(string secret, bool isBase64, string expected)
        => Assert.StartsWith(
            expected, Assert.Throws<FormatException>(() => JwtKeys.Read(Tokens.Config(secret, isBase64))).Message, StringComparison.Ordinal);

    // ES algorithms have a curve each.
    static string TypeFor(string alg) => alg[0] switch { 'H' => "oct", 'R' or 'P' => "RSA", _ => alg };

    static Caller Find(string token, JwtConfig config)
    {
        using var tokens = new OutsideTokens(config, new FakeClock(Now));
        return tokens.FindCaller(token, "anon");
    }

    static RestError Refusal(string token, JwtConfig config)
    {
        using var tokens = new OutsideTokens(config, new FakeClock(Now));
        return Assert.Throws<RestError>(() => tokens.FindCaller(token, "anon"));
    }

    sealed class FakeClock(long seconds) : TimeProvider
    {
        internal long Seconds { get; set; } = seconds;

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(Seconds);
    }
}
