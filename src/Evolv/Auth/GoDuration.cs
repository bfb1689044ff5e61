using System.Buffers;
using System.Globalization;

namespace Evolv.Auth;

/// <summary>Durations as Go writes them: <c>24h</c>, <c>1h30m</c>, <c>1.5h</c>.</summary>
static class GoDuration
{
    // Go counts nanoseconds in 64 bits.
    static readonly decimal Longest = long.MaxValue;

    static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    static readonly (string Name, decimal Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1e3m), ("µs", 1e3m), ("μs", 1e3m), ("ms", 1e6m), ("s", 1e9m), ("m", 6e10m), ("h", 3.6e12m),
    ];

    /// <param name="text">Such as <c>1h30m</c>.</param>
    /// <param name="why">What is wrong with it, in Go's words; null when nothing is.</param>
    internal static TimeSpan Parse(string text, out string? why)
    {
        why = null;
        var isNegative = text is ['-', ..];
        var rest = text is ['-' or '+', ..] ? text.AsSpan(1) : text.AsSpan();
        if (rest is "0")
            return TimeSpan.Zero;
        if (rest.IsEmpty)
            why = $"time: invalid duration \"{text}\"";

        var sum = 0m;
        while (!rest.IsEmpty && why is null)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            var number = digits < 0 ? rest : rest[..digits];
            rest = rest[number.Length..];
            var letters = rest.IndexOfAny(NumberCharacters);
            var unit = (letters < 0 ? rest : rest[..letters]).ToString();
            rest = rest[unit.Length..];
            var (name, factor) = Array.Find(Units, known => known.Name == unit);
            if (number.Length is 0 or > 25 ||
                !decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count))
                why = $"time: invalid duration \"{text}\"";
            else if (unit.Length == 0)
                why = $"time: missing unit in duration \"{text}\"";
            else if (name is null)
                why = $"time: unknown unit \"{unit}\" in duration \"{text}\"";
            else if (count > Longest / factor || (sum += count * factor) > Longest)
                why = $"time: invalid duration \"{text}\"";
        }

        return why is null ? TimeSpan.FromTicks((long)(sum / 100) * (isNegative ? -1 : 1)) : default;
    }
}
