using System.Text.Json;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Auth;

/// <summary>An account as clients see it. Instants are UTC, so that they end in Z as GoTrue's do.</summary>
sealed record AuthUser
{
    /// <summary>The columns that <see cref="Read"/> expects first, of <c>auth.users u</c>.</summary>
    internal static Sql Columns { get; } =
        $"""
        u.id, u.aud, u.role, coalesce(u.email, ''), u.email_confirmed_at, coalesce(u.phone, ''), u.phone_confirmed_at,
        u.confirmed_at, nullif(u.email_change, ''), u.email_change_sent_at, u.last_sign_in_at,
        u.raw_app_meta_data::text, u.raw_user_meta_data::text,
        (
            select coalesce(jsonb_agg(jsonb_build_object(
                'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
                'provider', i.provider, 'email', i.email,
                'last_sign_in_at', to_char(i.last_sign_in_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'created_at', to_char(i.created_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                'updated_at', to_char(i.updated_at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
            ) order by i.created_at, i.id), '[]')::text
            from auth.identities i
            where i.user_id = u.id
        ),
        u.created_at, u.updated_at, u.banned_until, u.is_anonymous
        """;

    internal const int ColumnCount = 18;

    // Every access token carries it in a header, and servers on the way allow 8 to 16 kB for all headers.
    const int LargestMetadata = 4096;

    public required Guid Id { get; init; }
    public required string Aud { get; init; }
    public required string Role { get; init; }

    /// <summary>Empty, not null, when there is none; so is <see cref="Phone"/>.</summary>
    public required string Email { get; init; }
    public DateTime? EmailConfirmedAt { get; init; }
    public required string Phone { get; init; }
    public DateTime? PhoneConfirmedAt { get; init; }
    public DateTime? ConfirmedAt { get; init; }
    public string? NewEmail { get; init; }
    public DateTime? EmailChangeSentAt { get; init; }
    public DateTime? LastSignInAt { get; init; }
    public required JsonElement AppMetadata { get; init; }
    public required JsonElement UserMetadata { get; init; }
    public required JsonElement Identities { get; init; }
    public required DateTime CreatedAt { get; init; }
    public required DateTime UpdatedAt { get; init; }
    public DateTime? BannedUntil { get; init; }
    public required bool IsAnonymous { get; init; }

    internal static AuthUser Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Aud = row.GetString(1),
        Role = row.GetString(2),
        Email = row.GetString(3),
        EmailConfirmedAt = Instant(row, 4),
        Phone = row.GetString(5),
        PhoneConfirmedAt = Instant(row, 6),
        ConfirmedAt = Instant(row, 7),
        NewEmail = row.GetText(8),
        EmailChangeSentAt = Instant(row, 9),
        LastSignInAt = Instant(row, 10),
        AppMetadata = JsonElement.Parse(row.GetString(11)),
        UserMetadata = JsonElement.Parse(row.GetString(12)),
        Identities = JsonElement.Parse(row.GetString(13)),
        CreatedAt = row.GetDateTime(14),
        UpdatedAt = row.GetDateTime(15),
        BannedUntil = Instant(row, 16),
        IsAnonymous = row.GetBoolean(17),
    };

    internal bool IsBannedAt(DateTimeOffset now) => BannedUntil > now.UtcDateTime;

    /// <summary>Refuses metadata that would make access tokens unusable. Call it before the commit.</summary>
    internal void RefuseLargeMetadata()
    {
        if (JsonSerializer.SerializeToUtf8Bytes(UserMetadata, AuthJson.Default.JsonElement).Length > LargestMetadata)
            throw AuthError.Invalid($"user_metadata may have {LargestMetadata} bytes at most: it travels in every access token");
    }

    static DateTime? Instant(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetDateTime(ordinal);
}
