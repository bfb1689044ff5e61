using System.Security.Cryptography;
using System.Text;
using Evolv.Platform.Data;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace Evolv.Auth.Tokens;

/// <summary>What a signing key is for, in Supabase's words.</summary>
static class KeyStatus
{
    internal const string InUse = "in_use";

    /// <summary>Published and not yet signing, so that clients know it when it does.</summary>
    internal const string Standby = "standby";

    /// <summary>Signs no more; its tokens are good until they expire.</summary>
    internal const string PreviouslyUsed = "previously_used";
    internal const string Revoked = "revoked";
}

/// <summary>A row of <c>auth.signing_keys</c>.</summary>
sealed record StoredKey(string Kid, string PrivateKey, string Status, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt);

/// <summary>A row of <c>auth.api_keys</c>.</summary>
sealed record StoredApiKey(Guid Id, string Name, ApiKey Key, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt)
{
    internal bool IsRevoked => RevokedAt is not null;
}

/// <summary>The rows of keys as the owner reads and writes them, in the caller's transaction. Triggers tell running servers of every change.</summary>
static class KeyStore
{
    const long LockKey = 0x45564F4C564B; // "EVOLVK"
    const string Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    const int ApiKeyYears = 10;

    // Not the site's address: these keys outlive a change of it. Hosted Supabase writes the same word.
    const string ApiKeyIssuer = "supabase";

    // Without a name the first is called default, the next default-1, and so on.
    const string InsertApiKeySql =
        """
        insert into auth.api_keys (name, kind, role, api_key)
        select coalesce($4, (
            select free.name
            from (
                select n, 'default' || coalesce('-' || nullif(n, 0), '') as name
                from generate_series(0, (select count(*) from auth.api_keys)) n
            ) free
            where not exists (select from auth.api_keys k where (k.name, k.kind, k.role) = (free.name, $1, $2))
            order by free.n
            limit 1
        )), $1, $2, $3
        returning id, name, created_at
        """;

    static readonly (string Kind, string Role)[] Wanted =
    [
        (ApiKey.Publishable, Caller.AnonRole), (ApiKey.Secret, Caller.ServiceRole),
        (ApiKey.LegacyJwt, Caller.AnonRole), (ApiKey.LegacyJwt, Caller.ServiceRole),
    ];

    /// <summary>One at a time, until the end of the transaction.</summary>
    internal static Task LockAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
        => ExecuteAsync(owner, $"select pg_advisory_xact_lock({LockKey})", [], cancellationToken);

    /// <summary>All signing keys; one is in use and one on standby afterwards.</summary>
    internal static async Task<List<StoredKey>> EnsureSigningAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        var keys = await ReadSigningAsync(owner, cancellationToken);
        if (keys.All(key => key.Status != KeyStatus.InUse))
        {
            // What was published before is known to clients.
            if (keys.Find(key => key.Status == KeyStatus.Standby) is { } standby)
                await SetStatusAsync(owner, standby.Kid, KeyStatus.InUse, cancellationToken);
            else
                await InsertSigningAsync(owner, KeyStatus.InUse, cancellationToken);
        }
        else if (keys.Any(key => key.Status == KeyStatus.Standby))
        {
            return keys;
        }

