using System.Net;
using Evolv.Auth.Tokens;
using NpgsqlTypes;

namespace Evolv.Auth.Import;

/// <summary>How rows of one table of a dump become rows of a table of the import, which has the same columns under the same names.</summary>
/// <param name="Name">Of the dump.</param>
/// <param name="Columns">Their types in PostgreSQL and in Npgsql.</param>
/// <param name="Read">The values in this order. Throws <see cref="BadRowException"/>.</param>
sealed record ImportTable(string Name, IReadOnlyList<(string Name, NpgsqlDbType Type)> Columns, Func<DumpRow, object?[]> Read)
{
    /// <summary>Of the temporary table.</summary>
    internal string Staged => $"import_{Name[(Name.IndexOf('.', StringComparison.Ordinal) + 1)..]}";

    internal static IReadOnlyList<ImportTable> All { get; } =
    [
        new(DumpTables.Users,
        [
            ("id", NpgsqlDbType.Uuid), ("email", NpgsqlDbType.Text), ("phone", NpgsqlDbType.Text), ("encrypted_password", NpgsqlDbType.Text),
            ("raw_app_meta_data", NpgsqlDbType.Jsonb), ("raw_user_meta_data", NpgsqlDbType.Jsonb), ("is_sso_user", NpgsqlDbType.Boolean),
            ("is_anonymous", NpgsqlDbType.Boolean), ("email_confirmed_at", NpgsqlDbType.TimestampTz), ("phone_confirmed_at", NpgsqlDbType.TimestampTz),
            ("invited_at", NpgsqlDbType.TimestampTz), ("last_sign_in_at", NpgsqlDbType.TimestampTz), ("banned_until", NpgsqlDbType.TimestampTz),
            ("deleted_at", NpgsqlDbType.TimestampTz), ("created_at", NpgsqlDbType.TimestampTz), ("updated_at", NpgsqlDbType.TimestampTz),
        ], ImportedUser.Read),
        new(DumpTables.Identities,
        [
            ("id", NpgsqlDbType.Uuid), ("provider_id", NpgsqlDbType.Text), ("user_id", NpgsqlDbType.Uuid), ("identity_data", NpgsqlDbType.Jsonb),
            ("provider", NpgsqlDbType.Text), ("last_sign_in_at", NpgsqlDbType.TimestampTz), ("created_at", NpgsqlDbType.TimestampTz),
            ("updated_at", NpgsqlDbType.TimestampTz),
        ], ReadIdentity),
        new(DumpTables.Sessions,
        [
            ("id", NpgsqlDbType.Uuid), ("user_id", NpgsqlDbType.Uuid), ("created_at", NpgsqlDbType.TimestampTz), ("updated_at", NpgsqlDbType.TimestampTz),
            ("not_after", NpgsqlDbType.TimestampTz), ("refreshed_at", NpgsqlDbType.TimestampTz), ("user_agent", NpgsqlDbType.Text), ("ip", NpgsqlDbType.Text),
            ("oauth_client_id", NpgsqlDbType.Uuid),
        ], ReadSession),
        new(DumpTables.RefreshTokens,
        [
            ("token", NpgsqlDbType.Text), ("user_id", NpgsqlDbType.Uuid), ("session_id", NpgsqlDbType.Uuid), ("parent", NpgsqlDbType.Text),
            ("revoked", NpgsqlDbType.Boolean), ("created_at", NpgsqlDbType.TimestampTz), ("updated_at", NpgsqlDbType.TimestampTz),
        ], ReadRefreshToken),
    ];

    // Before 2023 there was no provider_id, and id was what it is now.
    static object?[] ReadIdentity(DumpRow row) =>
    [
        row.Has("provider_id") ? row.OptionalId("id") : null, row.RequiredText(row.Has("provider_id") ? "provider_id" : "id"), row.Id("user_id"),
        row.JsonObject("identity_data") ?? throw new BadRowException("identity_data is missing"), row.RequiredText("provider"),
        row.Instant("last_sign_in_at"), row.Instant("created_at"), row.Instant("updated_at"),
    ];

    static object?[] ReadSession(DumpRow row) =>
    [
        row.Id("id"), row.Id("user_id"), row.Instant("created_at"), row.Instant("updated_at"), row.Instant("not_after"), Unzoned(row, "refreshed_at"),
        row.Text("user_agent", longest: 4096), IPAddress.TryParse(row["ip"], out var address) ? address.ToString() : null,
        row.OptionalId("oauth_client_id"),
    ];

    // They stand there as they are; here only their hashes do.
    static object?[] ReadRefreshToken(DumpRow row) =>
    [
        RefreshTokens.Hash(row.RequiredText("token")), row.Id("user_id"), row.OptionalId("session_id"),
        row.Text("parent") is { } parent ? RefreshTokens.Hash(parent) : null, row.Flag("revoked"), row.Instant("created_at"), row.Instant("updated_at"),
    ];

    static DateTime? Unzoned(DumpRow row, string column) => row.Instant(column); // Supabase's is a timestamp without a zone, in UTC.
}
