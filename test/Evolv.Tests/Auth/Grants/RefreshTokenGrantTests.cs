using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth.Grants;

public sealed class RefreshTokenGrantTests(EvolvCluster cluster)
{
    const string AlreadyUsed = """400 {"code":"refresh_token_already_used","message":"Invalid Refresh Token: Already Used"}""";
    const string NotFound = """400 {"code":"refresh_token_not_found","message":"Invalid Refresh Token: Refresh Token Not Found"}""";

    [Fact]
    public async Task Refresh_gives_a_child_of_the_same_session()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        Assert.Equal(200, answer.Status);
        Assert.NotEqual(ada.RefreshToken, answer.Text("refresh_token"));
        Assert.Equal(ada.Id.ToString(), answer.User["id"]!.GetValue<string>());
        Assert.Equal(Claim(ada.AccessToken, "session_id"), Claim(answer.Text("access_token"), "session_id"));
        Assert.Equal(Claim(ada.AccessToken, "amr"), Claim(answer.Text("access_token"), "amr"));
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(answer.Text("access_token"))).Status);
        Assert.Equal((2, 1), (await CountAsync(server, "true"), await CountAsync(server, "not revoked")));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions where refreshed_at is not null"));
    }

    [Fact]
    public async Task Database_does_not_know_a_usable_token()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var child = (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Text("refresh_token");

        var dump = await server.Database.ScalarAsync<string>("select string_agg(t::text, ' ') from auth.refresh_tokens t");
        var stored = await server.Database.ScalarAsync<string>("select token from auth.refresh_tokens where not revoked");

        Assert.DoesNotContain(ada.RefreshToken, dump, StringComparison.Ordinal);
        Assert.DoesNotContain(child, dump, StringComparison.Ordinal);
        Assert.Equal(NotFound, (await server.Anonymous.RefreshAsync(stored)).Whole);
    }

    [Fact]
    public async Task Lost_answer_is_given_again_however_late()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var first = await server.Anonymous.RefreshAsync(ada.RefreshToken);
        await AgeAsync(server, "30 days");

        var again = await server.Anonymous.RefreshAsync(ada.RefreshToken);
        var next = await server.Anonymous.RefreshAsync(again.Text("refresh_token"));

        Assert.Equal(first.Text("refresh_token"), again.Text("refresh_token"));
        Assert.Equal(200, next.Status);
        Assert.Equal(1, await CountAsync(server, "not revoked"));
    }

    [Fact]
    public async Task Lost_answer_is_made_good_even_after_the_keys_changed()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var before = await EvolvServer.StartAsync(database);
        var ada = await before.SignUpAsync("ada");
        var first = await before.Anonymous.RefreshAsync(ada.RefreshToken);
        await database.ExecuteAsync("update auth.signing_keys set status = 'previously_used'");
        await using var server = await EvolvServer.StartAsync(database);

        var again = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        Assert.Equal(200, again.Status);
        Assert.NotEqual(first.Text("refresh_token"), again.Text("refresh_token"));
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(again.Text("refresh_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(first.Text("refresh_token"))).Status);
    }

    [Fact]
    public async Task Grandparent_within_the_interval_gets_another_child()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var child = (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Text("refresh_token");
        var grandchild = (await server.Anonymous.RefreshAsync(child)).Text("refresh_token");

        var late = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        Assert.Equal(200, late.Status);
        Assert.DoesNotContain(late.Text("refresh_token"), new[] { child, grandchild });
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(late.Text("refresh_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(grandchild)).Status);
    }

    [Fact]
    public async Task Grandparent_after_the_interval_ends_its_family_and_no_other()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var phone = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("refresh_token");
        var child = (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Text("refresh_token");
        var grandchild = (await server.Anonymous.RefreshAsync(child)).Text("refresh_token");
        await AgeAsync(server, "11 seconds");

        var replay = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        Assert.Equal(AlreadyUsed, replay.Whole);
        // At once, that is within the interval since the revocation: it must not revive the family.
        Assert.Equal(AlreadyUsed, (await server.Anonymous.RefreshAsync(grandchild)).Whole);
        Assert.Equal(AlreadyUsed, (await server.Anonymous.RefreshAsync(child)).Whole);
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(phone)).Status);
        Assert.Equal(
            $"{ada.Id} ada@example.com",
            await server.Database.ScalarAsync<string>(
                """
                select format('%s %s', payload ->> 'actor_id', payload ->> 'actor_username')
                from auth.audit_log_entries
                where payload ->> 'action' = 'token_reuse_detected'
                order by created_at
                limit 1
                """));
    }

    [Fact]
    public async Task Twenty_refreshes_at_once_make_one_child()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var token = ada.RefreshToken;

        for (var round = 0; round < 3; round++)
        {
            var current = token;
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Anonymous.RefreshAsync(current)));

            Assert.All(answers, answer => Assert.Equal(200, answer.Status));
            token = Assert.Single(answers.Select(answer => answer.Text("refresh_token")).Distinct());
            Assert.Equal((round + 2, 1), (await CountAsync(server, "true"), await CountAsync(server, "not revoked")));
        }
    }

    [Fact]
    public async Task Two_servers_refresh_as_one()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var left = await EvolvServer.StartAsync(database);
        await using var right = await EvolvServer.StartAsync(database);
        var ada = await left.SignUpAsync("ada");

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(i =>
            (i % 2 == 0 ? left : right).Anonymous.RefreshAsync(ada.RefreshToken)));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(answers.Select(answer => answer.Text("refresh_token")).Distinct());
        Assert.Equal(200, (await right.Anonymous.GetUserAsync(answers[0].Text("access_token"))).Status);
    }

    [Fact]
    public async Task Unknown_ended_and_banned_sessions_are_told_apart()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var eve = await server.SignUpAsync("eve");
        await server.Anonymous.PostAsync("logout", bearer: eve.AccessToken);
        await server.Database.ExecuteAsync(
            $"""
            update auth.sessions set not_after = now() - interval '1 second' where user_id = '{ada.Id}';
            update auth.users set banned_until = 'infinity' where id = '{bob.Id}';
            """);

        Assert.Equal(NotFound, (await server.Anonymous.RefreshAsync("nonsense")).Whole);
        Assert.Equal(NotFound, (await server.Anonymous.RefreshAsync("\0' or true")).Whole);
        Assert.Equal(NotFound, (await server.Anonymous.RefreshAsync(eve.RefreshToken)).Whole);
        Assert.Equal(
            """400 {"code":"session_expired","message":"Invalid Refresh Token: Session Expired"}""",
            (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Whole);
        Assert.Equal("""400 {"code":"user_banned","message":"Invalid Refresh Token: User Banned"}""", (await server.Anonymous.RefreshAsync(bob.RefreshToken)).Whole);
    }

    static Task<long> CountAsync(EvolvServer server, string condition)
        => server.Database.ScalarAsync<long>($"select count(*) from auth.refresh_tokens where {condition}");

    static Task AgeAsync(EvolvServer server, string interval)
        => server.Database.ExecuteAsync($"update auth.refresh_tokens set updated_at = updated_at - interval '{interval}'");

    static string Claim(string token, string name)
        => JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[1]))![name]!.ToJsonString();
}
