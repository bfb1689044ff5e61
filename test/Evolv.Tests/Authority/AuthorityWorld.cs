using System.Runtime.CompilerServices;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Authority;

/// <summary>The world of <c>world.sql</c>, shared by tests that roll back all they try.</summary>
public sealed class AuthorityWorld(EvolvCluster cluster) : IAsyncLifetime
{
    TestDatabase? _database;

    internal TestDatabase Database => _database!;

    /// <summary>The actors in the order of the matrix, each with the person in whose name they write.</summary>
    internal IReadOnlyList<(string Name, string Me, Caller Caller)> Actors { get; private set; } = [];

    internal IReadOnlyDictionary<string, Attempt> Attempts { get; private set; } = new Dictionary<string, Attempt>();

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _database = await cluster.CreateDatabaseAsync();
        await Database.ExecuteAsync(await File.ReadAllTextAsync(PathOf("world.sql"), Token));
        Actors =
        [
            ("anon", "owner", Caller.Anonymous),
            ("user", "owner", await UserAsync("owner")),
            ("other", "other", await UserAsync("other")),
            ("teacher", "teacher", await UserAsync("teacher")),
            ("admin", "admin", await UserAsync("admin")),
            ("service", "somebody", Caller.Service),
        ];

        await using var session = await Database.Database.BeginAsync(Caller.Service, Token);
        var attempts = await session.QueryListAsync(
            $"select name, mine, entry, change, coalesce(entry_for, entry) from world.attempts",
            row => new Attempt(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.GetString(4)), Token);
        Attempts = attempts.ToDictionary(attempt => attempt.Table);
    }

    internal async Task<Caller> UserAsync(string name)
        => Caller.User(await Database.ScalarAsync<Guid>($"select world.id('{name}')"));

    /// <summary>What came of a statement that is rolled back: rows, or the refusal.</summary>
    internal async Task<(int Rows, PostgresException? Refusal)> TryAsync(Caller caller, string statement)
    {
        await using var session = await Database.Database.BeginAsync(caller, Token);
        try
        {
            return statement.StartsWith("select", StringComparison.Ordinal)
                ? (await session.QueryListAsync(ActingAs.Raw(statement), _ => 0, Token) is { Count: var count } ? count : 0, null)
                : (await session.ExecuteAsync(ActingAs.Raw(statement), Token), null);
        }
        catch (PostgresException refusal)
        {
            return (0, refusal);
        }
    }

    /// <summary>A file beside this one: what people edit is what the test reads and, asked to, writes.</summary>
    internal static string PathOf(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, file);

    public async ValueTask DisposeAsync()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }
}

/// <summary>How to read and write a table; <c>world.attempts</c> says what the parts are.</summary>
sealed record Attempt(string Table, string Mine, string Entry, string Change, string EntryFor)
{
    const string Somebody = "somebody";

    /// <summary>Whether a row of this table is somebody's.</summary>
    internal bool IsPersonal => EntryFor.Contains('{', StringComparison.Ordinal);

    internal string Select => $"select from public.{Table} where {Mine}";

    internal string Update => $"update public.{Table} set {Change} where {Mine}";

    internal string Delete => $"delete from public.{Table} where {Mine}";

    /// <summary>Nobody is the service: it always writes for somebody.</summary>
    internal string Insert(string me) => me == Somebody ? InsertForSomebody : $"insert into public.{Table} {Named(Entry, me)}";

    internal string InsertForSomebody => $"insert into public.{Table} {Named(EntryFor, Somebody)}";

    /// <summary>The valid row with one more column, at its default: permission is a matter of the column, not of the value.</summary>
    internal string InsertWith(string column, string me)
    {
        var entry = Named(Entry, me);
        var columnsEnd = entry.IndexOf(')', StringComparison.Ordinal);
        return entry[1..columnsEnd].Split(", ").Contains(column)
            ? $"insert into public.{Table} {entry}"
            : $"insert into public.{Table} {entry[..columnsEnd]}, {column}{entry[columnsEnd..^1]}, default)";
    }

    internal string UpdateOf(string column)
        => $"update public.{Table} set {(Change.StartsWith(column + " =", StringComparison.Ordinal) ? Change : $"{column} = {column}")} where {Mine}";

    static string Named(string entry, string me)
        => entry.Replace("{me}", $"world.id('{me}')", StringComparison.Ordinal).Replace("{name}", $"'{me}'", StringComparison.Ordinal);
}
