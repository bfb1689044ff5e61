using System.Globalization;

namespace Evolv.Platform.Audit;

/// <summary>Where the chain ends. Whoever keeps it elsewhere finds out when entries are cut off or rewritten later.</summary>
/// <param name="Count">How many entries there are, which is the number of the last one.</param>
/// <param name="Hash">Of the last entry, in hexadecimal.</param>
readonly record struct AuditHead(long Count, string Hash)
{
    /// <summary>Reads what <c>audit verify</c> prints; null when it is something else.</summary>
    internal static AuditHead? Parse(string text)
        => text.Split(':') is [var count, { Length: 64 } hash] && hash.All(char.IsAsciiHexDigit) &&
            long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? new AuditHead(number, hash.ToLowerInvariant())
            : null;

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count}:{Hash}");
}

/// <summary>A head, of which chain, and when.</summary>
sealed record AuditAnchor(DateTimeOffset At, Guid Chain, AuditHead Head);
