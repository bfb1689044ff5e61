using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Evolv.Platform;
using Evolv.Platform.Cli;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Features.Growth;

/// <summary>xp verify, recompute and void: whether awards are what the events say, and how to make them so.</summary>
static class XpCommand
{
    const int Page = 500; // People who are looked up at once.

    internal static Command Create(ServerBuilder build)
    {
        var person = new Option<string?>("--user") { Description = "Only this person: an e-mail address or an id" };
        var transaction = new Argument<Guid>("transaction") { Description = "Id of the entry in xp_transactions" };
        var reason = new Option<string>("--reason") { Description = "Why; the person reads it", Required = true };

        var verify = new Command("verify", "Replay everybody's events from nothing and compare; ends with code 1 when something differs.\nExample: ./evolv xp verify --user ada@example.com")
        {
            person, EvolvCommand.Data,
        };
        verify.SetAction((parsed, token) => RunAsync(
            build, parsed.GetValue(EvolvCommand.Data), (database, access) => VerifyAsync(database, access, parsed.GetValue(person), token), token));

        var recompute = new Command("recompute", "Bring awards to what the events say; the ledger is corrected by new entries.\nExample: ./evolv xp recompute")
        {
            person, EvolvCommand.Data,
        };
        recompute.SetAction((parsed, token) => RunAsync(
            build, parsed.GetValue(EvolvCommand.Data), (database, access) => RecomputeAsync(database, access, parsed.GetValue(person), token), token));

        var voiding = new Command("void", "Take one award back by an entry against it.\nExample: ./evolv xp void 6f1c… --reason \"the quiz was wrong\"")
        {
            transaction, reason, EvolvCommand.Data,
        };
        voiding.SetAction((parsed, token) => RunAsync(
            build, parsed.GetValue(EvolvCommand.Data),
            (database, _) => VoidAsync(database, parsed.GetValue(transaction), parsed.GetValue(reason)!, token), token));

        return new Command("xp", "Check and correct XP.\nExample: ./evolv xp verify") { verify, recompute, voiding };
    }

    static async Task<int> RunAsync(
        ServerBuilder build, string? data, Func<Database, OwnerAccess, Task<int>> run, CancellationToken cancellationToken)
    {
        var app = build(EvolvCommand.Settings((nameof(ServerOptions.Data), data)));
        await using var access = await OwnerAccess.OpenAsync(app, cancellationToken);
        // Not the app's own: a running Evolv may hold the PostgreSQL that was found.
        await using var source = NpgsqlDataSource.Create(access.ConnectionStrings.Pool);
        return await run(new Database(source), access);
    }

    static async Task<int> VerifyAsync(Database database, OwnerAccess access, string? person, CancellationToken cancellationToken)
    {
        var (people, wrong) = (0, 0);
        await foreach (var id in PeopleAsync(database, access, person, cancellationToken))
        {
            var difference = await database.QuerySingleAsync(
                Caller.Service, $"select evolv.verify_xp({id})::text", row => row.GetText(0), cancellationToken);
            if (difference is not null)
            {
                wrong++;
                Console.WriteLine($"{id} differs in {string.Join(", ", Names(difference))}");
                if (person is not null)
                    Console.WriteLine(difference);
            }

            await SayAsync(++people);
        }

        Console.WriteLine(wrong == 0
            ? $"{people} people have what their events say."
            : $"{wrong} of {people} people do not have what their events say; ./evolv xp recompute corrects them.");
        return wrong == 0 ? 0 : 1;
    }

    static async Task<int> RecomputeAsync(Database database, OwnerAccess access, string? person, CancellationToken cancellationToken)
    {
        var (people, changed) = (0, 0);
        await foreach (var id in PeopleAsync(database, access, person, cancellationToken))
        {
            if (await database.QuerySingleAsync(
                Caller.Service, $"select evolv.recompute_xp({id})", row => row.GetBoolean(0), cancellationToken))
            {
                changed++;
                Console.WriteLine($"{id} corrected");
            }

            await SayAsync(++people);
        }

        Console.WriteLine($"{changed} of {people} people corrected.");
        return 0;
    }

    static async Task<int> VoidAsync(Database database, Guid transaction, string reason, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await database.QuerySingleAsync(
                Caller.Service, $"select evolv.void_xp({transaction}, {reason})::text", row => row.GetString(0), cancellationToken);
            Console.WriteLine(answer);
            return 0;
        }
        catch (PostgresException exception) when (PgErrors.From(exception) is { Status: < 500 } error)
        {
            throw new SetupException(error.Message);
        }
    }

    static async IAsyncEnumerable<Guid> PeopleAsync(
        Database database, OwnerAccess access, string? person, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (person is not null)
        {
            yield return Guid.TryParse(person, out var id) ? id : (await access.FindPersonAsync(person, cancellationToken)).UserId!.Value;
            yield break;
        }

        for (var last = Guid.Empty; ;)
        {
            var page = await database.QueryAsync(
                Caller.Service,
                $"select user_id from public.user_levels where user_id > {last} order by user_id limit {Page}",
                static async (reader, token) =>
                {
                    var ids = new List<Guid>();
                    while (await reader.ReadAsync(token))
                        ids.Add(reader.GetGuid(0));
                    return ids;
                },
                cancellationToken);
            foreach (var id in page)
                yield return last = id;
            if (page.Count < Page)
                yield break;
        }
    }

    static IEnumerable<string> Names(string difference)
    {
        using var json = JsonDocument.Parse(difference);
        return [.. json.RootElement.EnumerateObject().Select(part => part.Name)];
    }

    static Task SayAsync(int people)
        => people % Page == 0
            ? Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{people} people …"))
            : Task.CompletedTask;
}
