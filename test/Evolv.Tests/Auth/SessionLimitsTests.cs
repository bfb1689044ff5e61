using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth;

public sealed class SessionLimitsTests(EvolvCluster cluster)
{
    const string Expired = """400 {"code":"session_expired","message":"Invalid Refresh Token: Session Expired"}""";

    [Fact]
    public async Task Session_ends_after_its_time_whatever_happens()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SessionTimeboxSeconds", "3600"));
        var ada = await server.SignUpAsync("ada");

        var before = await server.Anonymous.RefreshAsync(ada.RefreshToken);
        await server.Database.ExecuteAsync("update auth.sessions set not_after = now() - interval '1 s'");
        var after = await server.Anonymous.RefreshAsync(before.Text("refresh_token"));

        Assert.Equal(200, before.Status);
        Assert.Equal(Expired, after.Whole);
        Assert.Equal("session_not_found", (await server.Keyless.GetUserAsync(ada.AccessToken)).Code);
    }

    [Fact]
    public async Task Token_outlives_its_session_by_no_part_of_a_second_and_knows_no_second_that_has_not_come()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var end = DateTimeOffset.FromUnixTimeSeconds(DateTimeOffset.Parse(
            await server.Database.ScalarAsync<string>("select (now() + interval '10 min')::text"), System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds());
        await server.Database.ExecuteAsync($"update auth.sessions set not_after = '{end.AddMilliseconds(900):O}'");
        await server.Database.ExecuteAsync("update auth.mfa_amr_claims set created_at = '2026-01-02T03:04:05.9Z'");

        var refreshed = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        var claims = Tool.Claims(refreshed.Text("access_token"));
        Assert.Equal(end.ToUnixTimeSeconds(), claims["exp"]!.GetValue<long>());
        Assert.Equal(DateTimeOffset.UnixEpoch.AddSeconds(claims["amr"]![0]!["timestamp"]!.GetValue<long>()), new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    }

    [Fact]
    public async Task Session_ends_when_nobody_uses_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SessionInactivitySeconds", "600"));
        var ada = await server.SignUpAsync("ada");

        await server.Database.ExecuteAsync("update auth.sessions set created_at = now() - interval '599 s'");
        var before = await server.Anonymous.RefreshAsync(ada.RefreshToken);
        await server.Database.ExecuteAsync("update auth.sessions set refreshed_at = now() - interval '601 s'");
        var after = await server.Anonymous.RefreshAsync(before.Text("refresh_token"));

        Assert.Equal(200, before.Status);
        Assert.Equal(Expired, after.Whole);
    }

    [Fact]
    public async Task Newest_sign_in_can_be_the_only_one()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SingleSession", "true"));
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");

        await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        Assert.Equal("session_not_found", (await server.Keyless.GetUserAsync(ada.AccessToken)).Code);
        Assert.Equal(400, (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Status);
        Assert.Equal(200, (await server.Keyless.GetUserAsync(bob.AccessToken)).Status);
    }
}
