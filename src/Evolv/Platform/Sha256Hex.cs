using System.Security.Cryptography;
using System.Text;

namespace Evolv.Platform;

/// <summary>What tells a text from others without repeating it: its SHA-256 in hexadecimal.</summary>
static class Sha256Hex
{
    internal static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    internal static string Of(string text) => Of(Encoding.UTF8.GetBytes(text));
}
