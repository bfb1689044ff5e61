using System.Text.Json.Nodes;
using Evolv.Auth;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminUserCreateTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Account_has_what_was_given_and_nothing_more()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Service.SendAsync("admin/users", new
        {
            email = "Ada@Example.com",
            password = "weak",
            user_metadata = new { profile_image = "https://example.com/ada.png", nothing = (string?)null },
            app_metadata = new { roles = new[] { "editor" } },
        });

        Assert.Equal(200, answer.Status);
        var (id, at) = (answer.Text("id"), answer.Text("created_at"));
        var identity = answer.Body!["identities"]![0]!;
        Assert.True(JsonNode.DeepEquals(answer.Body, new JsonObject
        {
            ["id"] = id,
            ["aud"] = "authenticated",
            ["role"] = "authenticated",
            ["email"] = "ada@example.com",
            ["phone"] = "",
            ["app_metadata"] = new JsonObject { ["provider"] = "email", ["providers"] = new JsonArray("email"), ["roles"] = new JsonArray("editor") },
            ["user_metadata"] = new JsonObject { ["profile_image"] = "https://example.com/ada.png" },
            ["identities"] = new JsonArray(new JsonObject
            {
                ["identity_id"] = identity["identity_id"]!.DeepClone(),
                ["id"] = id,
                ["user_id"] = id,
                ["identity_data"] = new JsonObject { ["sub"] = id, ["email"] = "ada@example.com", ["email_verified"] = false, ["phone_verified"] = false },
                ["provider"] = "email",
                ["email"] = "ada@example.com",
                ["last_sign_in_at"] = at,
                ["created_at"] = at,
                ["updated_at"] = at,
            }),
            ["created_at"] = at,
            ["updated_at"] = at,
            ["is_anonymous"] = false,
        }), answer.Whole);
        Assert.Equal("email_not_confirmed", (await server.Anonymous.SignInAsync("ada@example.com", "weak")).Code);
        Assert.Equal(1, await server.Database.ScalarAsync<long>($"select count(*) from public.profiles where id = '{id}'"));
        Assert.Equal(
            $$"""user_signedup team 00000000-0000-0000-0000-000000000000 service_role {"user_id": "{{id}}", "user_email": "ada@example.com", "user_phone": ""}""",
            await server.Database.ScalarAsync<string>(
                """
                select format('%s %s %s %s %s', payload ->> 'action', payload ->> 'log_type', payload ->> 'actor_id', payload ->> 'actor_username', payload -> 'traits')
                from auth.audit_log_entries
                """));
    }

    [Fact]
    public async Task Confirmed_account_signs_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        const string Id = "83fd9e20-7a80-46e4-bf29-a86e3d6bbf66";

        var answer = await server.Service.SendAsync(
            "admin/users", new { id = Id, email = "ada@example.com", password = Person.Password, email_confirm = true, phone = "+49 1234567", phone_confirm = true });

        Assert.Equal((200, Id, "491234567"), (answer.Status, answer.Text("id"), answer.Text("phone")));
        Assert.Equal("""{"email_verified":true}""", answer.Body!["user_metadata"]!.ToJsonString());
        Assert.True(JsonNode.DeepEquals(
            JsonNode.Parse("""{"provider":"email","providers":["email","phone"]}"""), answer.Body["app_metadata"]), answer.Whole);
        Assert.NotNull(answer.Body["phone_confirmed_at"]);
        Assert.Equal(["email", "phone"], answer.Body["identities"]!.AsArray().Select(identity => identity!["provider"]!.GetValue<string>()).Order());
        Assert.Equal(Id, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).User["id"]!.GetValue<string>());
    }

    [Fact]
    public async Task Account_without_a_password_is_entered_by_none()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.Service.SendAsync("admin/users", new { email = "ada@example.com", email_confirm = true, password = "" });
        await server.Service.SendAsync("admin/users", new { email = "bob@example.com", email_confirm = true });

        Assert.Equal("missing email or phone", (await server.Anonymous.SignInAsync("", "")).Text("message"));
        Assert.Equal("invalid_credentials", (await server.Anonymous.SignInAsync("ada@example.com", "")).Code);
        Assert.Equal("invalid_credentials", (await server.Anonymous.SignInAsync("bob@example.com", "")).Code);
    }

    [Fact]
    public async Task Account_may_bring_the_hash_of_its_password()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var hash = server.Services.GetRequiredService<Passwords>().Hash(Person.Password);
        var bcrypt = BCrypt.Net.BCrypt.HashPassword(Person.Password, 4);

        var ours = await server.Service.SendAsync("admin/users", new { email = "ada@example.com", email_confirm = true, password_hash = hash });
        var foreign = await server.Service.SendAsync("admin/users", new { email = "bob@example.com", email_confirm = true, password_hash = bcrypt });

        Assert.Equal((200, 200), (ours.Status, foreign.Status));
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal(bcrypt, await server.Database.ScalarAsync<string>("select encrypted_password from auth.users where email = 'bob@example.com'"));
    }

    [Fact]
    public async Task Account_may_be_banned_from_the_start()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Service.SendAsync(
            "admin/users", new { email = "ada@example.com", password = Person.Password, email_confirm = true, ban_duration = "1h30m", role = "authenticated" });

        Assert.Equal(
            DateTime.Parse(answer.Text("created_at")).AddMinutes(90), DateTime.Parse(answer.Text("banned_until")));
        Assert.Equal("authenticated", answer.Text("role"));
        Assert.Equal("user_banned", (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Code);
    }

    [Fact]
    public async Task Bad_account_is_refused_and_leaves_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var taken = (await server.Service.SendAsync("admin/users", new { email = "taken@example.com", phone = "491234567" })).Text("id");
        await server.Service.SendAsync("admin/users", new { id = "83fd9e20-7a80-46e4-bf29-a86e3d6bbf66", email = "gone@example.com" });
        await server.Service.RemoveAsync("admin/users/83fd9e20-7a80-46e4-bf29-a86e3d6bbf66");
        (string Body, string Expected)[] cases =
        [
            ("{", "400 bad_json Could not parse request body as JSON: it is malformed"),
            ("{}", "400 validation_failed Cannot create a user without either an email or phone"),
            ("""{"email":""}""", "400 validation_failed Cannot create a user without either an email or phone"),
            ("""{"email":"xx:;x@x.x"}""", "400 validation_failed Unable to validate email address: invalid format"),
            ("""{"phone":"0123"}""", "400 validation_failed Invalid phone number format (E.164 required)"),
            ("""{"email":"TAKEN@example.com"}""", "422 email_exists A user with this email address has already been registered"),
            ("""{"phone":"+49 1234567"}""", "422 phone_exists Phone number already registered by another user"),
            ($$"""{"id":"{{taken}}","email":"a@b.c"}""", "422 user_already_exists User already registered"),
            ("""{"id":"83fd9e20-7a80-46e4-bf29-a86e3d6bbf66","email":"a@b.c"}""", "422 user_already_exists User already registered"),
            ("""{"id":"1","email":"a@b.c"}""", "400 validation_failed ID must conform to the uuid v4 format"),
            ("""{"id":"00000000-0000-0000-0000-000000000000","email":"a@b.c"}""", "400 validation_failed ID cannot be a nil uuid"),
            ("""{"email":"a@b.c","password":"a","password_hash":"b"}""", "400 validation_failed Only a password or a password hash should be provided"),
            ("""{"email":"a@b.c","password_hash":"$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA"}""",
                "400 validation_failed password_hash must be one of bcrypt or of ASP.NET Core Identity (version 3)"),
            ("""{"email":"a@b.c","password_hash":"$2b$31$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}""",
                "400 validation_failed password_hash must be one of bcrypt or of ASP.NET Core Identity (version 3)"),
            ($$"""{"email":"a@b.c","password":"{{new string('x', 1025)}}"}""", "400 validation_failed Password cannot be longer than 1024 bytes"),
            ("""{"email":"a@b.c","role":"service_role"}""", "400 validation_failed role must be authenticated: what a person may do is in public.user_roles"),
            ("""{"email":"a@b.c","ban_duration":"1d"}""",
                """400 validation_failed invalid format for ban duration: time: unknown unit "d" in duration "1d" """),
            ("""{"email":"a@b.c","user_metadata":[]}""", "400 validation_failed user_metadata must be an object"),
            ("""{"email":"a@b.c","app_metadata":"x"}""", "400 validation_failed app_metadata must be an object"),
            ($$$"""{"email":"a@b.c","app_metadata":{"x":"{{{new string('x', 4096)}}}"}}""",
                "400 validation_failed app_metadata may have 4096 bytes at most: it travels in every access token"),
            ("""{"email":"a@b.c","email_confirm":"yes"}""", "400 bad_json Could not parse request body as JSON: unexpected value at $.email_confirm"),
        ];

        foreach (var (body, expected) in cases)
        {
            var answer = await server.Service.SendAsync("admin/users", body);
            Assert.Equal((body, expected.Trim()), (body, $"{answer.Status} {answer.Text("code")} {answer.Text("message")}"));
        }

        Assert.Equal(400, (await server.Service.SendAsync("admin/users", $$"""{"email":"a@b.c","role":"{{new string('x', 256)}}"}""")).Status);
        Assert.Equal(400, (await server.Service.SendAsync("admin/users", """{"email":"a@b.c","user_metadata":{"a":"\u0000"}}""")).Status);
        Assert.Equal("taken@example.com", await server.Database.ScalarAsync<string>("select string_agg(email, ' ') from auth.users"));
        Assert.Equal(3, await server.Database.ScalarAsync<long>("select count(*) from auth.audit_log_entries"));
    }

    [Fact]
    public async Task Of_ten_with_one_address_at_once_one_is_made()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => server.Service.SendAsync("admin/users", new { email = "ada@example.com" })));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal("email_exists", answer.Text("code")));
    }
}
