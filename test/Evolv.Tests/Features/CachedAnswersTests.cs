using System.Globalization;
using System.Text.Json;
using Evolv.Platform.Cache;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Features;

/// <summary>
/// A random stream of reads and writes by fifty people, on servers that cache and on one that does not, answers the same: at once for
/// who wrote, within a second for everybody else, and never with what somebody else alone may see.
/// </summary>
public sealed class CachedAnswersTests(EvolvCluster cluster)
{
    const int People = 50;
    const int Workers = 8; // Each has people of its own, so a person's own writes are one after the other.
    const int Rounds = 2;
    const int DeedsInRound = 25;

    // -1 is a post by the other. A follow stands before its end, and a post before it is liked.
    static readonly int[] Kinds = [-1, 3, 6, 10, 8, 0, 5, 11, 12, 13, 9];

    static readonly string[] Visibilities = ["public", "public", "followers", "private"];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Cached_answers_are_those_of_the_database()
    {
        await using var world = await CachedWorld.StartAsync(cluster, People);
        var seed = Random.Shared.Next();
        var hits = 0L;

        for (var round = 0; round < Rounds; round++)
        {
            var number = round;
            await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => LiveAsync(world, worker, new Random(HashCode.Combine(seed, number, worker)))));
            await world.SettleAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), Token); // The bound itself.
            hits += await CompareAsync(world, world.People, seed);
        }

        // One deed at a time, while nothing else makes answers old that its own announcement should have.
        await world.Database.ExecuteAsync("delete from user_blocks");
        await world.SettleAsync();
        await Task.Delay(TimeSpan.FromSeconds(1), Token);
        var deeds = new Random(seed);
        foreach (var kind in Kinds)
        {
            var (me, other) = (world.People[5], world.People[6]);
            await CompareAsync(world, [me, other, world.People[7]], seed);
            await (kind < 0 ? DoAsync(world, other, me, 0, deeds, 0) : DoAsync(world, me, other, 1, deeds, kind));
            await world.SettleAsync();
            await Task.Delay(TimeSpan.FromSeconds(1), Token);
            await CompareAsync(world, [me, other, world.People[7]], seed);
        }

        Assert.True(hits > 100, $"only {hits} answers came from a cache");
    }

    /// <summary>Everybody asks everything twice of each caching server, and then of the one that reads.</summary>
    static async Task<long> CompareAsync(CachedWorld world, IReadOnlyList<Somebody> people, int seed)
    {
        var before = Hits(world);
        foreach (var person in people)
        {
            foreach (var question in Questions(world, person))
            {
                var kept = new[]
                {
                    await person.AskAsync(0, question), await person.AskAsync(0, question),
                    await person.AskAsync(1, question), await person.AskAsync(1, question),
                };
                var read = await person.AskAsync(2, question);
                Assert.All(kept, answer => Assert.True(answer == read, $"seed {seed}: {question} of {person.Id} was\n{answer}\ninstead of\n{read}"));
            }
        }

        return Hits(world) - before;
    }

    static string[] Questions(CachedWorld world, Somebody person) =>
    [
        "get-feed?limit=10", "get-feed?filter=following", "get-feed?filter=guilds",
        "get-leaderboard", "get-leaderboard?period=week&around_me=true", $"get-leaderboard?scope=guild&scope_id={world.Guilds[1]}", "get-leaderboard?scope=friends",
        $"get-user-level?user_id={person.Id}", $"get-learning-path?path_id={world.Paths[0]}", $"get-learning-path?path_id={world.Paths[1]}",
        "get-skills?category=programming",
    ];

    static async Task LiveAsync(CachedWorld world, int worker, Random random)
    {
        var people = world.People.Where((_, i) => i % Workers == worker).ToArray();
        for (var i = 0; i < DeedsInRound; i++)
        {
            var me = people[random.Next(people.Length)];
            var other = world.People[random.Next(world.People.Count)];
            var server = random.Next(2);
            foreach (var question in Questions(world, me).Take(random.Next(4)))
                await me.AskAsync(server, question);
            await DoAsync(world, me, other, server, random, random.Next(14));
            var feed = await me.FeedAsync(server, "all");
            AssertNothingPrivate(me, feed);
        }
    }

    /// <summary>One deed, and what the person must see of it at once, on the server where they did it.</summary>
    static async Task DoAsync(CachedWorld world, Somebody me, Somebody other, int server, Random random, int kind)
    {
        switch (kind)
        {
            case 0 or 1 or 2:
                var visibility = Visibilities[random.Next(Visibilities.Length)];
                var post = PostOf(await me.WriteAsync(
                    server, HttpMethod.Post, "posts?select=id", new { content = $"{visibility} {me.Id}", visibility }, "return=representation"));
                Assert.Contains(await me.FeedAsync(server, "all"), item => PostIdOf(item) == post);
                break;
            case 3 or 4:
                if ((await me.FeedAsync(server, "all")).Select(PostIdOf).FirstOrDefault(id => id is not null) is { } liked)
                    await me.WriteAsync(server, HttpMethod.Post, "post_likes", new { post_id = liked, user_id = me.Id });
                break;
            case 5:
                if ((await me.FeedAsync(server, "all")).FirstOrDefault(item => IsOf(item, me) && PostIdOf(item) is not null) is { ValueKind: JsonValueKind.Object } mine)
                {
                    await me.WriteAsync(server, HttpMethod.Patch, $"posts?id=eq.{PostIdOf(mine)}", new { deleted_at = DateTimeOffset.UnixEpoch });
                    Assert.DoesNotContain(await me.FeedAsync(server, "all"), item => PostIdOf(item) == PostIdOf(mine));
                }

                break;
            case 6 or 7:
                await me.WriteAsync(server, HttpMethod.Post, "user_follows", new { following_id = other.Id });
                break;
            case 8:
                await me.WriteAsync(server, HttpMethod.Delete, $"user_follows?follower_id=eq.{me.Id}&following_id=eq.{other.Id}");
                Assert.DoesNotContain(await me.FeedAsync(server, "following"), item => IsOf(item, other));
                break;
            case 9 when me != other:
                await me.WriteAsync(server, HttpMethod.Post, "user_blocks", new { blocked_id = other.Id });
                Assert.DoesNotContain(await me.FeedAsync(server, "all"), item => IsOf(item, other));
                if (random.Next(2) == 0)
                    await me.WriteAsync(server, HttpMethod.Delete, $"user_blocks?blocked_id=eq.{other.Id}");
                break;
            case 10:
                var name = string.Create(CultureInfo.InvariantCulture, $"Name {random.Next()}");
                await me.WriteAsync(server, HttpMethod.Patch, $"profiles?id=eq.{me.Id}", new { full_name = name });
                Assert.All(
                    (await me.FeedAsync(server, "all")).Where(item => IsOf(item, me)),
                    item => Assert.Equal(name, item.GetProperty("profiles").GetProperty("full_name").GetString()));
                break;
            case 11:
                await me.WriteAsync(server, HttpMethod.Patch, $"user_settings?user_id=eq.{me.Id}", new
                {
                    leaderboard_mode = new[] { "public", "anonymous", "hidden" }[random.Next(3)],
                    activity_visibility = Visibilities[random.Next(Visibilities.Length)],
                });
                break;
            case 12:
                var guild = world.Guilds[random.Next(2)];
                await world.Database.ExecuteAsync(
                    $"insert into guild_members (guild_id, user_id, state) values ('{guild}', '{me.Id}', 'active') on conflict do nothing");
                await me.WriteAsync(server, HttpMethod.Post, "posts", new { content = $"guild {me.Id}", guild_id = guild });
                if (random.Next(3) == 0)
                    await me.WriteAsync(server, HttpMethod.Delete, $"guild_members?guild_id=eq.{guild}&user_id=eq.{me.Id}");
                break;
            default:
                var path = world.Paths[random.Next(2)];
                await world.Database.ExecuteAsync(
                    $"update learning_paths set title = 'Path {random.Next()}', is_active = {random.Next(4) > 0} where id = '{path}'");
                await world.Caching[server].Service.CallAsync(
                    "add-xp", new { user_id = me.Id, amount = random.Next(1, 300), source = "quiz_completion" });
                break;
        }
    }

    static void AssertNothingPrivate(Somebody me, IReadOnlyList<JsonElement> feed)
        => Assert.DoesNotContain(feed, item => !IsOf(item, me)
            && item.GetProperty("content").TryGetProperty("content", out var content)
            && content.GetString()!.StartsWith("private", StringComparison.Ordinal));

    static bool IsOf(JsonElement item, Somebody person) => item.GetProperty("user_id").GetGuid() == person.Id;

    static string? PostIdOf(JsonElement item)
        => item.GetProperty("content").TryGetProperty("post_id", out var id) ? id.GetString() : null;

    static string PostOf(string? rows) => JsonDocument.Parse(rows!).RootElement[0].GetProperty("id").GetString()!;

    static long Hits(CachedWorld world)
        => world.Caching.Sum(server => server.Services.GetRequiredService<AnswerCache>().Hits);
}
