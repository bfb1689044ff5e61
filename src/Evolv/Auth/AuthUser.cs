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
        u.id, u.aud, u.role, coalesce(u.email, ''), u.email_confirmed_at, u.invited_at, coalesce(u.phone, ''), u.phone_confirmed_at,
        u.confirmation_sent_at, u.confirmed_at, u.recovery_sent_at, nullif(u.email_change, ''), u.email_change_sent_at,
        u.reauthentication_sent_at, u.last_sign_in_at, u.raw_app_meta_data::text, u.raw_user_meta_data::text,
        (
            select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                'id', f.id, 'friendly_name', nullif(f.friendly_name, ''), 'factor_type', f.factor_type, 'status', f.status,
                'created_at', auth.to_rfc3339(f.created_at), 'updated_at', auth.to_rfc3339(f.updated_at),
                'last_challenged_at', auth.to_rfc3339(f.last_challenged_at)
            )) order by f.created_at, f.id)::text
            from auth.mfa_factors f
            where f.user_id = u.id
        ),
        (
            select coalesce(jsonb_agg(jsonb_build_object(
                'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data,
                'provider', i.provider, 'email', i.email, 'last_sign_in_at', auth.to_rfc3339(i.last_sign_in_at),
                'created_at', auth.to_rfc3339(i.created_at), 'updated_at', auth.to_rfc3339(i.updated_at)
            ) order by i.created_at, i.id), '[]')::text
            from auth.identities i
            where i.user_id = u.id
        ),
        u.created_at, u.updated_at, u.banned_until, u.deleted_at, u.is_anonymous
        """;

    internal const int ColumnCount = 24;

    // Every access token carries it in a header, and servers on the way allow 8 to 16 kB for all headers.
    internal const int LargestMetadata = 4096;

    public required Guid Id { get; init; }
    public required string Aud { get; init; }
    public required string Role { get; init; }

    /// <summary>Empty, not null, when there is none; so is <see cref="Phone"/>.</summary>
    public required string Email { get; init; }
    public DateTime? EmailConfirmedAt { get; init; }
    public DateTime? InvitedAt { get; init; }
    public required string Phone { get; init; }
    public DateTime? PhoneConfirmedAt { get; init; }
    public DateTime? ConfirmationSentAt { get; init; }
    public DateTime? ConfirmedAt { get; init; }
    public DateTime? RecoverySentAt { get; init; }
    public string? NewEmail { get; init; }
    public DateTime? EmailChangeSentAt { get; init; }
    public DateTime? ReauthenticationSentAt { get; init; }
    public DateTime? LastSignInAt { get; init; }
    public required JsonElement AppMetadata { get; init; }
    public required JsonElement UserMetadata { get; init; }

    /// <summary>Left out when there are none.</summary>
    public JsonElement? Factors { get; init; }
    public required JsonElement Identities { get; init; }
    public required DateTime CreatedAt { get; init; }
    public required DateTime UpdatedAt { get; init; }
    public DateTime? BannedUntil { get; init; }
    public DateTime? DeletedAt { get; init; }
    public required bool IsAnonymous { get; init; }

    internal static AuthUser Read(NpgsqlDataReader row) => new()
    {
        Id = row.GetGuid(0),
        Aud = row.GetString(1),
        Role = row.GetString(2),
        Email = row.GetString(3),
        EmailConfirmedAt = Instant(row, 4),
        InvitedAt = Instant(row, 5),
        Phone = row.GetString(6),
        PhoneConfirmedAt = Instant(row, 7),
        ConfirmationSentAt = Instant(row, 8),
        ConfirmedAt = Instant(row, 9),
        RecoverySentAt = Instant(row, 10),
        NewEmail = row.GetText(11),
        EmailChangeSentAt = Instant(row, 12),
        ReauthenticationSentAt = Instant(row, 13),
        LastSignInAt = Instant(row, 14),
        AppMetadata = JsonElement.Parse(row.GetString(15)),
        UserMetadata = JsonElement.Parse(row.GetString(16)),
        Factors = row.GetText(17) is { } factors ? JsonElement.Parse(factors) : null,
        Identities = JsonElement.Parse(row.GetString(18)),
        CreatedAt = row.GetDateTime(19),
        UpdatedAt = row.GetDateTime(20),
        BannedUntil = Instant(row, 21),
        DeletedAt = Instant(row, 22),
        IsAnonymous = row.GetBoolean(23),
    };

    /// <summary>The language that they chose, for mails; anything may stand there.</summary>
    internal string? Locale
        => UserMetadata.ValueKind == JsonValueKind.Object && UserMetadata.TryGetProperty("locale", out var locale) && locale.ValueKind == JsonValueKind.String
            ? locale.GetString()
            : null;

    internal bool IsBannedAt(DateTimeOffset now) => BannedUntil > now.UtcDateTime;

    internal bool HasVerifiedFactor
        => Factors is { } factors && factors.EnumerateArray().Any(factor => factor.GetProperty("status").ValueEquals("verified"));

    /// <summary>Refuses metadata that would make access tokens unusable. Call it before the commit.</summary>
    internal void RefuseLargeMetadata()
    {
        foreach (var (name, metadata) in (ReadOnlySpan<(string, JsonElement)>)[("user_metadata", UserMetadata), ("app_metadata", AppMetadata)])
        {
            if (JsonSerializer.SerializeToUtf8Bytes(metadata, AuthJson.Default.JsonElement).Length > LargestMetadata)
                throw AuthError.Invalid($"{name} may have {LargestMetadata} bytes at most: it travels in every access token");
        }
    }

    // Infinity (a ban without an end) is the year 9999 to .NET.
    static DateTime? Instant(NpgsqlDataReader row, int ordinal) => row.IsDBNull(ordinal) ? null : row.GetDateTime(ordinal);
}
