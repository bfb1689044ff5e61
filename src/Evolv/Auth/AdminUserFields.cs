using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>What an administrator writes of an account, as it came.</summary>
sealed record AdminUserRequest(
    string? Id = null, string? Email = null, string? Phone = null, string? Password = null, string? PasswordHash = null,
    bool? EmailConfirm = null, bool? PhoneConfirm = null, JsonElement? UserMetadata = null, JsonElement? AppMetadata = null,
    string? Role = null, string? BanDuration = null);

/// <summary>The same, found good. Null is: not given.</summary>
/// <param name="Email">In lower case.</param>
/// <param name="Phone">Digits.</param>
/// <param name="Password">In the clear; it is hashed where there is no transaction.</param>
/// <param name="PasswordHash">Made elsewhere.</param>
/// <param name="ConfirmsEmail">Whether the address counts as confirmed from now on.</param>
/// <param name="ConfirmsPhone">The same of the number.</param>
/// <param name="UserMetadata">To be merged; null removes a key.</param>
/// <param name="AppMetadata">The same.</param>
/// <param name="Role">For the claim.</param>
/// <param name="Ban">Zero lifts it.</param>
sealed record AdminUserFields(
    string? Email, string? Phone, string? Password, string? PasswordHash, bool ConfirmsEmail, bool ConfirmsPhone,
    Json UserMetadata, Json AppMetadata, string? Role, TimeSpan? Ban)
{
    /// <exception cref="AuthError">Something is not of the form.</exception>
    internal static AdminUserFields Read(AdminUserRequest request)
    {
        var (password, hash) = (NullIfEmpty(request.Password), NullIfEmpty(request.PasswordHash));
        if (password is not null && hash is not null)
            throw AuthError.Invalid("Only a password or a password hash should be provided");
        if (password is not null && Encoding.UTF8.GetByteCount(password) > PasswordPolicy.LongestPassword)
            throw AuthError.Invalid($"Password cannot be longer than {PasswordPolicy.LongestPassword} bytes");
        if (hash is not null && !PasswordHashForm.IsKnown(hash))
            throw AuthError.Invalid("password_hash must be one of bcrypt or of ASP.NET Core Identity (version 3)");
        return new AdminUserFields(
            NullIfEmpty(request.Email) is { } email ? EmailAddress.Normalize(email) : null,
            NullIfEmpty(request.Phone) is { } phone ? PhoneNumber.Normalize(phone) : null,
            password, hash, request.EmailConfirm == true, request.PhoneConfirm == true,
            Metadata(request.UserMetadata, "user_metadata"), Metadata(request.AppMetadata, "app_metadata"),
            ReadRole(request.Role), ReadBan(request.BanDuration));
    }

    /// <summary>What the metadata is after these were merged in: null removes a key.</summary>
    internal static Sql Merge(Sql metadata, Json added)
        => $"""
            (({metadata}) || {added}) - coalesce((select array_agg(key) from jsonb_each({added}) where value = 'null'), array[]::text[])
            """;

    /// <summary>When the ban ends that is given; null when there is none.</summary>
    internal DateTimeOffset? BannedUntil(DateTimeOffset now) => Ban is { } ban && ban != TimeSpan.Zero ? now + ban : null;

    static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    static Json Metadata(JsonElement? given, string name) => new(AuthBody.RequireObject(given, name)?.GetRawText() ?? "{}");

    // Every family takes people's tokens with this role only; another one would lock the person out.
    static string? ReadRole(string? role)
        => string.IsNullOrEmpty(role) || role == Caller.AuthenticatedRole
            ? NullIfEmpty(role)
            : throw AuthError.Invalid("role must be authenticated: what a person may do is in public.user_roles");

    static TimeSpan? ReadBan(string? duration)
    {
        if (string.IsNullOrEmpty(duration))
            return null;
        if (duration == "none")
            return TimeSpan.Zero;
        var ban = GoDuration.Parse(duration, out var why);
        return why is null ? ban : throw AuthError.Invalid($"invalid format for ban duration: {why}");
    }
}
