using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Realtime.Channels;
using Evolv.Realtime.Socket;
using Npgsql;

namespace Evolv.Realtime.Changes;

/// <summary>A subscription that cannot be; <see cref="Exception.Message"/> is for the client.</summary>
sealed class BadSubscriptionException(string message) : Exception(message);

/// <summary>Makes bindings of the <c>postgres_changes</c> of a join: reads them, and asks the catalog whether they make sense.</summary>
sealed class BindingReader(PublishedTables tables, Database database)
{
    const int MostBindings = 100;
    const int LongestMilliseconds = 1000;

    /// <summary>The number by which an entry is known: the same for the same entry, never 0, and another for another one of the channel.</summary>
    internal static ImmutableArray<int> NumberEntries(JsonElement entries)
    {
        var numbers = ImmutableArray.CreateBuilder<int>();
        var taken = new Dictionary<int, string>();
        foreach (var entry in Entries(entries))
        {
            var key = string.Join('\u0001', Word(entry, "event"), Word(entry, "schema"), Word(entry, "table"), Word(entry, "filter"), entry.Property("select").ValueKind == JsonValueKind.Undefined ? "" : entry.Property("select").GetRawText());
            var number = (int)(Hash(key) & 0x3FFF_FFFF) | 1;
            while (taken.TryGetValue(number, out var other) && other != key)
                number = (number + 2) & 0x3FFF_FFFF;
            taken[number] = key;
            numbers.Add(number);
        }

        return numbers.DrainToImmutable();
    }

    /// <exception cref="BadSubscriptionException">The first entry that cannot be.</exception>
    internal async Task<ImmutableArray<ChangeBinding>> ReadAsync(
        Channel channel, Caller caller, JsonElement entries, ImmutableArray<int> numbers, CancellationToken cancellationToken)
    {
        if (numbers.Length > MostBindings)
            throw new BadSubscriptionException($"A channel has at most {MostBindings} entries in postgres_changes");
        var bindings = ImmutableArray.CreateBuilder<ChangeBinding>();
        foreach (var (entry, number) in Entries(entries).Zip(numbers))
        {
            if (entry.ValueKind != JsonValueKind.Object || bindings.Any(binding => binding.Id == number))
                continue; // Nothing, or the same entry again.
            bindings.Add(await ReadAsync(channel, caller, entry, number, cancellationToken));
        }

        return bindings.DrainToImmutable();
    }

    async Task<ChangeBinding> ReadAsync(Channel channel, Caller caller, JsonElement entry, int number, CancellationToken cancellationToken)
    {
        var schema = Word(entry, "schema") is { Length: > 0 } givenSchema ? givenSchema : "public";
        var table = Word(entry, "table") is { Length: > 0 } givenTable ? givenTable : ChangeBinding.Any;
        var (kind, filterText) = (Kind(entry), Word(entry, "filter"));
        var texts = ReadFilters(filterText);
        var described = $"[event: {Word(entry, "event")}, schema: {schema}, table: {table}, filters: [{string.Join(", ", texts)}], select: {Described(entry)}]";
        if (schema == ChangeBinding.Any || table == ChangeBinding.Any)
        {
            if (texts.Count > 0)
                throw Wrong(described, "a filter needs a table");
            if (!await tables.HasAnyAsync(caller.Role, schema == ChangeBinding.Any ? null : schema, cancellationToken))
                throw NotPublished(described);
            return new ChangeBinding(channel, number, kind, schema, table, [], default);
        }

        var published = await tables.FindAsync(caller.Role, schema, table, cancellationToken) ?? throw NotPublished(described);
        try
        {
            var filters = ImmutableArray.CreateBuilder<ChangeFilter>();
            foreach (var text in texts)
                filters.Add(await CheckAsync(caller, ChangeFilter.On(published, text), cancellationToken));
            return new ChangeBinding(channel, number, kind, published.Schema, published.Name, filters.DrainToImmutable(), Select(entry, published));
        }
        catch (FormatException exception)
        {
            throw Wrong(described, $"ERROR P0001 (raise_exception) {exception.Message}");
        }
        catch (PostgresException exception) when (!PgErrors.IsUnavailable(exception))
        {
            throw Wrong(described, $"ERROR {exception.SqlState} {exception.MessageText}");
        }
    }

    static BadSubscriptionException NotPublished(string described) => new(
        $"Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given connect parameters: {described}");

    static BadSubscriptionException Wrong(string described, string why) => new(
        $"Unable to subscribe to changes with given parameters. An exception happened so please check your connect parameters: {described}. Exception: {why}");

    static string Described(JsonElement entry) => entry.Property("select") is { ValueKind: JsonValueKind.Array } select ? select.GetRawText() : "nil";

