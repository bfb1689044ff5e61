using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text.Json;
using BenchmarkDotNet.Attributes;
using Evolv.Auth;
using Evolv.Auth.Tokens;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Bench.Auth;

/// <summary>What an access token costs a request: one that was seen before (20 µs at most), and one that was not (150 µs at most).</summary>
[MemoryDiagnoser]
[ShortRunJob]
public class TokenVerifierBench
{
    static readonly TimeSpan Leeway = TimeSpan.FromSeconds(30);

    SigningKeys _keys = null!;
    TokenVerifier _warm = null!;
    TokenVerifier _cold = null!;
    string _token = "";
    string[] _tokens = [];
    int _next;

    [GlobalSetup]
    public void Setup()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signing = new ECDsaSecurityKey(ECDsa.Create(key.ExportParameters(includePrivateParameters: true))) { KeyId = "bench" };
        var ring = new KeyRing(signing, new Dictionary<string, ECDsaSecurityKey> { ["bench"] = signing }.ToFrozenDictionary(), [], new byte[32]);
        _keys = SigningKeys.Of(ring);
        _warm = New();
        _cold = New();
        _tokens = [.. Enumerable.Range(0, 20_000).Select(_ => Sign(ring))]; // Twice as many as are remembered.
        _token = _tokens[0];
    }

    [Benchmark(Baseline = true)]
    public async Task<bool> Seen() => (await _warm.VerifyAsync(_token, Leeway)).Token is not null;

    [Benchmark]
    public async Task<bool> Unseen()
    {
        _next = (_next + 1) % _tokens.Length;
        return (await _cold.VerifyAsync(_tokens[_next], Leeway)).Token is not null;
    }

    TokenVerifier New() => new(_keys, Options.Create(new AuthOptions()), TimeProvider.System);

    static string Sign(KeyRing ring)
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(JsonSerializer.Serialize(new
        {
            iss = new AuthOptions().Issuer,
            sub = Guid.NewGuid(),
            aud = Caller.AuthenticatedRole,
            role = Caller.AuthenticatedRole,
            exp = now + 3600,
            iat = now,
            session_id = Guid.NewGuid(),
            email = "somebody@example.com",
            phone = "",
            app_metadata = new { provider = "email", providers = new[] { "email" } },
            user_metadata = new { full_name = "Some Body", email = "somebody@example.com", email_verified = true },
            aal = "aal1",
            amr = new[] { new { method = "password", timestamp = now } },
            is_anonymous = false,
        }), ring.Signing);
    }
}
