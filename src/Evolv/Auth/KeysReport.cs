using System.Globalization;
using System.Text;
using System.Text.Json;
using Evolv.Auth.Tokens;

namespace Evolv.Auth;

/// <summary>What <c>keys list</c> prints.</summary>
sealed record KeysReport(IReadOnlyList<StoredKey> Signing, IReadOnlyList<StoredApiKey> ApiKeys, bool Show)
{
    const int ShownEnd = 4;

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Enough to tell one key from another: how it begins and how it ends.</summary>
    internal static string Mask(string key)
    {
        var start = key.StartsWith("sb_", StringComparison.Ordinal) ? key.IndexOf('_', 3) + 1 : 0;
        return key.Length < start + 20 ? key : $"{key[..start]}…{key[^ShownEnd..]}";
    }

    internal string ToText()
    {
        var text = new StringBuilder("Signing keys (access tokens, ES256)\n");
        foreach (var key in Signing)
            text.Append(CultureInfo.InvariantCulture, $"  {key.Kid}  {key.Status,-15}  since {Day(key.UpdatedAt)}\n");
        text.Append("API keys\n");
        foreach (var key in ApiKeys)
        {
            text.Append(CultureInfo.InvariantCulture,
                $"  {key.Id}  {key.Key.Kind,-11}  {key.Key.Role,-12}  {key.Name,-12}  {(key.RevokedAt is { } at ? $"revoked {Day(at)}" : "in use"),-18}  {Value(key)}\n");
        }

        return text.ToString().TrimEnd('\n');
    }

    internal string ToJson() => JsonSerializer.Serialize(new
    {
        signing_keys = Signing.Select(key => new
        {
            kid = key.Kid,
            alg = KeyRing.Algorithm,
            status = key.Status,
            created_at = key.CreatedAt,
            updated_at = key.UpdatedAt,
        }),
        api_keys = ApiKeys.Select(key => new
        {
            id = key.Id,
            name = key.Name,
            kind = key.Key.Kind,
            role = key.Key.Role,
            api_key = Value(key),
            created_at = key.CreatedAt,
            revoked_at = key.RevokedAt,
        }),
    }, Indented);

    string Value(StoredApiKey key) => Show ? key.Key.Value : Mask(key.Key.Value);

    static string Day(DateTimeOffset instant) => instant.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
