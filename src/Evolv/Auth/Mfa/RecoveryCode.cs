using System.Security.Cryptography;
using Evolv.Auth.Flows;

namespace Evolv.Auth.Mfa;

/// <summary>
/// A code for who has lost the device, <c>xxxxx-xxxxx</c> of letters and digits that nobody mistakes for one another (50 bits). The database has
/// hashes; a fast one is enough, since who reads that table has the secrets of the authenticators, too.
/// </summary>
static class RecoveryCode
{
    internal const int SetSize = 10;

    const string Alphabet = "abcdefghjkmnpqrstuvwxyz23456789";
    const int Length = 10;

    internal static string New()
    {
        var text = RandomNumberGenerator.GetString(Alphabet, Length);
        return $"{text[..(Length / 2)]}-{text[(Length / 2)..]}";
    }

    /// <summary>How it is kept. The same code of two people has two hashes.</summary>
    internal static string Hash(Guid userId, string code) => Secret.Hash($"{userId}:{Plain(code)}");

    internal static bool IsOne(string code) => Plain(code) is { Length: Length } plain && plain.All(Alphabet.Contains);

    /// <summary>As typed by people: dashes, spaces and case do not matter.</summary>
    internal static string Plain(string code)
        => string.Concat(code.Where(character => character != '-' && !char.IsWhiteSpace(character))).ToLowerInvariant();
}