    static List<FilterText> ReadFilters(string text)
    {
        try
        {
            return text.Length == 0 ? [] : FilterTextParser.Parse(text);
        }
        catch (FormatException exception)
        {
            throw new BadSubscriptionException($"Error parsing `filter` params: [\"{text}\"] ({exception.Message})");
        }
    }

    static ImmutableArray<string> Select(JsonElement entry, PublishedTable table)
    {
        var select = entry.Property("select");
        if (select.ValueKind != JsonValueKind.Array)
            return default;
        var columns = select.EnumerateArray().Select(column => column.Text ?? "").ToImmutableArray();
        foreach (var column in columns)
        {
            if (table.Columns.GetValueOrDefault(column) is not { IsSelectable: true })
                throw new FormatException($"invalid column for select {column}");
        }

        return columns;
    }

    /// <summary>The values in their one text where the type has one, and proof for the others that PostgreSQL takes them.</summary>
    async Task<ChangeFilter> CheckAsync(Caller caller, ChangeFilter filter, CancellationToken cancellationToken)
        => filter with { Text = filter.Text with { Values = KnownText(filter) ?? await AskAsync(caller, filter, cancellationToken) } };

    // The usual types need no question to PostgreSQL.
    static ImmutableArray<string>? KnownText(ChangeFilter filter)
    {
        var (text, column) = (filter.Text, filter.Column);
        if (text.Operator == FilterOperator.Is && text.Values[0] == "null")
            return text.Values;
        if (!filter.ComparesValues)
            return null;
        switch (column.BaseType)
        {
            case "text" or "varchar" when column.IsDeterministic && text.Operator is FilterOperator.Eq or FilterOperator.Neq or FilterOperator.In:
                return text.Values;
            case "uuid" when text.Values.All(value => Guid.TryParseExact(value, "D", out _)):
                return [.. text.Values.Select(value => value.ToLowerInvariant())];
            case "int4" when text.Values.All(value => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _)):
                return [.. text.Values.Select(value => int.Parse(value, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture))];
            default:
                return null;
        }
    }

    // Tries the condition itself, which tells whether the type has such an operator and whether a pattern compiles.
    async Task<ImmutableArray<string>> AskAsync(Caller caller, ChangeFilter filter, CancellationToken cancellationToken)
    {
        await database.AskEachAsync(
            [(caller, FilterQuestions.Command(filter, null))], LongestMilliseconds, (_, _) => Task.CompletedTask, cancellationToken);
        if (filter.Text.Operator is FilterOperator.Match or FilterOperator.Imatch)
            await database.AskEachAsync(
                [(caller, Compiles(filter.Text.Values[0]))], LongestMilliseconds, (_, _) => Task.CompletedTask, cancellationToken);
        if (!filter.Column.HasOneText || !filter.ComparesValues)
            return filter.Text.Values;
        var texts = ImmutableArray.CreateBuilder<string>();
        await database.AskEachAsync(
            [.. filter.Text.Values.Select(value => (caller, OneText(filter.Column, value)))], LongestMilliseconds,
            async (reader, token) =>
            {
                await reader.ReadAsync(token);
                texts.Add(reader.GetString(0));
            }, cancellationToken);
        return texts.DrainToImmutable();
    }

    // Nothing is matched with null, so a pattern is not even compiled for it.
    static NpgsqlBatchCommand Compiles(string pattern) => new("select '' ~ $1::text")
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = pattern } },
    };

    // As the log writes it: a cast to text would make true of t.
    static NpgsqlBatchCommand OneText(PublishedColumn column, string value) => new($"select format('%s', $1::text::{column.SqlType})")
    {
        Parameters = { new NpgsqlParameter<string> { TypedValue = value } },
    };

    static JsonElement.ArrayEnumerator Entries(JsonElement entries)
        => entries.ValueKind == JsonValueKind.Array ? entries.EnumerateArray() : default;

    static string Word(JsonElement entry, string name) => entry.Property(name).Text ?? "";

    static ChangeKind? Kind(JsonElement entry) => Word(entry, "event").ToUpperInvariant() switch
    {
        "INSERT" => ChangeKind.Insert,
        "UPDATE" => ChangeKind.Update,
        "DELETE" => ChangeKind.Delete,
        "*" => null,
        var other => throw new BadSubscriptionException($"event is INSERT, UPDATE, DELETE or *, not \"{other}\""),
    };

    // FNV-1a: the same on every server and after every start.
    static uint Hash(string text)
    {
        var hash = 2166136261;
        foreach (var value in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ value) * 16777619;
        return hash;
    }
}
