using System.Globalization;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>One condition twice: as a client writes it, and as SQL that was not made from that.</summary>
/// <param name="Column">What it is about.</param>
/// <param name="Type">The column's type in SQL.</param>
/// <param name="Text">As in <c>filter</c>.</param>
/// <param name="Sql">With <c>v</c> for the value.</param>
sealed record RandomFilter(string Column, string Type, string Text, string Sql)
{
    internal static RandomFilter Make(Random random, string column, string type, IReadOnlyList<string> values)
    {
        var isNegated = random.Next(4) == 0;
        string Any() => values[random.Next(values.Count)];
        var (text, sql) = Choose();
        return new RandomFilter(
            column, type, $"{column}={(isNegated ? "not." : "")}{text}", isNegated ? $"not ({sql})" : sql);

        (string Text, string Sql) Choose()
        {
            var choice = random.Next(10);
            if (choice == 0)
                return ("is.null", "v is null");
            if (type == "text" && choice < 4)
            {
                var part = Any() is { Length: > 3 } word ? word[1..^1] : "a";
                return choice switch
                {
                    1 => ($"like.{Quote($"%{part}%")}", $"v like '%{Escape(part)}%'"),
                    2 => ($"ilike.{Quote($"{part.ToUpperInvariant()}%")}", $"v ilike '{Escape(part.ToUpperInvariant())}%'"),
                    _ => ($"imatch.{Quote($"^.*{Letters(part)}")}", $"v ~* '^.*{Letters(part)}'"),
                };
            }

            if (choice < 6)
            {
                var many = Enumerable.Range(0, random.Next(1, 12)).Select(_ => Any()).ToList();
                return ($"in.({string.Join(',', many.Select(Quote))})", $"v = any (array[{string.Join(',', many.Select(one => $"'{Escape(one)}'"))}]::{type}[])");
            }

            var one = Any();
            var (word2, op) = random.Next(type == "text" || type == "uuid" ? 3 : 7) switch
            {
                0 => ("eq", "="),
                1 => ("neq", "<>"),
                2 => ("isdistinct", "is distinct from"),
                3 => ("lt", "<"),
                4 => ("lte", "<="),
                5 => ("gt", ">"),
                _ => ("gte", ">="),
            };
            return ($"{word2}.{Quote(one)}", $"v {op} '{Escape(one)}'::{type}");
        }
    }

    /// <summary>Values of numbers from 0.</summary>
    internal static string[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(number => number.ToString(CultureInfo.InvariantCulture))];

    static string Letters(string text) => string.Concat(text.TakeWhile(char.IsLetter));

    static string Escape(string text) => text.Replace("'", "''", StringComparison.Ordinal);

    static string Quote(string text)
        => text.Any(",()\"\\ ".Contains) ? $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"" : text;
}
