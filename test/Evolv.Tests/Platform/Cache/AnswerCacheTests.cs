using System.Collections.Immutable;
using System.Diagnostics;
using System.Text;
using Evolv.Platform.Cache;
using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Platform.Cache;

/// <summary>The cache by itself, over a real change stream: what it keeps, and when it lets go.</summary>
public sealed class AnswerCacheTests(EvolvCluster cluster)
{
    static readonly Caller Ada = Caller.User(Guid.NewGuid());

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_answer_is_read_once_until_its_topic_is_announced()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        var key = Key("kept", "a");
        await reads.ProveAsync();

        Assert.Equal("1", await reads.AskAsync(key));
        Assert.Equal("1", await reads.AskAsync(key));
        await AnnounceAsync(server, "b");
        await reads.SettleAsync();
        Assert.Equal("1", await reads.AskAsync(key));
        await AnnounceAsync(server, "a c");
        await reads.SettleAsync();
        Assert.Equal("2", await reads.AskAsync(key));
        Assert.Equal("2", await reads.AskAsync(key));
    }

    [Fact]
    public async Task An_operator_makes_everything_old_with_a_star()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        await reads.ProveAsync();
        Assert.Equal("1", await reads.AskAsync(Key("kept", "a")));

        await AnnounceAsync(server, "*");
        await reads.SettleAsync();

        Assert.Equal("2", await reads.AskAsync(Key("kept", "a")));
    }

    [Fact]
    public async Task Who_writes_on_one_server_reads_the_database_on_another()
    {
        await using var server = await StartAsync(cluster);
        await using var other = await EvolvServer.StartAsync(server.Database, ("Cache:Enabled", "true"));
        var reads = new Reads(other);
        await reads.ProveAsync();
        await Evolv.Tests.Rest.Eventually.IsTrueAsync(() => Task.FromResult(server.Services.GetRequiredService<Evolv.Platform.Nodes.NodeBus>().Peers.Count == 1));
        Assert.Equal("1", await reads.AskAsync(Key("kept", "a")));

        server.Services.GetRequiredService<OwnWrites>().Tell(Ada.UserId!.Value);
        await Evolv.Tests.Rest.Eventually.IsTrueAsync(async () => await reads.AskAsync(Key("kept", "a")) != "1");

        Assert.Equal("1", await reads.AskAsync(Key("kept", "a"), Caller.User(Guid.NewGuid())));
    }

    [Fact]
    public async Task A_change_that_is_rolled_back_makes_nothing_old()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        await reads.ProveAsync();
        await reads.AskAsync(Key("kept", "a"));

        await using (var owner = await server.Database.OpenOwnerAsync())
        await using (var transaction = await owner.BeginTransactionAsync(Token))
        {
            await using var command = new Npgsql.NpgsqlCommand("select evolv.announce('a')", owner, transaction);
            await command.ExecuteNonQueryAsync(Token);
            await transaction.RollbackAsync(Token);
        }

        await reads.SettleAsync();

        Assert.Equal("1", await reads.AskAsync(Key("kept", "a")));
    }

    [Fact]
    public async Task What_the_answer_itself_speaks_of_makes_it_old_too()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server) { Topics = ["post:1"] };
        await reads.ProveAsync();
        await reads.AskAsync(Key("kept", "a"));

        await AnnounceAsync(server, "post:1");
        await reads.SettleAsync();

        Assert.Equal("2", await reads.AskAsync(Key("kept", "a")));
        Assert.Equal("2", await reads.AskAsync(Key("kept", "a")));
    }

    [Fact]
    public async Task An_answer_that_was_overtaken_while_it_was_read_is_not_kept()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        await reads.ProveAsync();
        reads.Meanwhile = async () =>
        {
            await AnnounceAsync(server, "a");
            await reads.SettleAsync();
        };

        var first = await reads.AskAsync(Key("kept", "a"));
        reads.Meanwhile = null;

        Assert.Equal("1", first);
        Assert.Equal("2", await reads.AskAsync(Key("kept", "a")));
    }

    [Fact]
    public async Task A_hundred_who_ask_at_once_cost_one_read()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server) { Meanwhile = () => Task.Delay(50, Token) };
        await reads.ProveAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => reads.AskAsync(Key("kept", "a"))));

        Assert.All(answers, answer => Assert.Equal("1", answer));
        Assert.Equal(1, reads.Count);
    }

    [Fact]
    public async Task A_failure_is_everybodys_own_and_nothing_is_not_kept()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        await reads.ProveAsync();

        reads.Meanwhile = () => throw new InvalidOperationException("no");
        await Assert.ThrowsAsync<InvalidOperationException>(() => reads.AskAsync(Key("kept", "a")));
        reads.Meanwhile = null;
        reads.IsNothing = true;
        Assert.Null(await reads.AskAsync(Key("kept", "a")));
        reads.IsNothing = false;

        Assert.Equal("3", await reads.AskAsync(Key("kept", "a")));
    }

    [Fact]
    public async Task Nobody_gets_an_answer_from_the_cache_while_the_change_stream_says_nothing()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        await reads.ProveAsync();
        Assert.Equal("1", await reads.AskAsync(Key("kept", "a")));

        // It takes a while to come back, for the slot is gone.
        var slot = server.Services.GetRequiredService<Evolv.Platform.Changes.ChangeStream>().SlotName;
        await server.Database.ExecuteAsync($"select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where slot_name = '{slot}'; select pg_drop_replication_slot('{slot}')");
        await Task.Delay(1000, Token); // Longer than a proof holds.
        var meanwhile = await reads.AskAsync(Key("kept", "a"));
        await reads.ProveAsync();
        var afterwards = await reads.AskAsync(Key("kept", "a"));

        Assert.NotEqual("1", meanwhile);
        Assert.NotEqual("1", afterwards);
        Assert.Equal(afterwards, await reads.AskAsync(Key("kept", "a")));
    }

    [Fact]
    public async Task Who_writes_reads_the_database_until_the_stream_is_past_it()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        var writes = server.Services.GetRequiredService<OwnWrites>();
        await reads.ProveAsync();
        Assert.Equal("1", await reads.AskAsync(Key("kept", "a")));

        var writing = writes.Begin(Ada.UserId!.Value);
        Assert.Equal("2", await reads.AskAsync(Key("kept", "a")));
        writing.Dispose();
        Assert.Equal("3", await reads.AskAsync(Key("kept", "a")));
        var others = Caller.User(Guid.NewGuid());
        Assert.Equal("1", await reads.AskAsync(Key("kept", "a"), others));
        await reads.ProveAsync();

        Assert.Equal("1", await reads.AskAsync(Key("kept", "a")));
    }

    [Fact]
    public async Task The_installations_own_keys_read_the_database()
    {
        await using var server = await StartAsync(cluster);
        var reads = new Reads(server);
        await reads.ProveAsync();
        await reads.AskAsync(Key("kept", "a"));

        Assert.Equal("2", await reads.AskAsync(Key("kept", "a"), Caller.Service));
    }

    [Fact]
    public void Other_claims_of_the_same_person_are_another_key()
    {
        var key = Key("kept", "a");
        var other = Ada with { ClaimsJson = Ada.ClaimsJson.Replace("}", ""","aal":"aal2"}""", StringComparison.Ordinal) };

        Assert.NotEqual(key.For(Ada).Name, key.For(other).Name);
        Assert.NotEqual(key.For(Ada).Name, key.For(Ada with { Role = "anon" }).Name);
        Assert.Equal(key.For(Ada).Name, key.For(Ada with { }).Name);
    }

    static Task<EvolvServer> StartAsync(EvolvCluster cluster) => EvolvServer.StartAsync(cluster, ("Cache:Enabled", "true"));

    static CacheKey Key(string name, params ImmutableArray<string> topics) => new("test", name, TimeSpan.FromMinutes(1), topics);

    static Task AnnounceAsync(EvolvServer server, string topics)
        => server.Database.ExecuteAsync($"select evolv.announce(variadic string_to_array('{topics}', ' '))");

    /// <summary>Something that is read, and counts how often.</summary>
    sealed class Reads(EvolvServer server)
    {
        readonly AnswerCache _cache = server.Services.GetRequiredService<AnswerCache>();
        readonly Freshness _freshness = server.Services.GetRequiredService<Freshness>();
        int _count;

        internal int Count => _count;

        internal ImmutableArray<string> Topics { get; init; } = [];

        internal Func<Task>? Meanwhile { get; set; }

        internal bool IsNothing { get; set; }

        internal async Task<string?> AskAsync(CacheKey key, Caller? asker = null)
        {
            var json = await _cache.GetAsync(key, asker ?? Ada, async _ =>
            {
                var count = Interlocked.Increment(ref _count);
                if (Meanwhile is { } meanwhile)
                    await meanwhile();
                return new Answer(IsNothing ? null : Encoding.UTF8.GetBytes($"{count}"), Topics);
            }, Token);
            return json is null ? null : Encoding.UTF8.GetString(json);
        }

        /// <summary>Waits until answers may be taken from the cache for Ada.</summary>
        internal async Task ProveAsync()
        {
            var began = Stopwatch.GetTimestamp();
            while (!_freshness.IsProvenFor(Ada.UserId))
            {
                Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "no mark came back");
                await Task.Delay(10, Token);
            }
        }

        /// <summary>Waits until everything that is committed by now has been heard.</summary>
        internal async Task SettleAsync()
        {
            var end = await server.Database.ScalarAsync<NpgsqlTypes.NpgsqlLogSequenceNumber>("select pg_current_wal_insert_lsn()");
            var began = Stopwatch.GetTimestamp();
            while (_freshness.Position < (ulong)end)
            {
                Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(30), "the change stream does not get there");
                _freshness.IsProvenFor(null); // As long as somebody asks there are marks.
                await Task.Delay(10, Token);
            }
        }
    }
}
