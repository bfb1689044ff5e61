using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class UserTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Person_reads_their_account()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var session = await server.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password });

        var answer = await server.Anonymous.GetUserAsync(session.Text("access_token"));

        Assert.Equal($"200 {session.User.ToJsonString()}", answer.Whole);
    }

    [Fact]
    public async Task Reading_needs_a_token_of_a_living_session()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var eve = await server.SignUpAsync("eve");
        await server.Database.ExecuteAsync(
            $"""
            delete from auth.users where id = '{ada.Id}';
            delete from auth.sessions where user_id = '{bob.Id}';
            update auth.users set banned_until = now() + interval '1 hour' where id = '{eve.Id}';
            """);

        Assert.Equal(
            """401 {"code":"no_authorization","message":"This endpoint requires a valid Bearer token"}""",
            (await server.Keyless.GetUserAsync(null)).Whole);
        Assert.Equal("""403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}""", (await server.Anonymous.GetUserAsync(null)).Whole);
        Assert.Equal("""403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}""", (await server.Service.GetUserAsync(null)).Whole);
        Assert.Equal(
            """403 {"code":"user_not_found","message":"User from sub claim in JWT does not exist"}""",
            (await server.Anonymous.GetUserAsync(ada.AccessToken)).Whole);
        Assert.Equal(
            """403 {"code":"session_not_found","message":"Session from session_id claim in JWT does not exist"}""",
            (await server.Anonymous.GetUserAsync(bob.AccessToken)).Whole);
        Assert.Equal("""403 {"code":"user_banned","message":"User is banned"}""", (await server.Anonymous.GetUserAsync(eve.AccessToken)).Whole);
    }

    [Fact]
    public async Task Metadata_is_merged_and_null_removes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var session = await server.Anonymous.PostAsync(
            "signup", new { data = new { keep = 1, change = "old", remove = true, nested = new { a = (int?)null } } });
        var token = session.Text("access_token");

        var answer = await server.Anonymous.PutUserAsync(token, new { data = new { change = "new", remove = (string?)null, added = new[] { 1 } } });
        var tooLarge = await server.Anonymous.PutUserAsync(token, new { data = new { large = new string('x', 4096) } });

        Assert.Equal(200, answer.Status);
        var expected = JsonNode.Parse("""{"keep":1,"change":"new","nested":{"a":null},"added":[1]}""");
        Assert.True(JsonNode.DeepEquals(expected, answer.Body!["user_metadata"]), answer.Whole);
        Assert.Equal((400, "validation_failed"), (tooLarge.Status, tooLarge.Code));
        Assert.True(JsonNode.DeepEquals(expected, (await server.Anonymous.GetUserAsync(token)).Body!["user_metadata"]));
    }

    [Fact]
    public async Task Nobody_writes_what_the_system_owns()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        const string Owned = "select format('%s %s %s %s %s', id, aud, role, raw_app_meta_data, is_super_admin) from auth.users";
        var before = await server.Database.ScalarAsync<string>(Owned);
        (string Body, int Status, string? Code)[] cases =
        [
            ("""{"app_metadata":{"role":"admin"}}""", 403, "not_admin"),
            ("""{"app_metadata":{},"data":{"a":1}}""", 403, "not_admin"),
            ("""{"role":"service_role","aud":"x","is_super_admin":true,"raw_app_meta_data":{"role":"admin"},"banned_until":null,"id":"x"}""", 200, null),
            ("""{"data":{"role":"service_role","app_metadata":{"role":"admin"},"sub":"x"}}""", 200, null),
        ];

        foreach (var (body, status, code) in cases)
        {
            var answer = await server.Anonymous.PutUserAsync(ada.AccessToken, body);
            Assert.Equal((body, status, code), (body, answer.Status, status == 200 ? null : answer.Code));
            Assert.Equal(before, await server.Database.ScalarAsync<string>(Owned));
        }
    }

    [Fact]
    public async Task New_password_ends_the_other_sessions()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var phone = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        var same = await server.Anonymous.PutUserAsync(ada.AccessToken, new { password = Person.Password });
        var weak = await server.Anonymous.PutUserAsync(ada.AccessToken, new { password = "" });
        var answer = await server.Anonymous.PutUserAsync(ada.AccessToken, new { password = "a new and better one" });

        Assert.Equal("""422 {"code":"same_password","message":"New password should be different from the old password."}""", same.Whole);
        Assert.Equal((422, "weak_password"), (weak.Status, weak.Code));
        Assert.Equal(200, answer.Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(phone.Text("access_token"))).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", "a new and better one")).Status);
        Assert.Equal(1, await server.Database.ScalarAsync<long>(
            "select count(*) from auth.audit_log_entries where payload ->> 'action' = 'user_updated_password'"));
    }

    [Fact]
    public async Task New_address_replaces_the_old_one_everywhere()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.SignUpAsync("bob");

        var taken = await server.Anonymous.PutUserAsync(ada.AccessToken, new { email = "BOB@example.com" });
        var answer = await server.Anonymous.PutUserAsync(ada.AccessToken, new { email = "Lovelace@example.com" });

        Assert.Equal(
            """422 {"code":"email_exists","message":"A user with this email address has already been registered"}""", taken.Whole);
        Assert.Equal((200, "lovelace@example.com"), (answer.Status, answer.Text("email")));
        Assert.Equal("lovelace@example.com", answer.Body!["user_metadata"]!["email"]!.GetValue<string>());
        var identity = Assert.Single(answer.Body["identities"]!.AsArray());
        Assert.Equal("lovelace@example.com", identity!["identity_data"]!["email"]!.GetValue<string>());
        Assert.Equal("ada", identity["identity_data"]!["full_name"]!.GetValue<string>());
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("lovelace@example.com", Person.Password)).Status);
    }

    [Fact]
    public async Task Guest_becomes_a_member_and_stays_the_same_person()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var guest = await server.Anonymous.PostAsync("signup", new { });
        var (token, id) = (guest.Text("access_token"), guest.User["id"]!.GetValue<string>());

        var early = await server.Anonymous.PutUserAsync(token, new { password = Person.Password });
        var answer = await server.Anonymous.PutUserAsync(token, new { email = "ada@example.com", password = Person.Password });

        Assert.Equal(
            """422 {"code":"validation_failed","message":"Updating password of an anonymous user without an email or phone is not allowed"}""",
            early.Whole);
        Assert.Equal((200, id, false), (answer.Status, answer.Text("id"), answer.Body!["is_anonymous"]!.GetValue<bool>()));
        Assert.Equal("""{"provider":"email","providers":["email"]}""", answer.Body["app_metadata"]!.ToJsonString());
        Assert.Equal("ada@example.com", Assert.Single(answer.Body["identities"]!.AsArray())!["email"]!.GetValue<string>());
        Assert.False(await server.Database.ScalarAsync<bool>($"select is_guest from public.profiles where id = '{id}'"));
        var refreshed = await server.Anonymous.RefreshAsync(guest.Text("refresh_token"));
        Assert.False(new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(refreshed.Text("access_token")).GetPayloadValue<bool>("is_anonymous"));
        Assert.Equal(id, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).User["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Bad_update_is_answered_400()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        (string Body, string Code)[] cases =
        [
            ("{", "bad_json"),
            ("""{"email":"nobody"}""", "validation_failed"),
            ("""{"data":[1]}""", "validation_failed"),
            ("""{"data":{"a":"\u0000"}}""", "validation_failed"),
            ("""{"data":{"a":"\ud800"}}""", "validation_failed"),
            ("""{"data":{"a":1,"a":2}}""", "bad_json"),
        ];

        foreach (var (body, code) in cases)
        {
            var answer = await server.Anonymous.PutUserAsync(ada.AccessToken, body);
            Assert.Equal((body, 400, code), (body, answer.Status, answer.Code));
        }
    }
}
