using System.Text.Json.Nodes;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Auth.Passkeys;

/// <summary>A passkey as its owner sees it.</summary>
/// <param name="Id">Ours.</param>
/// <param name="FriendlyName">What its owner or its maker calls it.</param>
/// <param name="CreatedAt">When it was added.</param>
/// <param name="LastUsedAt">When somebody signed in with it; left out before.</param>
sealed record Passkey(Guid Id, string? FriendlyName, DateTime CreatedAt, DateTime? LastUsedAt = null)
{
    internal static Passkey Read(NpgsqlDataReader row) => new(
        row.GetGuid(0), row.GetText(1), row.GetDateTime(2), row.IsDBNull(3) ? null : row.GetDateTime(3));
}

/// <summary>What checks a sign-in.</summary>
sealed record PasskeyKey(Guid Id, Guid UserId, byte[] PublicKey, bool IsBackupEligible);

/// <summary>What an authenticator made, checked.</summary>
sealed record NewPasskey(
    byte[] CredentialId, byte[] PublicKey, string AttestationType, Guid Aaguid, long SignCount, IReadOnlyList<string> Transports,
    bool IsBackupEligible, bool IsBackedUp);

/// <summary>Rows of <c>auth.webauthn_credentials</c>.</summary>
static class StoredPasskeys
{
    /// <summary>As many as one person may have.</summary>
    internal const int Most = 10;

    static Sql Columns => $"id, nullif(friendly_name, ''), created_at, last_used_at";

    internal static async Task<List<Passkey>> ListAsync(Database database, Guid userId, CancellationToken cancellationToken)
    {
        await using var db = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        return await db.QueryListAsync(
            $"select {Columns} from auth.webauthn_credentials where user_id = {userId} order by created_at, id", Passkey.Read, cancellationToken);
    }

    internal static Task<List<byte[]>> CredentialIdsAsync(DbSession db, Guid userId, CancellationToken cancellationToken)
        => db.QueryListAsync(
            $"select credential_id from auth.webauthn_credentials where user_id = {userId} order by created_at, id",
            row => row.GetFieldValue<byte[]>(0), cancellationToken);

    internal static Task<PasskeyKey?> FindKeyAsync(Database database, byte[] credentialId, CancellationToken cancellationToken)
        => database.QuerySingleAsync(Caller.AuthAdmin,
            $"select id, user_id, public_key, backup_eligible from auth.webauthn_credentials where credential_id = {credentialId}",
            row => new PasskeyKey(row.GetGuid(0), row.GetGuid(1), row.GetFieldValue<byte[]>(2), row.GetBoolean(3)), cancellationToken);

    /// <summary>Adds one. The account is locked, so that ten stay ten.</summary>
    /// <exception cref="AuthError">There are ten, or somebody has this one.</exception>
    internal static async Task<Passkey> InsertAsync(
        DbSession db, Guid userId, NewPasskey made, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if ((await CredentialIdsAsync(db, userId, cancellationToken)).Count >= Most)
            throw AuthError.TooManyPasskeys();
        var transports = new Json(new JsonArray([.. made.Transports.Select(transport => JsonValue.Create(transport))]).ToJsonString());
        return await db.QuerySingleAsync(
            $"""
            insert into auth.webauthn_credentials (
                id, user_id, credential_id, public_key, attestation_type, aaguid, sign_count, transports, backup_eligible, backed_up, friendly_name,
                created_at, updated_at)
            values (
                {Guid.CreateVersion7(now)}, {userId}, {made.CredentialId}, {made.PublicKey}, {made.AttestationType}, {made.Aaguid}, {made.SignCount},
                {transports}, {made.IsBackupEligible}, {made.IsBackedUp}, {PasskeyNames.Of(made.Aaguid)}, {now}, {now})
            on conflict (credential_id) do nothing
            returning {Columns}
            """, Passkey.Read, cancellationToken) ?? throw AuthError.PasskeyExists();
    }

    /// <summary>Null when the person has none of this id.</summary>
    internal static Task<Passkey?> RenameAsync(
        DbSession db, Guid userId, Guid id, string name, DateTimeOffset now, CancellationToken cancellationToken)
        => db.QuerySingleAsync(
            $"""
            update auth.webauthn_credentials
            set friendly_name = {name}, updated_at = {now}
            where id = {id} and user_id = {userId}
            returning {Columns}
            """, Passkey.Read, cancellationToken);

    internal static async Task<bool> DeleteAsync(DbSession db, Guid userId, Guid id, CancellationToken cancellationToken)
        => await db.ExecuteAsync($"delete from auth.webauthn_credentials where id = {id} and user_id = {userId}", cancellationToken) == 1;

    /// <summary>
    /// Notes that one was used. An authenticator that counts must have counted on: otherwise there are two of it, and one is a copy
    /// (WebAuthn §6.1.1). In the statement itself, so that two sign-ins cannot both come after the same one.
    /// </summary>
    internal static async Task<bool> UseAsync(
        DbSession db, PasskeyKey key, long signCount, bool isBackedUp, DateTimeOffset now, CancellationToken cancellationToken)
        => await db.ExecuteAsync(
            $"""
            update auth.webauthn_credentials
            set sign_count = {signCount}, backed_up = {isBackedUp}, last_used_at = {now}, updated_at = {now}
            where id = {key.Id} and user_id = {key.UserId} and (sign_count < {signCount} or sign_count = 0 and {signCount} = 0)
            """, cancellationToken) == 1;
}
