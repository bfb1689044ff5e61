using System.Globalization;
using System.Text.RegularExpressions;

namespace Evolv.Auth;

/// <summary>
/// Hashes of passwords that came from elsewhere, Supabase above all. As everywhere, the first 72 bytes of a password count; the hash of ours that
/// replaces it at the first sign-in counts all of them.
/// </summary>
static partial class BcryptHash
{
    // A cost more doubles the time: 10 is what GoTrue takes, 15 a few seconds.
    const int Costliest = 15;

    internal static bool IsOne(string hash)
        => Form().Match(hash) is { Success: true } match && int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) is >= 4 and <= Costliest;

    internal static bool Verify(string hash, string password)
    {
        try
        {
            return BCrypt.Net.BCrypt.Verify(password, hash);
        }
        catch (Exception exception) when (exception is BCrypt.Net.SaltParseException or ArgumentException)
        {
            return false;
        }
    }

    [GeneratedRegex(@"\A\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{53}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
