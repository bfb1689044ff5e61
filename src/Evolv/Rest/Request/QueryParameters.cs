using System.Buffers;
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
    ImmutableArray<string> FilterNames,
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

    // What has no other character is a column of the table itself.
    static readonly SearchValues<char> PlainNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    static readonly SearchValues<char> Separators = SearchValues.Create("&;");

    static readonly ImmutableArray<SelectItem> Everything = SelectParser.Parse("*");

    static readonly QueryParameters Nothing = new([], [], [], [], null, Everything, [], [], null) { Parameters = [] };

    /// <summary>The decoded parameters as they came: for <c>Content-Location</c>.</summary>
    internal required ImmutableArray<KeyValuePair<string, string?>> Parameters { get; init; }

    internal RowRange TopRange => Ranges.FirstOrDefault(range => range.Path.IsEmpty, new([], RowRange.All)).Value;

    /// <param name="raw">As it came, without the question mark.</param>
    /// <param name="takesArguments">Whether a value that is no filter is an argument of a function.</param>
    /// <exception cref="RestError">PGRST100</exception>
    internal static QueryParameters Parse(ReadOnlySpan<char> raw, bool takesArguments)
    {
        var parameters = Decode(raw);
        if (parameters.IsEmpty)
            return Nothing;
        // In PostgREST's order, which decides what of two mistakes is told. Most lists stay empty or have one item; builders would
        // begin with eight.
        var orders = ImmutableArray.CreateBuilder<At<ImmutableArray<OrderTerm>>>(0);
        foreach (var (name, value) in parameters)
        {
            if (value is not null && LastWord(name) is "order")
                orders.Add(new(Path(name).Path, OrderParser.Parse(value)));
        }

        var logic = ImmutableArray.CreateBuilder<At<Logic>>(0);
        foreach (var (name, value) in parameters)
        {
            if (value is not null && LastWord(name) is "and" or "or")
                logic.Add(ParseLogic(name, value));
        }

        var columns = Find(parameters, "columns") is { } listed
            ? Grammar.Parse(NameList, listed, "columns parameter").Distinct().Order(StringComparer.Ordinal).ToImmutableArray()
            : (ImmutableArray<string>?)null;
        var select = Find(parameters, "select") is { } selected ? SelectParser.Parse(selected) : Everything;

        var filters = ImmutableArray.CreateBuilder<At<Filter>>(0);
        var filterNames = ImmutableArray.CreateBuilder<string>(0);
        var arguments = ImmutableArray.CreateBuilder<KeyValuePair<string, string>>(0);
        foreach (var (name, value) in parameters)
        {
            if (value is null || !IsFilter(name))
                continue;
            filterNames.Add(name);
            var (path, field) = Path(name);
            if (!takesArguments)
                filters.Add(new(path, FilterParser.Parse(field, value)));
            else if (FilterParser.ParseIfFilter(field, value) is { } filter)
                filters.Add(new(path, filter));
            else
                arguments.Add(new(field.Name, value));
        }

        var onConflict = Find(parameters, "on_conflict") is { } target
            ? [.. Grammar.Parse(NameList, target, "on_conflict parameter")]
            : (ImmutableArray<string>?)null;
        return new QueryParameters(
            arguments.DrainToImmutable(), ParseRanges(parameters), orders.DrainToImmutable(), logic.DrainToImmutable(), columns, select,
            filters.DrainToImmutable(), filterNames.DrainToImmutable(), onConflict)
        {
            Parameters = parameters,
        };
    }

    /// <summary>
    /// Decoded as forms are: <c>+</c> is a space, <c>;</c> separates as <c>&amp;</c> does. A parameter without <c>=</c> has no value.
    /// </summary>
    internal static ImmutableArray<KeyValuePair<string, string?>> Decode(ReadOnlySpan<char> raw)
    {
        var parameters = ImmutableArray.CreateBuilder<KeyValuePair<string, string?>>(0);
        foreach (var range in raw.SplitAny(Separators))
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
        var text = new StringBuilder(128);
        string? last = null;
        foreach (var (name, value) in Parameters.OrderBy(parameter => parameter.Key, StringComparer.Ordinal))
        {
            if (name == last)
                text.Append(',');
            else
                text.Append(last is null ? "" : "&").Append(Uri.EscapeDataString(name)).Append('=');
            text.Append(Uri.EscapeDataString(value ?? ""));
            last = name;
        }

        return text.ToString();
    }

    static string DecodeText(ReadOnlySpan<char> text)
        => text.ContainsAny('%', '+') ? Uri.UnescapeDataString(text.ToString().Replace('+', ' ')) : text.ToString();

    static (ImmutableArray<string> Path, Field Field) Path(string name)
        => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(PlainNameCharacters)
            ? ([], new Field(name, []))
            : Grammar.Parse(TreePath, name, "tree path");

    static At<Logic> ParseLogic(string name, string value)
    {
        var names = Grammar.Parse(LogicPath, name, "logic path");
        var prefix = names.Contains("not") ? "not." : "";
        return new([.. names[..^1].Where(part => part != "not")], FilterParser.ParseLogic(prefix + names[^1] + value, value));
    }

    // limit and offset of the same table belong together; of two that say the same, the last counts.
    static ImmutableArray<At<RowRange>> ParseRanges(ImmutableArray<KeyValuePair<string, string?>> parameters)
    {
        Dictionary<string, (string? Limit, string? Offset)>? given = null;
        foreach (var (name, value) in parameters)
        {
            var word = LastWord(name);
            if (value is null || word is not ("limit" or "offset"))
                continue;
            given ??= [];
            var owner = name.Length == word.Length ? "" : name[..(name.Length - word.Length - 1)];
            var (limit, offset) = given.GetValueOrDefault(owner);
            given[owner] = word is "limit" ? (value, offset) : (limit, value);
        }

        return given is null
            ? []
            : [.. given.Select(range => new At<RowRange>(
                range.Key.Length == 0 ? [] : Path($"{range.Key}.limit").Path,
                RowRange.FromParameters(range.Value.Limit, range.Value.Offset)))];
    }

    static bool IsFilter(string name)
        => name is not ("select" or "columns" or "on_conflict") &&
            LastWord(name) is not ("order" or "limit" or "offset" or "and" or "or");

    static ReadOnlySpan<char> LastWord(string name) => name.AsSpan(name.LastIndexOf('.') + 1);

    static string? Find(ImmutableArray<KeyValuePair<string, string?>> parameters, string name)
    {
        foreach (var (key, value) in parameters)
        {
            if (key == name && value is not null)
                return value;
        }

        return null;
    }
}
