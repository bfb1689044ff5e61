using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text;

namespace Evolv.Rest.Request;

/// <summary>What the query string asks for. A parameter that is given twice counts twice; so this is no dictionary.</summary>
/// <param name="Arguments">Parameters of a GET on a function whose values are no filters.</param>
/// <param name="Ranges">By the path of the embedded table; the top is the empty path.</param>
/// <param name="FilterNames">The names of all filter parameters, as they were given.</param>
sealed record QueryParameters(
    ImmutableArray<KeyValuePair<string, string>> Arguments,
    ImmutableArray<At<RowRange>> Ranges,
    ImmutableArray<At<ImmutableArray<OrderTerm>>> Orders,
    ImmutableArray<At<Logic>> Logic,
    ImmutableArray<string>? Columns,
    ImmutableArray<SelectItem> Select,
    ImmutableArray<At<Filter>> Filters,
    FrozenSet<string> FilterNames,
    ImmutableArray<string>? OnConflict)
{
    static readonly Parser<(ImmutableArray<string>, Field)> TreePath = input =>
    {
        var steps = new Steps();
        return steps.Take(input.SeparatedBy(Names.Name, Names.Delimiter), out var names) && steps.Take(Names.Path(input), out var path)
            ? steps.Done((names[..^1].ToImmutableArray(), new Field(names[^1], path)))
            : steps.Fail<(ImmutableArray<string>, Field)>();
    };

    static readonly Parser<List<string>> LogicPath = input => input.SeparatedBy(Names.Name, Names.Delimiter);

    static readonly Parser<List<string>> NameList = input => input.SeparatedBy(Names.Name, static rest => Names.Spaced(rest, ','));

    /// <summary>The decoded parameters, sorted by name: for <c>Content-Location</c>.</summary>
    internal required ImmutableArray<KeyValuePair<string, string?>> Parameters { get; init; }

    internal RowRange TopRange => Ranges.FirstOrDefault(range => range.Path.IsEmpty, new([], RowRange.All)).Value;

    /// <param name="raw">As it came, without the question mark.</param>
    /// <param name="takesArguments">Whether a value that is no filter is an argument of a function.</param>
    /// <exception cref="RestError">PGRST100</exception>
    internal static QueryParameters Parse(ReadOnlySpan<char> raw, bool takesArguments)
    {
        var parameters = Decode(raw);
        var given = parameters.Where(parameter => parameter.Value is not null)
            .Select(parameter => KeyValuePair.Create(parameter.Key, parameter.Value!)).ToArray();
        var orders = given.Where(parameter => LastWord(parameter.Key) is "order").Select(parameter
            => new At<ImmutableArray<OrderTerm>>(Path(parameter.Key).Path, OrderParser.Parse(parameter.Value))).ToImmutableArray();
        var logic = given.Where(parameter => LastWord(parameter.Key) is "and" or "or").Select(ParseLogic).ToImmutableArray();
        var columns = Find(given, "columns") is { } listed
            ? Grammar.Parse(NameList, listed, $"failed to parse columns parameter ({listed})").Distinct().Order(StringComparer.Ordinal).ToImmutableArray()
            : (ImmutableArray<string>?)null;
        var select = SelectParser.Parse(Find(given, "select") ?? "*");

        var filters = ImmutableArray.CreateBuilder<At<Filter>>();
        var arguments = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>();
        var names = new List<string>();
        foreach (var (name, value) in given)
        {
            if (!IsFilter(name))
                continue;
            names.Add(name);
            var (path, field) = Path(name);
            if (!takesArguments)
                filters.Add(new(path, FilterParser.Parse(field, value)));
            else if (FilterParser.ParseIfFilter(field, value) is { } filter)
                filters.Add(new(path, filter));
            else
                arguments.Add(new(field.Name, value));
        }

        var onConflict = Find(given, "on_conflict") is { } target
            ? [.. Grammar.Parse(NameList, target, $"failed to parse on_conflict parameter ({target})")]
            : (ImmutableArray<string>?)null;
        return new QueryParameters(
            arguments.DrainToImmutable(), ParseRanges(given), orders, logic, columns, select, filters.DrainToImmutable(),
            names.ToFrozenSet(StringComparer.Ordinal), onConflict)
        {
            Parameters = parameters,
        };
    }

    /// <summary>Decoded as forms are: <c>+</c> is a space. A parameter without <c>=</c> has no value.</summary>
    internal static ImmutableArray<KeyValuePair<string, string?>> Decode(ReadOnlySpan<char> raw)
    {
        var parameters = ImmutableArray.CreateBuilder<KeyValuePair<string, string?>>();
        foreach (var range in raw.Split('&'))
        {
            var part = raw[range];
            if (part.IsEmpty)
                continue;
            var equals = part.IndexOf('=');
            parameters.Add(equals < 0
                ? new(DecodeText(part), null)
                : new(DecodeText(part[..equals]), DecodeText(part[(equals + 1)..])));
        }

        return parameters.DrainToImmutable();
    }

    /// <summary>The parameters sorted by name and encoded again; values of one name become one, with commas.</summary>
    internal string ToCanonical()
    {
        var text = new StringBuilder();
        foreach (var group in Parameters.GroupBy(parameter => parameter.Key, StringComparer.Ordinal).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            if (text.Length > 0)
                text.Append('&');
            text.Append(Uri.EscapeDataString(group.Key)).Append('=')
                .AppendJoin(',', group.Select(parameter => Uri.EscapeDataString(parameter.Value ?? "")));
        }

        return text.ToString();
    }

    static string DecodeText(ReadOnlySpan<char> text)
        => text.ContainsAny('%', '+') ? Uri.UnescapeDataString(text.ToString().Replace('+', ' ')) : text.ToString();

    static (ImmutableArray<string> Path, Field Field) Path(string name)
        => Grammar.Parse(TreePath, name, $"failed to parse tree path ({name})");

    static At<Logic> ParseLogic(KeyValuePair<string, string> parameter)
    {
        var names = Grammar.Parse(LogicPath, parameter.Key, $"failed to parse logic path ({parameter.Key})");
        var prefix = names.Contains("not") ? "not." : "";
        return new([.. names[..^1].Where(name => name != "not")],
            FilterParser.ParseLogic(prefix + names[^1] + parameter.Value, parameter.Value));
    }

    // limit and offset of the same table belong together.
    static ImmutableArray<At<RowRange>> ParseRanges(KeyValuePair<string, string>[] given)
    {
        var limits = given.Where(parameter => LastWord(parameter.Key) is "limit").ToLookup(parameter => Owner(parameter.Key), parameter => parameter.Value);
        var offsets = given.Where(parameter => LastWord(parameter.Key) is "offset").ToLookup(parameter => Owner(parameter.Key), parameter => parameter.Value);
        return [.. limits.Select(group => group.Key).Union(offsets.Select(group => group.Key)).Select(owner => new At<RowRange>(
            owner.Length == 0 ? [] : Path($"{owner}.limit").Path,
            RowRange.FromParameters(limits[owner].LastOrDefault(), offsets[owner].LastOrDefault())))];
    }

    static bool IsFilter(string name)
        => name is not ("select" or "columns" or "on_conflict") &&
            LastWord(name) is not ("order" or "limit" or "offset" or "and" or "or");

    static ReadOnlySpan<char> LastWord(string name) => name.AsSpan(name.LastIndexOf('.') + 1);

    static string Owner(string name) => name.LastIndexOf('.') is var dot and >= 0 ? name[..dot] : "";

    static string? Find(KeyValuePair<string, string>[] given, string name)
    {
        foreach (var (key, value) in given)
        {
            if (key == name)
                return value;
        }

        return null;
    }
}
