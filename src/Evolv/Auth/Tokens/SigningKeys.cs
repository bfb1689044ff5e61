using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Evolv.Platform;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace Evolv.Auth.Tokens;

/// <summary>
/// The keys in <c>auth.signing_keys</c> and <c>auth.api_keys</c>: made at the first start, read at every start. Only the
/// owner of the database may read them, so they are loaded before the first request and then live in memory.
/// </summary>
sealed class SigningKeys(TimeProvider time, IOptions<ServerOptions> server)
{
    const long LockKey = 0x45564F4C564B; // "EVOLVK"
    const string InUse = "in_use";
    const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const int ApiKeyYears = 10;

    // The first is called default, one that replaces a revoked key default-1, and so on.
    const string InsertApiKeySql =
        """
        insert into auth.api_keys (name, kind, role, api_key)
        select 'default' || coalesce('-' || nullif(count(*), 0), ''), $1, $2, $3
        from auth.api_keys
        where kind = $1 and role = $2
        """;

    static readonly (string Kind, string Role)[] Wanted =
    [
        (ApiKey.Publishable, Caller.AnonRole), (ApiKey.Secret, Caller.ServiceRole),
        (ApiKey.LegacyJwt, Caller.AnonRole), (ApiKey.LegacyJwt, Caller.ServiceRole),
    ];

    // Not the site's address: these keys outlive a change of it. Hosted Supabase writes the same word.
    const string ApiKeyIssuer = "supabase";

    // A database of somebody else's has no keys of ours.
    volatile KeyRing? _current = server.Value.Migrate ? null : KeyRing.CreateEmpty();

    internal bool IsLoaded => _current is not null;

    /// <summary>The keys that hold now.</summary>
    internal KeyRing Current
        => _current ?? throw new InvalidOperationException("SigningKeys.LoadAsync was not called before the first request.");

    internal async Task LoadAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
        => _current = await LoadOrCreateAsync(owner, time, cancellationToken);

    /// <summary>Reads the keys and makes what is missing. Servers that start at once wait for each other and agree.</summary>
    internal static async Task<KeyRing> LoadOrCreateAsync(
        NpgsqlConnection owner, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var transaction = await owner.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(owner, $"select pg_advisory_xact_lock({LockKey})", [], cancellationToken);

        var signing = await EnsureSigningAsync(owner, cancellationToken);
        var verifying = signing.Where(key => key.Status != "revoked").ToFrozenDictionary(key => key.Kid, ToSecurityKey);
        var inUse = signing.Single(key => key.Status == InUse);
        // Goes with the signing key: after a rotation a lost child is not found again, and its parent gets another one.
        var refreshSecret = HMACSHA256.HashData(Encoding.UTF8.GetBytes(inUse.PrivateKey), "refresh tokens"u8);
        var apiKeys = await EnsureApiKeysAsync(owner, verifying[inUse.Kid], time, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new KeyRing(verifying[inUse.Kid], verifying, [.. apiKeys], refreshSecret);
    }

    static async Task<List<StoredKey>> EnsureSigningAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        var keys = await ReadSigningAsync(owner, cancellationToken);
        if (keys.Any(key => key.Status == InUse))
            return keys;
        keys.Add(NewSigning());
        await ExecuteAsync(owner,
            "insert into auth.signing_keys (kid, alg, private_key, status) values ($1, 'ES256', $2, 'in_use')",
            [keys[^1].Kid, keys[^1].PrivateKey], cancellationToken);
        return keys;
    }

    static async Task<List<ApiKey>> EnsureApiKeysAsync(
        NpgsqlConnection owner, ECDsaSecurityKey signing, TimeProvider time, CancellationToken cancellationToken)
    {
        var keys = await ReadApiKeysAsync(owner, cancellationToken);
        foreach (var (kind, role) in Wanted)
        {
            if (keys.Any(key => key.Kind == kind && key.Role == role))
                continue;
            keys.Add(new ApiKey(kind, role, kind == ApiKey.LegacyJwt ? NewJwt(role, signing, time) : NewOpaque(kind)));
            await ExecuteAsync(owner, InsertApiKeySql, [kind, role, keys[^1].Value], cancellationToken);
        }

        return keys;
    }

    sealed record StoredKey(string Kid, string PrivateKey, string Status);

    static StoredKey NewSigning()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new StoredKey(Guid.CreateVersion7().ToString(), key.ExportPkcs8PrivateKeyPem(), InUse);
    }

    static ECDsaSecurityKey ToSecurityKey(StoredKey stored)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(stored.PrivateKey);
        return new ECDsaSecurityKey(key) { KeyId = stored.Kid };
    }

    /// <summary>
    /// <c>sb_&lt;kind&gt;_&lt;22 characters&gt;_&lt;8 characters&gt;</c>; the last part is the start of base64url(SHA-256) of everything
    /// before it, so that scanners of leaked secrets can tell a key from noise.
    /// </summary>
    static string NewOpaque(string kind)
    {
        var key = $"sb_{kind}_{RandomNumberGenerator.GetString(Alphanumeric, 22)}";
        return $"{key}_{Base64UrlEncoder.Encode(SHA256.HashData(Encoding.UTF8.GetBytes(key)))[..8]}";
    }

    static string NewJwt(string role, ECDsaSecurityKey key, TimeProvider time)
    {
        var now = time.GetUtcNow();
        return new JsonWebTokenHandler().CreateToken(
            $$"""{"iss":"{{ApiKeyIssuer}}","role":"{{role}}","iat":{{now.ToUnixTimeSeconds()}},"exp":{{now.AddYears(ApiKeyYears).ToUnixTimeSeconds()}}}""",
            new SigningCredentials(key, KeyRing.Algorithm));
    }

    static async Task<List<StoredKey>> ReadSigningAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select kid, private_key, status from auth.signing_keys order by created_at, kid", owner);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<StoredKey>();
        while (await reader.ReadAsync(cancellationToken))
            keys.Add(new StoredKey(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        return keys;
    }

    static async Task<List<ApiKey>> ReadApiKeysAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select kind, role, api_key from auth.api_keys where revoked_at is null order by created_at, id", owner);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<ApiKey>();
        while (await reader.ReadAsync(cancellationToken))
            keys.Add(new ApiKey(reader.GetString(0), reader.GetString(1), reader.GetString(2)));
        return keys;
    }

    static async Task ExecuteAsync(NpgsqlConnection owner, string sql, string[] values, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, owner);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
