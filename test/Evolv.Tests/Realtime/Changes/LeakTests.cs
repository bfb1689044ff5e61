using System.Buffers.Text;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using NpgsqlTypes;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>
/// Everything is told to exactly those who may see it. Fifty people with random subscriptions do random things, in rounds: the
/// writers rest, a marker comes through to everybody, and what was heard is compared with what PostgreSQL itself lets each of
/// them select at that moment. EVOLV_SEED chooses another run.
/// </summary>
public sealed class LeakTests(EvolvCluster cluster)
{
    const int People = 46;
    const int WithPassword = 6;
    const int AtLeastChanges = 10_000;
    const int DeedsInRound = 200;

    static readonly int Seed = int.TryParse(Environment.GetEnvironmentVariable("EVOLV_SEED"), out var given) ? given : 4;

    static readonly string[] Tables = ["posts", "feed_items", "comments", "user_follows", "guild_members", "user_badges", "user_levels"];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Change_is_told_to_exactly_those_who_may_select_the_row_then()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Realtime:HeartbeatTimeoutSeconds", "3600"));
        var random = new Random(Seed);
        await PrepareAsync(server.Database);
        var people = await SignUpAsync(server);
        var world = new LeakWorld(random, [.. people.Select(person => person.Caller)]);
        await FoundGuildsAsync(server.Database, world, people);
        using var stream = server.Services.GetRequiredService<ChangeStream>().Open("leak test", 1_000_000);
        await using var listeners = new Listeners();
        await OpenAsync(server, people, world, random, listeners.All);
        var oracle = await LeakOracle.StartAsync(server.Database, Tables);

        // What happened before all were listening does not count.
        await MarkAsync(server.Database, 0);
        await ReadUntilAsync(stream, 0);
        foreach (var listener in listeners.All)
            await listener.HearAsync(0);

        var (changes, deliveries, round) = (0, 0, 0);
        while (changes < AtLeastChanges)
        {
            round++;
            // In one transaction anything may happen, since all see its end. In many, only what changes nobody's rights.
            if (round % 3 > 0)
                await ActTogetherAsync(server.Database, [.. Enumerable.Range(0, DeedsInRound).Select(_ => world.Next())]);
            else
                await ActApartAsync(server.Database, [.. Enumerable.Range(0, DeedsInRound / 2).Select(_ => world.NextContent())]);
            await MarkAsync(server.Database, round);

            var happened = await ReadUntilAsync(stream, round);
            happened.ForEach(world.Learn);
            changes += happened.Count;
            var expected = await oracle.ExpectAsync(happened, listeners.All);
            foreach (var listener in listeners.All)
            {
                var heard = await listener.HearAsync(round);
                foreach (var (topic, entries, _) in listener.Channels)
                {
                    deliveries += heard[topic].Count;
                    if (!expected[topic].SequenceEqual(heard[topic]))
                        Assert.Fail(Explain(round, listener, topic, entries, expected[topic], heard[topic]));
                }
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}: {round} rounds, {changes} changes, {listeners.All.Count} sockets, {deliveries} deliveries");
        Assert.True(deliveries > changes * 2, $"only {deliveries} deliveries of {changes} changes");
    }

    static string Explain(int round, LeakListener listener, string topic, ImmutableArray<Entry> entries, List<string> expected, List<string> heard)
        => $"""
            seed {Seed}, round {round}, {listener.Name} ({listener.Caller.UserId}), {topic}
            entries: {string.Join("\n         ", entries.Select(entry => entry.ToJson()))}
            missed: {string.Join("\n        ", expected.Except(heard))}
            false:  {string.Join("\n        ", heard.Except(expected))}
            expected {expected.Count}, heard {heard.Count}, in another order if nothing stands above
            """;

    static Task MarkAsync(TestDatabase database, int round) => database.ExecuteAsync($"insert into public.{LeakListener.MarkerTable} values ({round})");

