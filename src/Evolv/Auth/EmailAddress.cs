using System.Text.RegularExpressions;

namespace Evolv.Auth;

/// <summary>Addresses as they are stored: lower-case, and of the form that browsers accept in <c>input type=email</c>.</summary>
static partial class EmailAddress
{
    const int Longest = 254;

    /// <exception cref="AuthError">It is no address.</exception>
    internal static string Normalize(string text)
        => text.Length <= Longest && Form().IsMatch(text) ? text.ToLowerInvariant() : throw AuthError.InvalidEmail();

    [GeneratedRegex(
        @"\A[a-zA-Z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*\z",
        RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
