using System.Text.RegularExpressions;

namespace Evolv.Auth;

/// <summary>Phone numbers as GoTrue stores them: E.164 without the plus.</summary>
static partial class PhoneNumber
{
    /// <exception cref="AuthError">It is none.</exception>
    internal static string Normalize(string text)
    {
        var digits = text.Replace(" ", "", StringComparison.Ordinal);
        digits = digits.StartsWith('+') ? digits[1..] : digits;
        return Form().IsMatch(digits) ? digits : throw AuthError.Invalid("Invalid phone number format (E.164 required)");
    }

    [GeneratedRegex(@"\A[1-9][0-9]{1,14}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
