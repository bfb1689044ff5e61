using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Text;
using Evolv.Platform;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;
using Npgsql;

namespace Evolv.Auth.Tokens;

/// <summary>
/// The keys in <c>auth.signing_keys</c> and <c>auth.api_keys</c>: made at the first start, read at every start and whenever they change.
/// Only the owner of the database may read them, so they are loaded before the first request and then live in memory.
/// </summary>
sealed class SigningKeys(TimeProvider time, IOptions<ServerOptions> server)
{
    // A database of somebody else's has no keys of ours.
    volatile KeyRing? _current = server.Value.Migrate ? null : KeyRing.CreateEmpty();

    /// <summary>Keys that are known already, for benchmarks.</summary>
    internal static SigningKeys Of(KeyRing ring) => new(TimeProvider.System, Options.Create(new ServerOptions())) { _current = ring };

    internal bool IsLoaded => _current is not null;

    /// <summary>The keys that hold now.</summary>
    internal KeyRing Current
        => _current ?? throw new InvalidOperationException("SigningKeys.LoadAsync was not called before the first request.");

    internal async Task LoadAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
        => _current = await LoadOrCreateAsync(owner, time, cancellationToken);

    /// <summary>Reads them again while the server runs. An API key that is missing now was revoked on purpose, so none is made.</summary>
    internal async Task ReloadAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        await using var transaction = await owner.BeginTransactionAsync(cancellationToken);
        await KeyStore.LockAsync(owner, cancellationToken);
        var signing = await KeyStore.EnsureSigningAsync(owner, cancellationToken);
        var apiKeys = await KeyStore.ReadApiKeysAsync(owner, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        _current = ToRing(signing, ToSecurityKeys(signing), apiKeys);
    }

    /// <summary>Reads the keys and makes what is missing. Servers that start at once wait for each other and agree.</summary>
    internal static async Task<KeyRing> LoadOrCreateAsync(
        NpgsqlConnection owner, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var transaction = await owner.BeginTransactionAsync(cancellationToken);
        await KeyStore.LockAsync(owner, cancellationToken);
        var signing = await KeyStore.EnsureSigningAsync(owner, cancellationToken);
        var verifying = ToSecurityKeys(signing);
        var apiKeys = await KeyStore.EnsureApiKeysAsync(
            owner, verifying[signing.Single(key => key.Status == KeyStatus.InUse).Kid], time, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return ToRing(signing, verifying, apiKeys);
    }

    static KeyRing ToRing(List<StoredKey> signing, FrozenDictionary<string, ECDsaSecurityKey> verifying, List<StoredApiKey> apiKeys)
    {
        var inUse = signing.Single(key => key.Status == KeyStatus.InUse);
        // Goes with the signing key: after a rotation a lost child is not found again, and its parent gets another one.
        var refreshSecret = HMACSHA256.HashData(Encoding.UTF8.GetBytes(inUse.PrivateKey), "refresh tokens"u8);
        return new KeyRing(
            verifying[inUse.Kid], verifying, [.. apiKeys.Where(key => !key.IsRevoked).Select(key => key.Key with { Id = key.Id })], refreshSecret);
    }

    static FrozenDictionary<string, ECDsaSecurityKey> ToSecurityKeys(List<StoredKey> signing)
        => signing.Where(key => key.Status != KeyStatus.Revoked).ToFrozenDictionary(key => key.Kid, ToSecurityKey);

    static ECDsaSecurityKey ToSecurityKey(StoredKey stored)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(stored.PrivateKey);
        return new ECDsaSecurityKey(key) { KeyId = stored.Kid };
    }
}
