using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class RecoverTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Forgotten_password_is_replaced_and_other_devices_are_signed_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var asked = await server.Anonymous.PostAsync("recover?redirect_to=http://127.0.0.1:5173/new-password", new { email = "Ada@example.com" });
        var landing = await server.FollowAsync((await server.LastMailToAsync("ada@example.com")).Link);
        var changed = await server.Keyless.PutUserAsync(landing.Part("access_token")!, new { password = "a new long password" });

        Assert.Equal("200 {}", asked.Whole);
        Assert.StartsWith("http://127.0.0.1:5173/new-password#access_token=", landing.Place, StringComparison.Ordinal);
        Assert.Equal(200, changed.Status);
        Assert.Equal("session_not_found", (await server.Keyless.GetUserAsync(ada.AccessToken)).Code);
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", "a new long password")).Status);
    }

    [Theory]
    [InlineData("own password")]
    [InlineData("sign-out everywhere")]
    [InlineData("administrator's sign-out")]
    [InlineData("administrator's password")]
    public async Task What_waits_ends_when_everything_does(string how)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("recover", new { email = "ada@example.com" });
        var mail = await server.LastMailToAsync("ada@example.com");
        var (_, challenge) = Pkce.New();
        await server.Anonymous.PostAsync("otp", new { email = "ada@example.com", code_challenge = challenge, code_challenge_method = "s256" });
        await server.Database.ExecuteAsync("update auth.users set email_change = 'evil@example.com', email_change_confirm_status = 1");

        await (how switch
        {
            "own password" => server.Keyless.PutUserAsync(ada.AccessToken, new { password = "a new long password" }),
            "sign-out everywhere" => server.Keyless.PostAsync("logout?scope=global", bearer: ada.AccessToken),
            "administrator's sign-out" => server.Service.PostAsync($"admin/users/{ada.Id}/logout"),
            _ => server.Service.AuthAsync(HttpMethod.Put, $"admin/users/{ada.Id}", new { password = "a new long password" }),
        });

        Assert.Equal("otp_expired", (await server.FollowAsync(mail.Link)).Part("error_code"));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select (select count(*) from auth.one_time_tokens) + (select count(*) from auth.flow_state)"));
        Assert.True(await server.Database.ScalarAsync<bool>("select email_change is null and email_change_confirm_status = 0 from auth.users"));
    }

    [Fact]
    public async Task Unknown_address_answers_the_same_and_nobody_gets_mail()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var recover = await server.Anonymous.PostAsync("recover", new { email = "nobody@example.com" });
        var resend = await server.Anonymous.PostAsync("resend", new { type = "signup", email = "nobody@example.com" });

        Assert.Equal(("200 {}", "200 {}"), (recover.Whole, resend.Whole));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.mails where recipient <> ''"));
    }

    [Fact]
    public async Task Banned_person_is_not_let_in_by_mail()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("recover", new { email = "ada@example.com" });
        await server.Database.ExecuteAsync($"update auth.users set banned_until = now() + interval '1 h' where id = '{ada.Id}'");

        var landing = await server.FollowAsync((await server.LastMailToAsync("ada@example.com")).Link);

        Assert.Equal(("access_denied", "user_banned"), (landing.Part("error"), landing.Part("error_code")));
    }
}
