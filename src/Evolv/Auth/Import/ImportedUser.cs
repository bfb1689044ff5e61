using System.Text;

namespace Evolv.Auth.Import;

/// <summary>A row of Supabase's <c>auth.users</c> as an account here. Tokens of mails, and rights above those of a person, are left behind.</summary>
static class ImportedUser
{
    const int LargestMetadata = 4096; // As everywhere: it travels in every access token.

    internal static object?[] Read(DumpRow row)
    {
        if (row["role"] is not (null or "" or "authenticated"))
            throw new BadRowException("role is not authenticated");
        var (email, phone) = (Email(row), Phone(row));
        var (isAnonymous, isSso) = (row.Flag("is_anonymous"), row.Flag("is_sso_user"));
        var appMetadata = row.JsonObject("raw_app_meta_data") ?? "{}";
        if (appMetadata == "{}" && email is not null && !isAnonymous && !isSso)
            appMetadata = EmailIdentity.AppMetadata.Text;
        // Older dumps have confirmed_at alone.
        var confirmedAt = row.Has("email_confirmed_at") ? row.Instant("email_confirmed_at") : row.Instant("confirmed_at");
        return
        [
            row.Id("id"), email, phone, Password(row), appMetadata, UserMetadata(row), isSso, isAnonymous, confirmedAt,
            row.Instant("phone_confirmed_at"), row.Instant("invited_at"), row.Instant("last_sign_in_at"), row.Instant("banned_until"),
            row.Instant("deleted_at"), row.Instant("created_at"), row.Instant("updated_at"),
        ];
    }

    static string? Email(DumpRow row)
    {
        if (row.Text("email") is not { } email)
            return null;
        // Of a deleted account GoTrue keeps a hash.
        if (!string.IsNullOrEmpty(row["deleted_at"]))
            return email;
        try
        {
            return EmailAddress.Normalize(email);
        }
        catch (AuthError)
        {
            throw new BadRowException("email is no address");
        }
    }

    static string? Phone(DumpRow row)
    {
        if (row.Text("phone") is not { } phone)
            return null;
        phone = phone.TrimStart('+').Replace(" ", "", StringComparison.Ordinal);
        return phone.Length <= 15 && phone.All(char.IsAsciiDigit) || !string.IsNullOrEmpty(row["deleted_at"])
            ? phone
            : throw new BadRowException("phone is no number");
    }

    static string? Password(DumpRow row) => row.Text("encrypted_password") switch
    {
        null => null,
        var hash when PasswordHashForm.IsKnown(hash) => hash,
        var hash when hash.StartsWith("$argon2", StringComparison.Ordinal) =>
            throw new BadRowException("encrypted_password is an Argon2 hash, which Evolv cannot check; empty it, and its owner sets another by mail"),
        var hash when hash.StartsWith("$fbscrypt", StringComparison.Ordinal) || hash.StartsWith("$scrypt", StringComparison.Ordinal) =>
            throw new BadRowException("encrypted_password is a scrypt hash (Firebase), which Evolv cannot check; empty it, and its owner sets another by mail"),
        _ => throw new BadRowException("encrypted_password is no bcrypt hash of a cost between 4 and 15"),
    };

    static string UserMetadata(DumpRow row)
    {
        var metadata = row.JsonObject("raw_user_meta_data") ?? "{}";
        return Encoding.UTF8.GetByteCount(metadata) <= LargestMetadata
            ? metadata
            : throw new BadRowException($"raw_user_meta_data has more than {LargestMetadata} bytes: it travels in every access token");
    }
}