    static async Task PrepareAsync(TestDatabase database)
        => await database.ExecuteAsync(
            $$"""
            create table public.{{LeakListener.MarkerTable}} (id bigint primary key);
            grant select on public.{{LeakListener.MarkerTable}} to anon, authenticated, service_role;
            alter publication supabase_realtime add table public.{{LeakListener.MarkerTable}};
            -- Awards come when the worker comes to them, and may then find other rights than the deeds of the round did.
            alter table public.activity_events disable trigger activity_events_queue;
            create schema leak;
            create function leak.act(role text, claims text, deed text) returns void language plpgsql as $$
            begin
                perform set_config('role', role, true), set_config('request.jwt.claims', claims, true),
                    set_config('request.jwt.claim.sub', coalesce(claims::jsonb ->> 'sub', ''), true);
                execute deed;
                perform set_config('role', 'none', true);
            exception when insufficient_privilege or integrity_constraint_violation or raise_exception then
                null; -- undone, with the role
            end $$
            """);

    static async Task<List<(string Token, Caller Caller)>> SignUpAsync(EvolvServer server)
    {
        var people = new List<(string Token, Caller Caller)>();
        for (var number = 0; number < People; number++)
        {
            // Most are guests, whom no password costs time.
            var token = number < WithPassword ? (await server.SignUpAsync($"person{number}")).AccessToken : await server.TokenOfGuestAsync();
            var claims = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(token.Split('.')[1]));
            people.Add((token, new Caller("authenticated", claims, Guid.Parse((string)JsonNode.Parse(claims)!["sub"]!))));
        }

