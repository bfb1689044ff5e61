using System.Text.Json.Nodes;
using Evolv.Auth;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminUserUpdateTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Metadata_is_merged_null_removes_and_nothing_is_added()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var id = (await server.Service.SendAsync("admin/users", new { email = "ada@example.com", user_metadata = new { } })).Text("id");

        var added = await server.Service.WriteAsync(
            $"admin/users/{id}", new { user_metadata = new { favorite_color = "yellow" }, app_metadata = new { roles = new[] { "admin" }, plan = "gold" } });
        var changed = await server.Service.WriteAsync(
            $"admin/users/{id}", """{"user_metadata":{"favorite_color":null,"nested":{"a":null}},"app_metadata":{"plan":null,"providers":null}}""");

        Assert.Equal("""{"favorite_color":"yellow"}""", added.Body!["user_metadata"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"provider":"email","providers":["email"],"roles":["admin"],"plan":"gold"}"""), added.Body["app_metadata"]), added.Whole);
        Assert.Equal("""{"nested":{"a":null}}""", changed.Body!["user_metadata"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"provider":"email","roles":["admin"]}"""), changed.Body["app_metadata"]), changed.Whole);
        Assert.Equal(changed.Whole, (await server.Service.ReadAsync($"admin/users/{id}")).Whole);
    }

    [Fact]
    public async Task Address_changes_at_once_everywhere()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            $"""
            update auth.users set email_change = 'other@example.com' where id = '{ada.Id}';
            insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, expires_at, otp_expires_at)
            values ('{ada.Id}', 'recovery_token', 'x', 'ada@example.com', now() + interval '1 hour', now() + interval '1 hour');
            """);

        var same = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { email = "ada@example.com" });
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.one_time_tokens"));
        var answer = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { email = "Lovelace@example.com" });

        Assert.Equal((200, 200, "lovelace@example.com"), (same.Status, answer.Status, answer.Text("email")));
        Assert.False(answer.Body!.AsObject().ContainsKey("new_email"));
        Assert.Equal("lovelace@example.com", answer.Body["user_metadata"]!["email"]!.GetValue<string>());
        var identity = Assert.Single(answer.Body["identities"]!.AsArray())!;
        Assert.Equal("lovelace@example.com", identity["identity_data"]!["email"]!.GetValue<string>());
        Assert.Equal("ada", identity["identity_data"]!["full_name"]!.GetValue<string>());
        // What was mailed to the old address opens nothing any more; who is signed in stays so.
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.one_time_tokens"));
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("lovelace@example.com", Person.Password)).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
    }

    [Fact]
    public async Task Confirmation_is_given_by_hand()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var created = await server.Service.SendAsync("admin/users", new { email = "ada@example.com", password = Person.Password, email_confirm = false });

        var answer = await server.Service.WriteAsync($"admin/users/{created.Text("id")}", new { email_confirm = true });
        var again = await server.Service.WriteAsync($"admin/users/{created.Text("id")}", new { email_confirm = true });

        Assert.False(created.Body!.AsObject().ContainsKey("email_confirmed_at"));
        Assert.Equal("""{"email_verified":true}""", answer.Body!["user_metadata"]!.ToJsonString());
        Assert.Equal(answer.Text("email_confirmed_at"), again.Text("email_confirmed_at"));
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
    }

    [Fact]
    public async Task New_password_ends_all_sessions()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var hash = server.Services.GetRequiredService<Passwords>().Hash("brought from elsewhere");

        var weak = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { password = "short" });
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        var answer = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { password = "a new and better one" });
        var session = await server.Anonymous.SignInAsync("ada@example.com", "a new and better one");
        var brought = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { password_hash = hash });

        Assert.Equal((422, "weak_password", 200, 200), (weak.Status, weak.Text("code"), answer.Status, brought.Status));
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Equal(400, (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Status);
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(session.Text("access_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(bob.AccessToken)).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", "a new and better one")).Status);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", "brought from elsewhere")).Status);
    }

    [Theory]
    [InlineData("PUT", "", """{"password":"a new and better one"}""")]
    [InlineData("DELETE", "", """{"should_soft_delete":true}""")]
    [InlineData("POST", "/logout", "{}")]
    public async Task Who_signs_in_at_the_same_moment_is_signed_out_as_well(string method, string path, string body)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await using var owner = await server.Database.OpenOwnerAsync();
        await using var signIn = await owner.BeginTransactionAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(
            $"update auth.users set last_sign_in_at = now() where id = '{ada.Id}'; insert into auth.sessions (user_id) values ('{ada.Id}')", owner);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        var answer = server.Service.JsonAsync(new HttpMethod(method), $"admin/users/{ada.Id}{path}", body);
        while (!answer.IsCompleted && await server.Database.ScalarAsync<long>(
            "select count(*) from pg_locks where not granted and locktype in ('transactionid', 'tuple')") == 0)
            await Task.Yield();
        await signIn.CommitAsync(TestContext.Current.CancellationToken);

        Assert.InRange((await answer).Status, 200, 204);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions"));
    }

    [Fact]
    public async Task Ban_is_given_and_lifted()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var banned = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { ban_duration = "24h" });
        Assert.Equal(DateTime.Parse(banned.Text("updated_at")).AddDays(1), DateTime.Parse(banned.Text("banned_until")));
        Assert.Equal("user_banned", (await server.Anonymous.GetUserAsync(ada.AccessToken)).Code);
        Assert.Equal("user_banned", (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Code);
        var untouched = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { role = "authenticated" });
        Assert.Equal((banned.Text("banned_until"), "authenticated"), (untouched.Text("banned_until"), untouched.Text("role")));
        var lifted = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { ban_duration = "none", role = "authenticated" });
        Assert.False(lifted.Body!.AsObject().ContainsKey("banned_until"));
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
    }

    [Fact]
    public async Task Longest_ban_is_no_error()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { ban_duration = "2562047h" });
        var past = await server.Service.WriteAsync($"admin/users/{ada.Id}", new { ban_duration = "-2562047h" });

        Assert.Equal((200, 200), (answer.Status, past.Status));
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
    }

    [Fact]
    public async Task Guest_who_is_given_an_address_is_no_guest_any_more()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var guest = await server.Anonymous.PostAsync("signup", new { });
        var id = guest.User["id"]!.GetValue<string>();

        var answer = await server.Service.WriteAsync($"admin/users/{id}", new { email = "ada@example.com", password = Person.Password, email_confirm = true });

        Assert.False(answer.Body!["is_anonymous"]!.GetValue<bool>());
        Assert.Equal("""{"provider":"email","providers":["email"]}""", answer.Body["app_metadata"]!.ToJsonString());
        Assert.Equal("email", Assert.Single(answer.Body["identities"]!.AsArray())!["provider"]!.GetValue<string>());
        Assert.False(await server.Database.ScalarAsync<bool>($"select is_guest from public.profiles where id = '{id}'"));
        Assert.Equal(id, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).User["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Bad_change_is_refused_and_leaves_everything_as_it_was()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Service.SendAsync("admin/users", new { email = "bob@example.com", phone = "491234567" });
        var before = (await server.Service.ReadAsync($"admin/users/{ada.Id}")).Whole;
        (string Body, string Expected)[] cases =
        [
            ("{", "400 bad_json Could not parse request body as JSON: it is malformed"),
            ("""{"email":"BOB@example.com","user_metadata":{"a":1}}""", "422 email_exists A user with this email address has already been registered"),
            ("""{"phone":"491234567","user_metadata":{"a":1}}""", "422 phone_exists Phone number already registered by another user"),
            ("""{"email":"nobody"}""", "400 validation_failed Unable to validate email address: invalid format"),
            ("""{"ban_duration":"soon"}""", """400 validation_failed invalid format for ban duration: time: invalid duration "soon" """),
            ("""{"user_metadata":1}""", "400 validation_failed user_metadata must be an object"),
            ($$$"""{"user_metadata":{"x":"{{{new string('x', 4096)}}}"}}""",
                "400 validation_failed user_metadata may have 4096 bytes at most: it travels in every access token"),
        ];

        foreach (var (body, expected) in cases)
        {
            var answer = await server.Service.WriteAsync($"admin/users/{ada.Id}", body);
            Assert.Equal((body, expected.Trim()), (body, $"{answer.Status} {answer.Text("code")} {answer.Text("message")}"));
        }

        Assert.Equal(before, (await server.Service.ReadAsync($"admin/users/{ada.Id}")).Whole);
        Assert.Equal(
            """404 {"code":"user_not_found","message":"User not found"}""",
            (await server.Service.WriteAsync("admin/users/83fd9e20-7a80-46e4-bf29-a86e3d6bbf66", new { email = "a@b.c" })).Whole);
        Assert.Equal(404, (await server.Service.WriteAsync("admin/users/1", new { email = "a@b.c" })).Status);
    }
}
