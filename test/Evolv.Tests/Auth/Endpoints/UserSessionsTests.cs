using System.Text.Json.Nodes;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class UserSessionsTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Person_sees_where_they_are_signed_in_and_nobody_else()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.SignUpAsync("bob");
        using var phone = server.ClientWith(server.PublishableKey, null);
        phone.DefaultRequestHeaders.Add("User-Agent", "Phone/1.0");
        var other = await phone.SignInAsync("ada@example.com", Person.Password);
        await server.Database.ExecuteAsync(
            $"insert into auth.sessions (user_id, not_after) values ('{ada.Id}', now() - interval '1 second')");

        var answer = await server.Anonymous.ReadAsync("user/sessions", ada.AccessToken);

        Assert.Equal(200, answer.Status);
        Assert.Equal(2, answer.Array.Count);
        var (first, second) = (answer.Array[0]!, answer.Array[1]!);
        Assert.True(JsonNode.DeepEquals(first, new JsonObject
        {
            ["id"] = Authenticator.Claim(other.Text("access_token"), "session_id").GetValue<string>(),
            ["created_at"] = first["created_at"]!.GetValue<string>(),
            ["updated_at"] = first["created_at"]!.GetValue<string>(),
            ["refreshed_at"] = null,
            ["user_agent"] = "Phone/1.0",
            ["ip"] = "127.0.0.1",
            ["aal"] = "aal1",
            ["not_after"] = null,
            ["is_current"] = false,
        }), answer.Whole);
        Assert.Equal(Authenticator.Claim(ada.AccessToken, "session_id").GetValue<string>(), second["id"]!.GetValue<string>());
        Assert.True(second["is_current"]!.GetValue<bool>());
        Assert.EndsWith("Z", first["created_at"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task List_tells_of_refreshes_and_second_factors()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SessionTimeboxSeconds", "86400"));
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        await server.Anonymous.RefreshAsync(session.Text("refresh_token"));

        var only = Assert.Single((await server.Anonymous.ReadAsync("user/sessions", ada.AccessToken)).Array)!;

        Assert.Equal("aal2", only["aal"]!.GetValue<string>());
        Assert.NotNull(only["refreshed_at"]);
        Assert.NotNull(only["not_after"]);
    }

    [Fact]
    public async Task Sessions_that_slept_too_long_are_not_listed()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SessionInactivitySeconds", "600"));
        var ada = await server.SignUpAsync("ada");
        await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
        var current = Authenticator.Claim(ada.AccessToken, "session_id").GetValue<string>();
        await server.Database.ExecuteAsync($"update auth.sessions set created_at = created_at - interval '1 hour' where id <> '{current}'");

        Assert.Equal(current, Assert.Single((await server.Anonymous.ReadAsync("user/sessions", ada.AccessToken)).Array)!["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Person_ends_a_session_of_their_own_and_none_of_others()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var eve = await server.SignUpAsync("eve");
        var phone = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
        var path = $"user/sessions/{Authenticator.Claim(phone.Text("access_token"), "session_id").GetValue<string>()}";
        const string NotFound = """404 {"code":"session_not_found","message":"Session not found"}""";

        Assert.Equal(NotFound, (await server.Anonymous.RemoveAsync(path, bearer: eve.AccessToken)).Whole);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(phone.Text("access_token"))).Status);
        Assert.Equal("200 {}", (await server.Anonymous.RemoveAsync(path, bearer: ada.AccessToken)).Whole);
        Assert.Equal(NotFound, (await server.Anonymous.RemoveAsync(path, bearer: ada.AccessToken)).Whole);
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(phone.Text("access_token"))).Status);
        Assert.Equal(400, (await server.Anonymous.RefreshAsync(phone.Text("refresh_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(
            """404 {"code":"validation_failed","message":"session_id must be an UUID"}""",
            (await server.Anonymous.RemoveAsync("user/sessions/1", bearer: ada.AccessToken)).Whole);
        Assert.Equal(1, await server.Database.ScalarAsync<long>(
            $"select count(*) from auth.audit_log_entries where payload ->> 'action' = 'logout' and payload #>> '{{traits,session_id}}' = '{path[14..]}'"));
    }

    [Fact]
    public async Task Listing_needs_a_person()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var guest = await server.TokenOfGuestAsync();

        Assert.Equal(401, (await server.Keyless.ReadAsync("user/sessions")).Status);
        Assert.Equal(403, (await server.Anonymous.ReadAsync("user/sessions")).Status);
        Assert.Equal(403, (await server.Service.ReadAsync("user/sessions")).Status);
        Assert.Single((await server.Anonymous.ReadAsync("user/sessions", guest)).Array);
    }
}