        await server.Database.ExecuteAsync("update public.user_settings set follow_approval = hashtext(user_id::text) % 2 = 0");
        return people;
    }

    static async Task FoundGuildsAsync(TestDatabase database, LeakWorld world, List<(string Token, Caller Caller)> people)
    {
        for (var number = 0; number < 6; number++)
        {
            var founder = people[number].Caller;
            var (slug, visibility) = ($"guild-{number}", number % 2 == 0 ? "public" : "private");
            await database.ExecuteAsync(founder, $"insert into public.guilds (slug, name, visibility) values ({slug}, {slug}, {visibility})");
            world.AddGuild(await database.ScalarAsync<Guid>($"select id from public.guilds where slug = '{slug}'"), founder);
        }
    }

    static async Task OpenAsync(
        EvolvServer server, List<(string Token, Caller Caller)> people, LeakWorld world, Random random, List<LeakListener> listeners)
    {
        foreach (var (number, (token, caller)) in people.Index())
            listeners.Add(await LeakListener.OpenAsync(server, $"person{number}", caller, token, null, RandomChannels(random, world, isAnonymous: false)));
        for (var number = 0; number < 2; number++)
        {
            listeners.Add(await LeakListener.OpenAsync(server, $"anon{number}", Caller.Anonymous, null, null, RandomChannels(random, world, isAnonymous: true)));
            listeners.Add(await LeakListener.OpenAsync(server, $"service{number}", Caller.Service, null, server.SecretKey, RandomChannels(random, world, isAnonymous: false)));
        }
    }

    static IEnumerable<ImmutableArray<Entry>> RandomChannels(Random random, LeakWorld world, bool isAnonymous)
        => [.. Enumerable.Range(0, random.Next(2, 4)).Select(_ => Enumerable.Range(0, random.Next(1, 5)).Select(_ => RandomEntry(random, world, isAnonymous)).ToImmutableArray())];

    static Entry RandomEntry(Random random, LeakWorld world, bool isAnonymous)
    {
        ChangeKind? kind = random.Next(2) == 0 ? null : (ChangeKind)random.Next(3);
        var wildcard = random.Next(24);
        if (wildcard < 2)
            return new Entry(kind, wildcard == 0 ? null : "public", null, []);
        // Who may see no column of a table cannot name one in a filter.
        var table = Tables.Where(table => !isAnonymous || table is not ("user_follows" or "guild_members")).ToArray() is var tables ? tables[random.Next(tables.Length)] : "";
        var filters = Enumerable.Range(0, Math.Max(0, random.Next(5) - 1) switch { 0 => 0, 3 => 2, _ => 1 })
            .Select(_ => RandomCondition(random, table, world)).DistinctBy(filter => filter.Text).ToImmutableArray();
        return new Entry(kind, "public", table, filters);
    }

    static RandomFilter RandomCondition(Random random, string table, LeakWorld world)
    {
        string[] nobody = [Guid.Empty.ToString(), "7fffffff-0000-0000-0000-000000000000"];
        (string Column, string Type, IReadOnlyList<string> Values)[] columns =
        [
            ("id", "uuid", nobody),
            .. table == "user_follows"
                ? [("follower_id", "uuid", world.PeopleIds), ("following_id", "uuid", world.PeopleIds), ("status", "text", ["pending", "accepted"])]
                : new (string, string, IReadOnlyList<string>)[] { ("user_id", "uuid", world.PeopleIds) },
            .. table switch
            {
                "posts" => new (string, string, IReadOnlyList<string>)[]
                {
                    ("visibility", "text", ["public", "followers", "private"]), ("content", "text", LeakWorld.Texts), ("guild_id", "uuid", world.Guilds),
                    ("likes_count", "int4", RandomFilter.Numbers(4)),
                },
                "feed_items" => [("visibility", "text", ["public", "followers", "private"]), ("activity_type", "text", ["post", "achievement"]), ("guild_id", "uuid", world.Guilds)],
                "comments" => [("content", "text", LeakWorld.Texts), ("likes_count", "int4", RandomFilter.Numbers(3)), ("parent_comment_id", "uuid", nobody)],
                "guild_members" => [("guild_id", "uuid", world.Guilds), ("role", "text", ["owner", "member"]), ("state", "text", ["active", "requested", "banned"])],
                "user_levels" => [("total_xp", "int8", RandomFilter.Numbers(300)), ("current_level", "int4", RandomFilter.Numbers(5))],
                _ => [],
            },
        ];
        var (column, type, values) = columns[random.Next(columns.Length)];
        return RandomFilter.Make(random, column, type, values);
    }

    static async Task ActTogetherAsync(TestDatabase database, IReadOnlyList<Deed> deeds)
    {
        await using var owner = await database.OpenOwnerAsync();
        await using var command = new NpgsqlCommand(
            "select leak.act(role, claims, deed) from unnest($1, $2, $3) with ordinality d (role, claims, deed, n) order by n", owner)
        {
            Parameters =
            {
                Texts(deeds.Select(deed => deed.Actor?.Role ?? "none")),
                Texts(deeds.Select(deed => deed.Actor?.ClaimsJson ?? "{}")),
                Texts(deeds.Select(deed => deed.Sql)),
            },
        };
        await command.ExecuteNonQueryAsync(Token);
    }

    static async Task ActApartAsync(TestDatabase database, IReadOnlyList<Deed> deeds)
        => await Parallel.ForEachAsync(deeds, new ParallelOptions { MaxDegreeOfParallelism = 3, CancellationToken = Token }, async (deed, _) =>
        {
            try
            {
                if (deed.Actor is null)
                    await database.ExecuteAsync(deed.Sql);
                else
                    await database.ExecuteAsync(deed.Actor, ActingAs.Raw(deed.Sql));
            }
            catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InsufficientPrivilege or ['2', '3', ..])
            {
                // They may not; nothing has happened.
            }
        });

    static async Task<List<Change>> ReadUntilAsync(ChangeReader stream, int marker)
    {
        var changes = new List<Change>();
        while (true)
        {
            if (await stream.Events.ReadAsync(Token) is not ChangeEvent.Committed committed)
                continue;
            foreach (var change in committed.Changes)
            {
                if (change.Table.Name != LeakListener.MarkerTable)
                {
                    if (change.Table.Schema == "public") // The stream knows realtime.messages, too, but those are not published.
                        changes.Add(change);
                }
                else if (change.NewAt(0).Text == marker.ToString(null, null))
                {
                    return changes;
                }
            }
        }
    }

    static NpgsqlParameter Texts(IEnumerable<string> texts) => new() { Value = texts.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    /// <summary>All who listen, closed together.</summary>
    sealed class Listeners : IAsyncDisposable
    {
        internal List<LeakListener> All { get; } = [];

        public async ValueTask DisposeAsync()
        {
            foreach (var listener in All)
                await listener.DisposeAsync();
        }
    }
}
