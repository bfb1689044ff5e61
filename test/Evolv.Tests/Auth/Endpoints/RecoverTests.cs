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

    [Fact]
    public async Task Link_that_waits_ends_when_the_password_is_changed()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("recover", new { email = "ada@example.com" });
        var mail = await server.LastMailToAsync("ada@example.com");

        await server.Keyless.PutUserAsync(ada.AccessToken, new { password = "a new long password" });

        Assert.Equal("otp_expired", (await server.FollowAsync(mail.Link)).Part("error_code"));
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
