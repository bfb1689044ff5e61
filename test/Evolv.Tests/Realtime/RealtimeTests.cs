using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime;

/// <summary>One walk through the family, end to end.</summary>
public sealed class RealtimeTests(EvolvCluster cluster)
{
    [Fact]
    public async Task A_person_is_told_of_their_own_feed_item()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await using var client = await PhoenixClient.ConnectAsync(server);
        var ids = await client.SubscribeAsync(
            "feed-updates", ada.AccessToken, $$"""{"event":"INSERT","schema":"public","table":"feed_items","filter":"user_id=eq.{{ada.Id}}"}""");

        await server.Database.ExecuteAsync($"insert into public.posts (user_id, content) values ('{ada.Id}', 'Hello')");

        var change = await client.NextChangeAsync();
        Assert.Equal(ids, change["ids"]!.AsArray().Select(id => (int)id!));
        Assert.Equal("INSERT", (string?)change["data"]!["type"]);
        Assert.Equal(ada.Id.ToString(), (string?)change["data"]!["record"]!["user_id"]);
    }
}
