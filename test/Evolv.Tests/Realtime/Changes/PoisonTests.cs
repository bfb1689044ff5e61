using System.Diagnostics;
using System.Text.Json;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>Somebody whose policy or filter fails is told so and skipped; the others do not notice.</summary>
public sealed class PoisonTests(EvolvCluster cluster)
{
    const string Things = """{"event":"*","schema":"public","table":"things"}""";

    [Fact]
    public async Task Policy_that_raises_for_one_is_told_to_that_one_until_it_is_repaired()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (eve, clients) = await SubscribeAsync(server);
        await using var poisoned = clients[0];
        await using var first = clients[1];
        await using var last = clients[2];
        await server.Database.ExecuteAsync(
            $"alter policy things_select on public.things using (case when auth.uid() = '{eve.Id}' then (auth.jwt() ->> 'role')::int = id else true end)");

        for (var id = 1; id <= 20; id++)
            await server.Database.ExecuteAsync($"insert into public.things values ({id}, 'x')");
        foreach (var client in (PhoenixClient[])[first, last])
            for (var id = 1; id <= 20; id++)
                Assert.Equal(id, await NextIdAsync(client));
        var trouble = await poisoned.NextAsync(message => message.Event == "system");
        await server.Database.ExecuteAsync("alter policy things_select on public.things using (true)");
        await server.Database.ExecuteAsync("insert into public.things values (21, 'x')");

        Assert.Equal(21, await NextIdAsync(poisoned));
        Assert.Equal("invalid input syntax for type integer: \"authenticated\"", (string?)trouble.Payload["message"]);
        Assert.Equal(("error", "postgres_changes", "things"), ((string?)trouble.Payload["status"], (string?)trouble.Payload["extension"], (string?)trouble.Payload["channel"]));
        await poisoned.AssertNoneAsync(message => message.Event is "system" or "postgres_changes");
        await first.AssertNoneAsync(message => message.Event == "system");
    }

    [Fact]
    public async Task Policy_that_sleeps_for_one_holds_the_others_once_and_not_again()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (eve, clients) = await SubscribeAsync(server);
        await using var poisoned = clients[0];
        await using var first = clients[1];
        await using var last = clients[2];
        await server.Database.ExecuteAsync(
            $"alter policy things_select on public.things using (case when auth.uid() = '{eve.Id}' then pg_sleep(10) is not null else true end)");

        await server.Database.ExecuteAsync("insert into public.things values (1, 'x')");
        Assert.Equal((1, 1), (await NextIdAsync(first), await NextIdAsync(last)));
        var trouble = await poisoned.NextAsync(message => message.Event == "system");
        var started = Stopwatch.GetTimestamp();
        for (var id = 2; id <= 10; id++)
        {
            await server.Database.ExecuteAsync($"insert into public.things values ({id}, 'x')");
            Assert.Equal((id, id), (await NextIdAsync(first), await NextIdAsync(last)));
        }

        var elapsed = Stopwatch.GetElapsedTime(started);
        await server.Database.ExecuteAsync("alter policy things_select on public.things using (true)");
        var next = 11;
        await Eventually.IsTrueAsync(async () =>
        {
            await server.Database.ExecuteAsync($"insert into public.things values ({next++}, 'x')");
            return poisoned.Messages.Any(message => message.Event == "postgres_changes");
        });

        Assert.Equal("canceling statement due to statement timeout", (string?)trouble.Payload["message"]);
        // Nine times two seconds if each of them waited for it.
        Assert.True(elapsed < TimeSpan.FromSeconds(9), $"{elapsed}");
    }

    [Fact]
    public async Task Pattern_that_never_ends_is_told_to_its_owner_and_holds_the_others_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (_, clients) = await SubscribeAsync(server, "content=match.^(a+)(a+)(a+)(a+)(a+)\\1\\2\\3\\4\\5$");
        await using var poisoned = clients[0];
        await using var first = clients[1];
        await using var last = clients[2];

        var usual = await MeasureAsync(1, "'b'");
        var elapsed = await MeasureAsync(31, "repeat('a', 2001)");

        var trouble = await poisoned.NextAsync(message => message.Event == "system");
        Assert.Equal("canceling statement due to statement timeout", (string?)trouble.Payload["message"]);
        // Thirty times 200 ms more if each of them waited for it.
        Assert.True(elapsed < usual + TimeSpan.FromSeconds(4), $"{elapsed}, without a pattern {usual}");

        async Task<TimeSpan> MeasureAsync(int from, string content)
        {
            var started = Stopwatch.GetTimestamp();
            for (var id = from; id < from + 30; id++)
            {
                await server.Database.ExecuteAsync($"insert into public.things values ({id}, {content})");
                Assert.Equal((id, id), (await NextIdAsync(first), await NextIdAsync(last)));
            }

            return Stopwatch.GetElapsedTime(started);
        }
    }

    // Eve, whose entry has the filter, and two others.
    static async Task<(Person Eve, PhoenixClient[] Clients)> SubscribeAsync(EvolvServer server, string? filter = null)
    {
        await server.Database.ExecuteAsync(
            """
            create table public.things (id int primary key, content text);
            alter table public.things enable row level security;
            create policy things_select on public.things for select to authenticated using (true);
            grant select on public.things to authenticated;
            alter publication supabase_realtime add table public.things;
            """);
        var people = new[] { await server.SignUpAsync("eve"), await server.SignUpAsync("ada"), await server.SignUpAsync("bob") };
        var clients = new PhoenixClient[people.Length];
        foreach (var (number, person) in people.Index())
        {
            clients[number] = await PhoenixClient.ConnectAsync(server);
            var filtered = JsonSerializer.Serialize(new { @event = "*", schema = "public", table = "things", filter });
            await clients[number].SubscribeAsync("things", person.AccessToken, number == 0 && filter is not null ? filtered : Things);
        }

        return (people[0], clients);
    }

    static async Task<int> NextIdAsync(PhoenixClient client) => (int)(await client.NextChangeAsync())["data"]!["record"]!["id"]!;
}