        keys = await ReadSigningAsync(owner, cancellationToken);
        if (keys.All(key => key.Status != KeyStatus.Standby))
            await InsertSigningAsync(owner, KeyStatus.Standby, cancellationToken);
        return await ReadSigningAsync(owner, cancellationToken);
    }

    /// <summary>The standby key signs from now on, and there is a new one.</summary>
    /// <returns>What the key that was in use is now.</returns>
    internal static async Task<StoredKey> RotateAsync(
        NpgsqlConnection owner, string statusOfOld, CancellationToken cancellationToken)
    {
        var keys = await EnsureSigningAsync(owner, cancellationToken);
        var old = keys.Single(key => key.Status == KeyStatus.InUse);
        await SetStatusAsync(owner, old.Kid, statusOfOld, cancellationToken); // First: only one may be in use.
        await SetStatusAsync(owner, keys.First(key => key.Status == KeyStatus.Standby).Kid, KeyStatus.InUse, cancellationToken);
        await EnsureSigningAsync(owner, cancellationToken);
        return old with { Status = statusOfOld };
    }

    /// <summary>Ends a signing key and all of its tokens.</summary>
    internal static async Task RevokeSigningAsync(NpgsqlConnection owner, StoredKey key, CancellationToken cancellationToken)
    {
        if (key.Status == KeyStatus.InUse)
        {
            await RotateAsync(owner, KeyStatus.Revoked, cancellationToken);
            return;
        }

        await SetStatusAsync(owner, key.Kid, KeyStatus.Revoked, cancellationToken);
        await EnsureSigningAsync(owner, cancellationToken); // It may have been the standby.
    }

    internal static async Task<List<StoredApiKey>> EnsureApiKeysAsync(
        NpgsqlConnection owner, ECDsaSecurityKey signing, TimeProvider time, CancellationToken cancellationToken)
    {
        var keys = await ReadApiKeysAsync(owner, cancellationToken);
        foreach (var (kind, role) in Wanted)
        {
            if (keys.Any(key => !key.IsRevoked && key.Key.Kind == kind && key.Key.Role == role))
                continue;
            var value = kind == ApiKey.LegacyJwt ? NewJwt(role, signing, time) : NewOpaque(kind);
            keys.Add(await InsertApiKeyAsync(owner, new ApiKey(kind, role, value), name: null, cancellationToken));
        }

        return keys;
    }

    /// <summary>Makes another opaque key.</summary>
    internal static Task<StoredApiKey> CreateApiKeyAsync(
        NpgsqlConnection owner, string kind, string? name, CancellationToken cancellationToken)
        => InsertApiKeyAsync(
            owner, new ApiKey(kind, kind == ApiKey.Secret ? Caller.ServiceRole : Caller.AnonRole, NewOpaque(kind)), name, cancellationToken);

    internal static Task RevokeApiKeyAsync(NpgsqlConnection owner, StoredApiKey key, CancellationToken cancellationToken)
        => ExecuteAsync(owner, "update auth.api_keys set revoked_at = now() where id = $1 and revoked_at is null", [key.Id], cancellationToken);

    internal static async Task<List<StoredKey>> ReadSigningAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select kid, private_key, status, created_at, updated_at from auth.signing_keys order by created_at, kid", owner);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<StoredKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(new StoredKey(
                reader.GetString(0), reader.GetString(1), reader.GetString(2),
                reader.GetFieldValue<DateTimeOffset>(3), reader.GetFieldValue<DateTimeOffset>(4)));
        }

        return keys;
    }

    internal static async Task<List<StoredApiKey>> ReadApiKeysAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select id, name, kind, role, api_key, created_at, revoked_at from auth.api_keys order by created_at, id", owner);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var keys = new List<StoredApiKey>();
        while (await reader.ReadAsync(cancellationToken))
        {
            keys.Add(new StoredApiKey(
                reader.GetGuid(0), reader.GetString(1), new ApiKey(reader.GetString(2), reader.GetString(3), reader.GetString(4)),
                reader.GetFieldValue<DateTimeOffset>(5), reader.GetInstant(6)));
        }

        return keys;
    }

    static async Task<StoredApiKey> InsertApiKeyAsync(
        NpgsqlConnection owner, ApiKey key, string? name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(InsertApiKeySql, owner);
        foreach (var value in (string?[])[key.Kind, key.Role, key.Value, name])
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? (object)DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new StoredApiKey(reader.GetGuid(0), reader.GetString(1), key, reader.GetFieldValue<DateTimeOffset>(2), RevokedAt: null);
    }

    static async Task InsertSigningAsync(NpgsqlConnection owner, string status, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        await ExecuteAsync(owner,
            "insert into auth.signing_keys (kid, alg, private_key, status) values ($1, 'ES256', $2, $3)",
            [Guid.CreateVersion7().ToString(), key.ExportPkcs8PrivateKeyPem(), status], cancellationToken);
    }

    static Task SetStatusAsync(NpgsqlConnection owner, string kid, string status, CancellationToken cancellationToken)
        => ExecuteAsync(owner, "update auth.signing_keys set status = $2, updated_at = now() where kid = $1", [kid, status], cancellationToken);

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

    static async Task ExecuteAsync(NpgsqlConnection owner, string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, owner);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
