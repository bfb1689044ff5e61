using System.Globalization;
using Evolv.Auth;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Grants;

public sealed class PasswordGrantTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Person_signs_in_on_a_second_device()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await server.Anonymous.SignInAsync("Ada@Example.com", Person.Password);

        Assert.Equal(200, answer.Status);
        Assert.Equal(ada.Id.ToString(), answer.User["id"]!.GetValue<string>());
        Assert.NotEqual(ada.RefreshToken, answer.Text("refresh_token"));
        Assert.Equal(2, await server.Database.ScalarAsync<long>($"select count(*) from auth.sessions where user_id = '{ada.Id}'"));
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(answer.Text("access_token"))).Status);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.audit_log_entries where payload ->> 'action' = 'login'"));
    }

    [Fact]
    public async Task Wrong_password_unknown_address_and_guest_are_answered_alike()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("insert into auth.users (email, email_confirmed_at) values ('nopassword@example.com', now())");
        (string Email, string? Password)[] attempts =
        [
            ("ada@example.com", "wrong password"), ("ada@example.com", ""), ("ada@example.com", null), ("nobody@example.com", Person.Password),
            ("nopassword@example.com", ""), ("nopassword@example.com", "x"), ("ada@example.com\0", Person.Password), ("' or true --", "x"),
        ];

        foreach (var (email, password) in attempts)
        {
            var answer = await server.Anonymous.SignInAsync(email, password!);
            Assert.Equal(
                (email, """400 {"code":"invalid_credentials","message":"Invalid login credentials"}"""), (email, answer.Whole));
        }
    }

    [Fact]
    public async Task Old_clients_get_the_old_form_of_an_error()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Anonymous.AuthAsync(
            HttpMethod.Post, "token?grant_type=password", new { email = "nobody@example.com", password = "x" }, isVersioned: false);
        var versioned = await server.Anonymous.SignInAsync("nobody@example.com", "x");

        Assert.Equal("""400 {"code":400,"error_code":"invalid_credentials","msg":"Invalid login credentials"}""", answer.Whole);
        Assert.Equal("invalid_credentials", answer.Headers.GetValues("x-sb-error-code").Single());
        Assert.False(answer.Headers.Contains("X-Supabase-Api-Version"));
        Assert.Equal("2024-01-01", versioned.Headers.GetValues("X-Supabase-Api-Version").Single());
    }

    [Fact]
    public async Task Bad_request_is_answered_in_the_dialect()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        (string Path, string Body, string Expected)[] cases =
        [
            ("token?grant_type=password", """{"password":"x"}""", """400 {"code":"validation_failed","message":"missing email or phone"}"""),
            ("token?grant_type=password", """{"phone":"49"}""", """422 {"code":"phone_provider_disabled","message":"Phone logins are disabled"}"""),
            ("token?grant_type=password", "", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ("token?grant_type=refresh_token", "{}", """400 {"error":"invalid_request","error_description":"refresh_token required"}"""),
            ("token", "{}", """400 {"error":"unsupported_grant_type","error_description":"grant_type must be password, refresh_token, pkce or id_token"}"""),
            ("token?grant_type=magic", "{}", """400 {"error":"unsupported_grant_type","error_description":"grant_type must be password, refresh_token, pkce or id_token"}"""),
            ("nothing/here", "{}", """404 {"code":"validation_failed","message":"No such endpoint or method under /auth/v1"}"""),
        ];

        foreach (var (path, body, expected) in cases)
            Assert.Equal((path, body, expected), (path, body, (await server.Anonymous.PostAsync(path, body)).Whole));
    }

    [Fact]
    public async Task Banned_and_unconfirmed_people_stay_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.SignUpAsync("bob");
        await server.Database.ExecuteAsync(
            """
            update auth.users set banned_until = now() + interval '1 day' where email = 'ada@example.com';
            update auth.users set email_confirmed_at = null where email = 'bob@example.com';
            """);

        var banned = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
        var unconfirmed = await server.Anonymous.SignInAsync("bob@example.com", Person.Password);
        var guess = await server.Anonymous.SignInAsync("ada@example.com", "wrong password");

        Assert.Equal("""400 {"code":"user_banned","message":"User is banned"}""", banned.Whole);
        Assert.Equal("""400 {"code":"email_not_confirmed","message":"Email not confirmed"}""", unconfirmed.Whole);
        Assert.Equal("invalid_credentials", guess.Code);
    }

    [Fact]
    public async Task Password_hash_is_strong_and_follows_the_settings()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        string before;
        await using (var weaker = await EvolvServer.StartAsync(database))
        {
            await weaker.SignUpAsync("ada");
            before = await HashAsync(database);
            var iterations = new AuthOptions().PasswordIterations.ToString(CultureInfo.InvariantCulture);
            await using var server = await EvolvServer.StartAsync(database, ("Auth:PasswordIterations", iterations));

            var answer = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

            Assert.Equal(200, answer.Status);
            var after = Convert.FromBase64String(await HashAsync(database));
            // Format 1, PBKDF2 with HMAC-SHA512 (2), iterations, 16 bytes of salt, 32 of key.
            Assert.Equal([1, 0, 0, 0, 2], after[..5]);
            Assert.Equal(220_000, System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(after.AsSpan(5)));
            Assert.Equal(13 + 16 + 32, after.Length);
            Assert.NotEqual(before, Convert.ToBase64String(after));
            Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        }
    }

    [Fact]
    public async Task Weak_but_right_password_signs_in_and_is_told()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var before = await EvolvServer.StartAsync(database, ("Auth:MinPasswordLength", "6"));
        await before.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = "xk7q9w" });
        await using var server = await EvolvServer.StartAsync(database);

        var answer = await server.Anonymous.SignInAsync("ada@example.com", "xk7q9w");

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            """{"message":"Password should be at least 8 characters.","reasons":["length"]}""", answer.Body!["weak_password"]!.ToJsonString());
    }

    static Task<string> HashAsync(TestDatabase database)
        => database.ScalarAsync<string>("select encrypted_password from auth.users where email = 'ada@example.com'");
}
