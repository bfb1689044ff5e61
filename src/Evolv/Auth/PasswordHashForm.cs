using System.Buffers.Binary;
using System.Text.RegularExpressions;

namespace Evolv.Auth;

/// <summary>Which hashes made elsewhere an account may be given: bcrypt, and our own form (version 3 of ASP.NET Core Identity).</summary>
static partial class PasswordHashForm
{
    const int MostIterations = 10_000_000; // Every sign-in computes them.
    const int Header = 13;

    internal static bool IsKnown(string hash) => Bcrypt().IsMatch(hash) || IsOurs(hash);

    static bool IsOurs(string hash)
    {
        Span<byte> bytes = stackalloc byte[191];
        if (hash.Length > 255 || !Convert.TryFromBase64String(hash, bytes, out var length) || length < Header || bytes[0] != 1)
            return false;
        var function = BinaryPrimitives.ReadUInt32BigEndian(bytes[1..]);
        var iterations = BinaryPrimitives.ReadUInt32BigEndian(bytes[5..]);
        var saltLength = BinaryPrimitives.ReadUInt32BigEndian(bytes[9..]);
        return function <= 2 && iterations is >= 1 and <= MostIterations && saltLength is >= 16 and <= 64 && length - Header - saltLength >= 16;
    }

    // A cost of 15 takes two seconds.
    [GeneratedRegex(@"\A\$2[aby]\$(0[4-9]|1[0-5])\$[./A-Za-z0-9]{53}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Bcrypt();
}
