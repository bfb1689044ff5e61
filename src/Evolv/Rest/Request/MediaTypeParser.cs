using System.Collections.Immutable;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Evolv.Rest.Request;

/// <summary>Reads media types of <c>Accept</c>, <c>Content-Type</c> and of domains, as leniently as PostgREST does.</summary>
static partial class MediaTypeParser
{
    static readonly string[] PlanOptions = ["analyze", "verbose", "settings", "buffers", "wal"];

    /// <summary>What cannot be read is a type of its own, with its text as it came.</summary>
    internal static MediaType Parse(string text)
    {
        if (text is "*/*") // What nearly all clients send.
            return MediaType.Any;
        var match = Type().Match(text);
        if (!match.Success)
            return new MediaType.Other(text);

        return match.Groups["type"].Value.ToLowerInvariant() switch
        {
            "application/json" => MediaType.Json,
            "application/geo+json" => MediaType.GeoJson,
            "text/csv" => MediaType.Csv,
            "text/plain" => MediaType.PlainText,
            "text/xml" => MediaType.Xml,
            "application/openapi+json" => MediaType.OpenApi,
            "application/x-www-form-urlencoded" => MediaType.UrlEncoded,
            "application/octet-stream" => MediaType.OctetStream,
            "*/*" => MediaType.Any,
            "application/vnd.pgrst.object+json" or "application/vnd.pgrst.object" => new MediaType.Singular(StripsNulls(match)),
            "application/vnd.pgrst.array+json" or "application/vnd.pgrst.array"
                => StripsNulls(match) ? new MediaType.ArrayStripped() : MediaType.Json,
            "application/vnd.pgrst.plan" or "application/vnd.pgrst.plan+text" => Plan(match, isJson: false),
            "application/vnd.pgrst.plan+json" => Plan(match, isJson: true),
            _ => new MediaType.Other(text),
        };
    }

    /// <summary>
    /// The types that a client accepts, the best first: by quality, then by how specific they are (more parameters, fewer
    /// stars), then as they came. What stands behind <c>;q=</c> is no part of the type.
    /// </summary>
    internal static ImmutableArray<MediaType> ParseAccept(string header)
    {
        if (header.Length == 0)
            return [];
        if (!header.Contains(',', StringComparison.Ordinal))
            return [Parse(Weigh(header.Replace(" ", "", StringComparison.Ordinal)).Text)];
        return
        [
            .. header.Replace(" ", "", StringComparison.Ordinal).Split(',')
                .Select(Weigh)
                .OrderByDescending(accepted => accepted.Quality)
                .ThenByDescending(accepted => accepted.Text.Count(';') - accepted.Text.Count('*'))
                .Select(accepted => Parse(accepted.Text)),
        ];
    }

    static (string Text, double Quality) Weigh(string accepted)
    {
        var at = accepted.IndexOf(";q=", StringComparison.Ordinal);
        if (at < 0)
            return (accepted, 1);
        var number = Number().Match(accepted, at + 3);
        var quality = number.Success ? double.Parse(number.ValueSpan, CultureInfo.InvariantCulture) : 1;
        return (accepted[..at], quality);
    }

    static MediaType.Plan Plan(Match match, bool isJson)
    {
        var asked = Parameter(match, "options")?.Split('|') ?? [];
        return new MediaType.Plan(
            Parse(Parameter(match, "for") ?? "application/json"), isJson, string.Join('|', PlanOptions.Where(asked.Contains)));
    }

    static bool StripsNulls(Match match) => Parameter(match, "nulls") == "stripped";

    // Names in any case; of a name that comes twice the last one holds.
    static string? Parameter(Match match, string name)
    {
        var (keys, values) = (match.Groups["key"].Captures, match.Groups["value"].Captures);
        for (var i = keys.Count - 1; i >= 0; i--)
        {
            if (string.Equals(keys[i].Value, name, StringComparison.OrdinalIgnoreCase))
                return values[i].Value;
        }

        return null;
    }

    // Reading ends, without an error, where something follows that is no parameter.
    [GeneratedRegex("""
        ^(?<type>[\p{L}\p{N}.*]+/[\p{L}\p{N}.*+-]+)
        (?>\s*;\s*(?<key>[\p{L}\p{N}-]+)\s*=\s*(?:"(?<value>[^"]*)"|(?<value>[\p{L}\p{N}|-]+)))*
        """, RegexOptions.CultureInvariant | RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Type();

    [GeneratedRegex(@"\G\s*-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")]
    private static partial Regex Number();
}
