using System.Diagnostics;
using Evolv.Auth.Tokens;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Realtime.Channels;

/// <summary>Whose rights a channel has, and when they end.</summary>
public sealed class TokenTests(EvolvCluster cluster)
{
    // Five seconds are the promise; the rest is for a machine that does other things, too.
    static readonly TimeSpan Promise = TimeSpan.FromSeconds(7);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Channel_has_the_rights_of_its_token_or_else_of_the_key()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            """
            create policy person on realtime.messages for select to authenticated using (realtime.topic() like 'person%');
            create policy anybody on realtime.messages for select to anon using (realtime.topic() like 'anybody%');
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await using var service = await PhoenixClient.ConnectAsync(server, server.SecretKey);

        Assert.Equal("ok", await StatusAsync(client, "person", ada.AccessToken));
        Assert.Equal("error", await StatusAsync(client, "anybody", ada.AccessToken));
        foreach (var token in new[] { null, server.PublishableKey, server.SecretKey, "sb_anything" })
        {
            Assert.Equal("error", await StatusAsync(client, "person", token)); // a secret key counts at the connection alone
            Assert.Equal("ok", await StatusAsync(client, "anybody", token));
            Assert.Equal("ok", await StatusAsync(service, "nobody", token));
        }

        Assert.Equal("ok", await StatusAsync(client, "anybody", server.Services.GetRequiredService<SigningKeys>().Current.AnonJwt));
        Assert.Equal("error", await StatusAsync(service, "nobody", ada.AccessToken));
    }

    [Fact]
    public async Task Bad_token_is_refused_with_the_reason_at_a_join_and_ends_a_channel_that_gets_it_later()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await using var client = await PhoenixClient.ConnectAsync(server);
        (string Token, string Code, string Message)[] bad =
        [
            (ChangedTokens.ExpiringIn(server, ada.AccessToken, -3600), "InvalidJWTToken", "Token has expired 360_ seconds ago"),
            (ChangedTokens.Forge(ada.AccessToken), "JwtSignatureError", "Failed to validate JWT signature"),
            ("nonsense", "MalformedJWT", "The token provided is not a valid JWT"),
            ("", "MalformedJWT", "The token provided is not a valid JWT"),
            (ChangedTokens.Change(server, ada.AccessToken, claims => claims["role"] = "supabase_admin"), "InvalidJWTToken", "Fields `role` and `exp` are required in JWT"),
            (ChangedTokens.Change(server, ada.AccessToken, claims => claims.Remove("exp")), "InvalidJWTToken", "Fields `role` and `exp` are required in JWT"),
        ];

        foreach (var (token, code, message) in bad)
        {
            var refused = await client.TryJoinAsync("room", token);
            Assert.Equal(("error", $"{code}: {message}"), (refused.Status, WithoutLastDigit((string)refused.Response!["reason"]!)));

            await client.JoinAsync("room", ada.AccessToken);
            await client.SendAsync("room", "access_token", $$"""{"access_token":"{{token}}"}""");
            Assert.Equal(message, WithoutLastDigit(await client.NextEndAsync("room")));
            Assert.Equal("unmatched topic", (string?)(await client.CallAsync("room", "broadcast")).Response!["reason"]);
        }
    }

    [Fact]
    public async Task New_token_brings_new_rights()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        await server.Database.ExecuteAsync(
            $"""
            create policy readers on realtime.messages for select to authenticated using (true);
            create policy writer on realtime.messages for insert to authenticated with check ((select auth.uid()) = '{bob.Id}');
            """);
        await using var client = await PhoenixClient.ConnectAsync(server);
        await using var other = await PhoenixClient.ConnectAsync(server);
        const string Private = """{"private":true,"broadcast":{"ack":true}}""";
        await client.JoinAsync("room", ada.AccessToken, Private);
        await other.JoinAsync("room", ada.AccessToken, Private);

        await client.BroadcastAsync("room", "as ada", "1");
        foreach (var nothing in new[] { "null", $"\"{ada.AccessToken}\"", "\"sb_publishable_x\"", "7" })
            await client.SendAsync("room", "access_token", $$"""{"access_token":{{nothing}}}""");
        await client.BroadcastAsync("room", "still as ada", "1");
        await client.SendAsync("room", "access_token", $$"""{"access_token":"{{bob.AccessToken}}"}""");
        await client.BroadcastAsync("room", "as bob", "1");

        Assert.Equal("as bob", (await other.NextBroadcastAsync()).Event);
    }

    [Fact]
    public async Task Who_may_no_longer_read_is_told_when_the_token_is_renewed()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            "create policy readers on realtime.messages for select to authenticated using (auth.jwt() -> 'app_metadata' ->> 'team' is null or extension = 'presence')");
        await using var client = await PhoenixClient.ConnectAsync(server);
        await client.JoinAsync("room", ada.AccessToken, """{"private":true}""");
        var renewed = ChangedTokens.Change(server, ada.AccessToken, claims => claims["app_metadata"]!["team"] = "red");

        await client.SendAsync("room", "access_token", $$"""{"access_token":"{{renewed}}"}""");

        Assert.Equal("You no longer have permission to read from this Channel topic: room", await client.NextEndAsync("room"));
    }

    [Fact]
    public async Task Channel_ends_soon_after_its_token()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await using var client = await PhoenixClient.ConnectAsync(server);
        await using var renewing = await PhoenixClient.ConnectAsync(server);
        await using var connectedSo = await PhoenixClient.ConnectAsync(server, ChangedTokens.ExpiringIn(server, ada.AccessToken, 3));
        var soon = ChangedTokens.ExpiringIn(server, ada.AccessToken, 3);
        await client.JoinAsync("room", soon);
        await client.JoinAsync("other"); // of the key
        await renewing.JoinAsync("room", soon);
        await connectedSo.JoinAsync("room");
        await renewing.SendAsync("room", "access_token", $$"""{"access_token":"{{ada.AccessToken}}"}""");

        var started = Stopwatch.GetTimestamp();
        var reason = await client.NextEndAsync("room");
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(3) + Promise);
        Assert.Matches("^Token has expired [0-5] seconds ago$", reason);
        Assert.Matches("^Token has expired [0-5] seconds ago$", await connectedSo.NextEndAsync("room"));
        Assert.StartsWith("InvalidJWTToken: Token has expired", (string?)(await connectedSo.TryJoinAsync("room")).Response!["reason"], StringComparison.Ordinal);
        await renewing.AssertNoneAsync(message => message.Event == "system");
        await client.AssertNoneAsync(message => message.Topic == "realtime:other" && message.Event == "phx_close");
    }

    [Theory]
    [InlineData("local")]
    [InlineData("others")]
    [InlineData("global")]
    [InlineData("ban")]
    [InlineData("delete")]
    public async Task Channel_ends_soon_after_its_session(string how)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        var second = await SignInAsync(server, "ada");
        await using var client = await PhoenixClient.ConnectAsync(server);
        await using var secondClient = await PhoenixClient.ConnectAsync(server);
        await using var bobsClient = await PhoenixClient.ConnectAsync(server);
        await client.JoinAsync("room", ada.AccessToken);
        await secondClient.JoinAsync("room", second);
        await bobsClient.JoinAsync("room", bob.AccessToken);

        var started = Stopwatch.GetTimestamp();
        if (how is "ban" or "delete")
            await server.Database.ExecuteAsync(how == "ban"
                ? $"update auth.users set banned_until = now() + interval '1 day' where id = '{ada.Id}'"
                : $"delete from auth.users where id = '{ada.Id}'");
        else
            using (var answer = await ada.Http.PostAsync($"/auth/v1/logout?scope={how}", null, Token))
                Assert.True(answer.IsSuccessStatusCode);

        if (how != "others")
            Assert.Equal("Session has ended", await client.NextEndAsync("room"));
        if (how != "local")
            Assert.Equal("Session has ended", await secondClient.NextEndAsync("room"));
        Assert.InRange(Stopwatch.GetElapsedTime(started), TimeSpan.Zero, Promise);
        var (left, leftClient) = how switch { "others" => (1, client), "local" => (1, secondClient), _ => (0, client) };
        if (left == 1)
            await leftClient.AssertNoneAsync(message => message.Event is "system" or "phx_close");
        await bobsClient.AssertNoneAsync(message => message.Event is "system" or "phx_close");
    }

    static async Task<string> SignInAsync(EvolvServer server, string name)
    {
        using var answer = await System.Net.Http.Json.HttpClientJsonExtensions.PostAsJsonAsync(
            server.Anonymous, "/auth/v1/token?grant_type=password", new { email = $"{name}@example.com", password = Person.Password }, Token);
        return (string)System.Text.Json.Nodes.JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!["access_token"]!;
    }

    static async Task<string?> StatusAsync(PhoenixClient client, string topic, string? token)
        => (await client.TryJoinAsync(topic, token, """{"private":true}""")).Status;

    // Of the age of an expired token.
    static string WithoutLastDigit(string reason) => System.Text.RegularExpressions.Regex.Replace(reason, "360[0-9]", "360_");
}
