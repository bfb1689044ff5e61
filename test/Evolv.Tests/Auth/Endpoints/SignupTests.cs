using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class SignupTests(EvolvCluster cluster)
{
    [Fact]
    public async Task New_person_gets_a_session_and_a_profile()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Anonymous.PostAsync("signup", new
        {
            email = "Ada@Example.com",
            password = "correct horse battery",
            data = new { full_name = "Ada", sub = "somebody else", email_verified = false, role = "admin" },
            gotrue_meta_security = new { },
            code_challenge = (string?)null,
        });

        Assert.Equal(200, answer.Status);
        var id = answer.User["id"]!.GetValue<string>();
        var user = answer.User;
        var at = user["created_at"]!.GetValue<string>();
        Assert.EndsWith("Z", at, StringComparison.Ordinal);
        var identity = user["identities"]![0]!;
        var expected = new JsonObject
        {
            ["id"] = id,
            ["aud"] = "authenticated",
            ["role"] = "authenticated",
            ["email"] = "ada@example.com",
            ["email_confirmed_at"] = at,
            ["phone"] = "",
            ["confirmed_at"] = at,
            ["last_sign_in_at"] = user["last_sign_in_at"]!.DeepClone(),
            ["app_metadata"] = new JsonObject { ["provider"] = "email", ["providers"] = new JsonArray("email") },
            ["user_metadata"] = new JsonObject
            {
                ["sub"] = id,
                ["role"] = "admin",
                ["email"] = "ada@example.com",
                ["full_name"] = "Ada",
                ["email_verified"] = true,
                ["phone_verified"] = false,
            },
            ["identities"] = new JsonArray(new JsonObject
            {
                ["identity_id"] = identity["identity_id"]!.DeepClone(),
                ["id"] = id,
                ["user_id"] = id,
                ["identity_data"] = new JsonObject
                {
                    ["sub"] = id,
                    ["role"] = "admin",
                    ["email"] = "ada@example.com",
                    ["full_name"] = "Ada",
                    ["email_verified"] = false,
                    ["phone_verified"] = false,
                },
                ["provider"] = "email",
                ["email"] = "ada@example.com",
                ["last_sign_in_at"] = identity["last_sign_in_at"]!.DeepClone(),
                ["created_at"] = identity["created_at"]!.DeepClone(),
                ["updated_at"] = identity["updated_at"]!.DeepClone(),
            }),
            ["created_at"] = at,
            ["updated_at"] = user["updated_at"]!.DeepClone(),
            ["is_anonymous"] = false,
        };
        AssertSame(expected, user);
        Assert.Equal(
            ["access_token", "expires_at", "expires_in", "refresh_token", "token_type", "user"],
            answer.Body!.Select(property => property.Key).Order());
        Assert.Equal("bearer", answer.Text("token_type"));
        Assert.Equal(3600, answer.Body!["expires_in"]!.GetValue<int>());
        Assert.Equal("Ada", await server.Database.ScalarAsync<string>($"select full_name from public.profiles where id = '{id}'"));
    }

    [Fact]
    public async Task Guest_gets_a_session_without_address_or_identity()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Anonymous.PostAsync("signup", new { data = new { full_name = "Guest" }, gotrue_meta_security = new { } });

        Assert.Equal(200, answer.Status);
        var user = answer.User;
        AssertSame(new JsonObject
        {
            ["id"] = user["id"]!.DeepClone(),
            ["aud"] = "authenticated",
            ["role"] = "authenticated",
            ["email"] = "",
            ["phone"] = "",
            ["last_sign_in_at"] = user["last_sign_in_at"]!.DeepClone(),
            ["app_metadata"] = new JsonObject(),
            ["user_metadata"] = new JsonObject { ["full_name"] = "Guest" },
            ["identities"] = new JsonArray(),
            ["created_at"] = user["created_at"]!.DeepClone(),
            ["updated_at"] = user["updated_at"]!.DeepClone(),
            ["is_anonymous"] = true,
        }, user);
        Assert.True(await server.Database.ScalarAsync<bool>($"select is_guest from public.profiles where id = '{user["id"]}'"));
    }

    [Fact]
    public async Task Access_token_carries_the_claims_that_policies_read()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SiteUrl", "https://evolv.example/"));

        var answer = await server.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password });

        var token = new Microsoft.IdentityModel.JsonWebTokens.JsonWebToken(answer.Text("access_token"));
        var claims = JsonNode.Parse(Microsoft.IdentityModel.Tokens.Base64UrlEncoder.Decode(token.EncodedPayload))!.AsObject();
        var expiresAt = answer.Body!["expires_at"]!.GetValue<long>();
        AssertSame(new JsonObject
        {
            ["iss"] = "https://evolv.example/auth/v1",
            ["sub"] = answer.User["id"]!.DeepClone(),
            ["aud"] = "authenticated",
            ["exp"] = expiresAt,
            ["iat"] = expiresAt - 3600,
            ["email"] = "ada@example.com",
            ["phone"] = "",
            ["app_metadata"] = new JsonObject { ["provider"] = "email", ["providers"] = new JsonArray("email") },
            ["user_metadata"] = answer.User["user_metadata"]!.DeepClone(),
            ["role"] = "authenticated",
            ["aal"] = "aal1",
            ["amr"] = new JsonArray(new JsonObject { ["method"] = "password", ["timestamp"] = claims["amr"]![0]!["timestamp"]!.DeepClone() }),
            ["session_id"] = claims["session_id"]!.DeepClone(),
            ["is_anonymous"] = false,
        }, claims);
        Assert.Equal(("ES256", "JWT", false), (token.Alg, token.Typ, string.IsNullOrEmpty(token.Kid)));
    }

    [Fact]
    public async Task Taken_address_is_refused_whatever_its_case()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");

        var answer = await server.Anonymous.PostAsync("signup", new { email = "ADA@example.com", password = "another password" });

        Assert.Equal("""422 {"code":"user_already_exists","message":"User already registered"}""", answer.Whole);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
    }

    [Fact]
    public async Task Twenty_sign_ups_at_once_of_one_address_make_one_account()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            server.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password })));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.Equal(19, answers.Count(answer => answer.Status == 422 && answer.Code == "user_already_exists"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from public.profiles"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions"));
    }

    [Fact]
    public async Task Bad_input_gets_a_clear_answer_and_leaves_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var deep = string.Concat(Enumerable.Repeat("[", 200));
        (string Body, string Expected)[] cases =
        [
            ("", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ("{", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ("null", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it must be an object"}"""),
            ("[]", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ("""{"email":1,"password":"x"}""", """400 {"code":"bad_json","message":"Could not parse request body as JSON: unexpected value at $.email"}"""),
            ("""{"email":"\ud800@example.com","password":"long enough"}""", """400 {"code":"bad_json","message":"Could not parse request body as JSON: unexpected value at $.email"}"""),
            ($$"""{"data":{{deep}}""", """400 {"code":"bad_json","message":"Could not parse request body as JSON: unexpected value at $.data"}"""),
            ("""{"email":"a@example.com"}""", """400 {"code":"validation_failed","message":"Signup requires a valid password"}"""),
            ("""{"email":"a@example.com","password":""}""", """400 {"code":"validation_failed","message":"Signup requires a valid password"}"""),
            ("""{"password":"long enough"}""", """400 {"code":"validation_failed","message":"To signup, please provide your email"}"""),
            ("""{"phone":"4912345","password":"long enough"}""", """400 {"code":"phone_provider_disabled","message":"Phone signups are disabled"}"""),
            ("""{"email":"nobody","password":"long enough"}""", InvalidEmail),
            ("""{"email":"a@b@c","password":"long enough"}""", InvalidEmail),
            ("""{"email":"a b@example.com","password":"long enough"}""", InvalidEmail),
            ("""{"email":"a@example.com\n","password":"long enough"}""", InvalidEmail),
            ("""{"email":"a\u0000@example.com","password":"long enough"}""", InvalidEmail),
            ("""{"email":"Ada <a@example.com>","password":"long enough"}""", InvalidEmail),
            ($$"""{"email":"{{new string('a', 65)}}@example.com","password":"long enough"}""", InvalidEmail),
            ($$"""{"email":"a@{{string.Join('.', Enumerable.Repeat("example", 40))}}","password":"long enough"}""", InvalidEmail),
            ("""{"email":"a@example.com","password":"long enough","data":"text"}""", """400 {"code":"validation_failed","message":"data must be an object"}"""),
            ("""{"email":"a@example.com","password":"long enough","data":{"a":"\u0000"}}""", """400 {"code":"validation_failed","message":"unsupported Unicode escape sequence"}"""),
            ("""{"email":"a@example.com","password":"long enough","data":{"a":"\ud800"}}""", """400 {"code":"validation_failed","message":"invalid input syntax for type json"}"""),
            ("""{"data":{"a":"\u0000"}}""", """400 {"code":"validation_failed","message":"unsupported Unicode escape sequence"}"""),
            ("""{"data":{"a":1e999999}}""", """400 {"code":"validation_failed","message":"value overflows numeric format"}"""),
            ($$$"""{"data":{"a":"{{{new string('a', 5000)}}}"}}""",
                """400 {"code":"validation_failed","message":"user_metadata may have 4096 bytes at most: it travels in every access token"}"""),
            ("""{"email":"a@example.com","password":"seven77"}""",
                """422 {"code":"weak_password","message":"Password should be at least 8 characters.","weak_password":{"reasons":["length"]}}"""),
            ("""{"email":"a@example.com","password":"PassWord123"}""",
                """422 {"code":"weak_password","message":"Password is known to be weak and easy to guess, please choose a different one.","weak_password":{"reasons":["pwned"]}}"""),
            ($$"""{"email":"a@example.com","password":"{{new string('é', 513)}}"}""",
                """400 {"code":"validation_failed","message":"Password cannot be longer than 1024 bytes"}"""),
        ];

        foreach (var (body, expected) in cases)
        {
            var answer = await server.Anonymous.PostAsync("signup", body);
            Assert.Equal((body, expected), (body, answer.Whole));
        }

        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from public.profiles"));
    }

    [Fact]
    public async Task Password_may_have_1024_bytes_of_any_kind_and_all_of_them_count()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var password = string.Concat(Enumerable.Range(0, 340).Select(i => (char)(0x4E00 + i * 37))) + "\0abc";

        var signUp = await server.Anonymous.PostAsync("signup", new { email = "ada@example.com", password });
        var signIn = await server.Anonymous.SignInAsync("ada@example.com", password);
        var shorter = await server.Anonymous.SignInAsync("ada@example.com", password[..^1]);
        var other = await server.Anonymous.SignInAsync("ada@example.com", password[..^1] + "d");

        Assert.Equal(1024, System.Text.Encoding.UTF8.GetByteCount(password));
        Assert.Equal((200, 200, 400, 400), (signUp.Status, signIn.Status, shorter.Status, other.Status));
    }

    [Fact]
    public async Task Operator_can_close_sign_up_and_guests()
    {
        await using var closed = await EvolvServer.StartAsync(cluster, ("Auth:DisableSignup", "true"));
        await using var noGuests = await EvolvServer.StartAsync(cluster, ("Auth:AllowAnonymous", "false"));

        var person = await closed.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password });
        var guest = await noGuests.Anonymous.PostAsync("signup", new { });

        Assert.Equal("""422 {"code":"signup_disabled","message":"Signups not allowed for this instance"}""", person.Whole);
        Assert.Equal("""422 {"code":"anonymous_provider_disabled","message":"Anonymous sign-ins are disabled"}""", guest.Whole);
    }

    [Fact]
    public async Task Sign_up_is_in_the_audit_log()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var ada = await server.SignUpAsync("ada");

        Assert.Equal(
            $"user_signedup {ada.Id} ada@example.com 127.0.0.1",
            await server.Database.ScalarAsync<string>(
                "select format('%s %s %s %s', payload ->> 'action', payload ->> 'actor_id', payload ->> 'actor_username', ip_address) from auth.audit_log_entries"));
    }

    const string InvalidEmail =
        """400 {"code":"validation_failed","message":"Unable to validate email address: invalid format"}""";

    static void AssertSame(JsonNode expected, JsonNode actual)
        => Assert.True(JsonNode.DeepEquals(expected, actual), $"expected {expected.ToJsonString()}\nactual   {actual.ToJsonString()}");
}
