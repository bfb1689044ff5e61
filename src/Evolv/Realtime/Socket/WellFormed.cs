namespace Evolv.Realtime.Socket;

/// <summary>Mends text from clients before it is read and goes on to others.</summary>
static class WellFormed
{
    const int EscapeLength = 6; // \uD83D

    /// <summary>
    /// Puts U+FFFD in the place of escaped halves of characters (<c>"\uD83D"</c> alone), as a text has them that was cut in
    /// the middle of an emoji. JSON allows them, but there is no text that they could be read as.
    /// </summary>
    internal static void MendSurrogates(Span<byte> json)
    {
        for (var at = NextEscape(json, 0); at >= 0; at = NextEscape(json, at))
        {
            var unit = CodeUnit(json[at..]);
            if (unit is >= 0xD800 and < 0xDC00 && CodeUnit(json[(at + EscapeLength)..]) is >= 0xDC00 and < 0xE000)
                at += 2 * EscapeLength;
            else if (unit is >= 0xD800 and < 0xE000)
                "FFFD"u8.CopyTo(json[(at + 2)..]);
            else
                at = Math.Min(at + 2, json.Length); // past what is escaped
        }
    }

    static int NextEscape(ReadOnlySpan<byte> json, int from)
        => json[from..].IndexOf((byte)'\\') is var at and >= 0 ? from + at : -1;

    // Of the escape at the beginning; -1 when it is another one or none.
    static int CodeUnit(ReadOnlySpan<byte> json)
    {
        if (json.Length < EscapeLength || json[0] != '\\' || json[1] != 'u')
            return -1;
        var unit = 0;
        foreach (var digit in json[2..EscapeLength])
        {
            if (!char.IsAsciiHexDigit((char)digit))
                return -1;
            unit = unit * 16 + (digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10);
        }

        return unit;
    }
}
