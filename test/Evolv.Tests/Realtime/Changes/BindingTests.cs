using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Platform.Changes;
using Evolv.Realtime.Changes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Changes;

/// <summary>Several entries of one channel, their ids, and how bindings are found.</summary>
public sealed class BindingTests(EvolvCluster cluster)
{
    const string Table = """
        create table public.things (id int primary key, name text, n int);
        grant select on public.things to anon;
        alter publication supabase_realtime add table public.things;
        """;

    [Fact]
    public async Task One_message_has_the_ids_of_all_entries_that_match()
    {
        await using var server = await StartAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);
        var ids = await client.SubscribeAsync("things", null,
            Entry("*", "n=eq.1"), Entry("INSERT", "n=gt.0"), Entry("UPDATE", null), Entry("INSERT", "n=eq.2"), Entry("*", "n=eq.1"),
            """{"event":"*","schema":"public"}""", """{"event":"INSERT","schema":"*"}""");

        await server.Database.ExecuteAsync("insert into public.things values (1, 'a', 1)");
        await server.Database.ExecuteAsync("insert into public.things values (2, 'b', 7)");

        Assert.Equal(ids[0], ids[4]);
        Assert.Equal(6, ids.Distinct().Count());
        Assert.DoesNotContain(0, ids);
        AssertIds([ids[0], ids[1], ids[5], ids[6]], await client.NextChangeAsync());
        AssertIds([ids[1], ids[5], ids[6]], await client.NextChangeAsync());
        await client.AssertNoneAsync(message => message.Event == "postgres_changes");
    }

    [Fact]
    public async Task Ids_are_the_same_after_a_reconnect_and_in_other_channels()
    {
        await using var server = await StartAsync();
        string[] entries = [Entry("*", "n=eq.1"), Entry("INSERT", null), Entry("INSERT", "name=eq.a")];
        await using var before = await PhoenixClient.ConnectAsync(server);
        await using var after = await PhoenixClient.ConnectAsync(server, version: "1.0.0");

        var ids = await before.SubscribeAsync("things", null, entries);

        Assert.Equal(ids, await before.SubscribeAsync("things", null, entries));
        Assert.Equal(ids, await after.SubscribeAsync("other", null, entries));
        Assert.Equal(ids.Reverse(), await after.SubscribeAsync("third", null, [.. entries.Reverse()]));
    }

    [Fact]
    public async Task Entries_come_back_as_they_were_sent()
    {
        await using var server = await StartAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);
        const string Sent = """
            [{"table":"things","event":"*","filter":null,"odd":{"a":[1.50,null,"\u00e9"]},"schema":"public"},
             {"schema":"public","event":"INSERT","table":"things","filter":"n=eq.1","select":["name"],"x":true}]
            """;

        var response = await client.JoinAsync("things", null, $$"""{"postgres_changes":{{Sent}}}""");

        var entries = response["postgres_changes"]!.AsArray();
        foreach (var entry in entries)
            Assert.True(entry!.AsObject().Remove("id"));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(Sent), entries), entries.ToJsonString());
        Assert.Equal(["table", "event", "filter", "odd", "schema"], entries[0]!.AsObject().Select(property => property.Key));
    }

    [Fact]
    public async Task Other_columns_are_another_message()
    {
        await using var server = await StartAsync();
        await using var client = await PhoenixClient.ConnectAsync(server);
        var ids = await client.SubscribeAsync("things", null,
            Entry("*", null), Entry("INSERT", null, "name"), Entry("*", "n=eq.1", "name"), Entry("*", null, "n", "name"));

        await server.Database.ExecuteAsync("insert into public.things values (1, 'a', 1)");

        var messages = new[] { await client.NextChangeAsync(), await client.NextChangeAsync(), await client.NextChangeAsync() }
            .OrderBy(message => message["data"]!["record"]!.ToJsonString(), StringComparer.Ordinal).ToList();
        Assert.Equal(
            ["""{"id":1,"name":"a"}""", """{"id":1,"name":"a","n":1}""", """{"id":1,"name":"a","n":1}"""],
            messages.Select(message => message["data"]!["record"]!.ToJsonString()).OrderBy(record => record.Length));
        AssertIds([ids[1], ids[2]], messages.Single(message => message["data"]!["columns"]!.AsArray().Count == 2));
        await client.AssertNoneAsync(message => message.Event == "postgres_changes");
    }

    [Fact]
    public void Change_looks_only_at_the_bindings_of_its_value()
    {
        var column = new PublishedColumn("n", "int4", "pg_catalog.int4", "int4", "", 0, true, true, false);
        var subscriptions = new Subscriptions();
        var bindings = Enumerable.Range(0, 5000).Select(n => Binding(column, n, FilterOperator.Eq, n.ToString(null, null))).ToList();
        var ofTwo = Binding(column, 6000, FilterOperator.In, "17", "18", "18");
        var ofAll = new ChangeBinding(null!, 7000, ChangeKind.Insert, "public", "things", [], default);
        subscriptions.Add([.. bindings, ofTwo, ofAll]);

        Assert.Equal([17, 6000, 7000], Find(ChangeKind.Insert, "17"));
        Assert.Equal([4999, 7000], Find(ChangeKind.Insert, "4999"));
        Assert.Equal([18, 6000], Find(ChangeKind.Update, "18"));
        Assert.Equal([7000], Find(ChangeKind.Insert, null));
        Assert.Equal([], Find(ChangeKind.Update, "5000"));
        subscriptions.Remove([ofTwo, ofAll, .. bindings.Where(binding => binding.Id != 18)]);
        Assert.Equal([18], Find(ChangeKind.Insert, "18"));
        Assert.Equal([], Find(ChangeKind.Insert, "17"));

        IEnumerable<int> Find(ChangeKind kind, string? n)
        {
            var found = new List<ChangeBinding>();
            var table = new ChangedTable("public", "things", 1, [new ChangedColumn("n", "int4", false)]);
            subscriptions.Find(new Change(table, kind, [ChangedValue.Of(n)], [], default, 1), found);
            return found.Select(binding => binding.Id).Order();
        }
    }

    static ChangeBinding Binding(PublishedColumn column, int id, FilterOperator @operator, params string[] values)
        => new(null!, id, null, "public", "things", [new ChangeFilter(new FilterText("n", @operator, false, [.. values]), column)], default);

    async Task<EvolvServer> StartAsync()
    {
        var server = await EvolvServer.StartAsync(cluster);
        await server.Database.ExecuteAsync(Table);
        return server;
    }

    static string Entry(string kind, string? filter, params string[] select) => JsonSerializer.Serialize(
        select.Length == 0 ? new { @event = kind, schema = "public", table = "things", filter } : (object)new { @event = kind, schema = "public", table = "things", filter, select });

    static void AssertIds(IEnumerable<int> expected, JsonNode change)
        => Assert.Equal(expected.Order(), change["ids"]!.AsArray().Select(id => (int)id!).Order());
}
