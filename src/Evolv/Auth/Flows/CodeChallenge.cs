using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Evolv.Auth.Flows;

/// <summary>What a client proves later that it began this flow (PKCE, RFC 7636).</summary>
sealed record CodeChallenge(string Method, string Value)
{
    const int Shortest = 43;
    const int Longest = 128;

    /// <summary>Null when neither is given, which is the implicit flow.</summary>
    /// <exception cref="AuthError">Only one of the two, or not of the form.</exception>
    internal static CodeChallenge? Read(string? challenge, string? method)
    {
        if (string.IsNullOrEmpty(challenge) && string.IsNullOrEmpty(method))
            return null;
        if (string.IsNullOrEmpty(challenge) || string.IsNullOrEmpty(method))
            throw AuthError.Invalid("PKCE flow requires code_challenge_method and code_challenge");
        var known = method.ToLowerInvariant();
        if (known is not ("s256" or "plain"))
            throw AuthError.Invalid("code challenge method not supported, must be s256 or plain");
        return IsWellFormed(challenge)
            ? new CodeChallenge(known, challenge)
            : throw AuthError.Invalid($"code challenge has to be between {Shortest} and {Longest} characters of A-Z, a-z, 0-9, -, ., _ and ~");
    }

    /// <summary>Whether this verifier belongs to the challenge.</summary>
    internal bool IsMetBy(string verifier)
    {
        if (!IsWellFormed(verifier))
            return false;
        var proof = Method == "plain" ? verifier : Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        return CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(proof), Encoding.ASCII.GetBytes(Value));
    }

    /// <summary>Whether it has the form that RFC 7636 gives challenges and verifiers.</summary>
    internal static bool IsWellFormed(string text)
        => text.Length is >= Shortest and <= Longest && text.All(character => char.IsAsciiLetterOrDigit(character) || character is '-' or '.' or '_' or '~');
}
