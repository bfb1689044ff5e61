using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminUserFactorsTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Service_lists_renames_and_takes_away_the_factors_of_somebody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, session) = await Authenticator.SetUpAsync(server, ada.AccessToken, "phone");
        await Authenticator.EnrollAsync(server, session.Text("access_token"), "tablet");
        var (list, path) = ($"admin/users/{ada.Id}/factors", $"admin/users/{ada.Id}/factors/{authenticator.FactorId}");

        var listed = await server.Service.ReadAsync(list);
        var renamed = await server.Service.WriteAsync(path, new { friendly_name = "old phone" });
        var conflict = await server.Service.WriteAsync(path, new { friendly_name = "tablet" });
        var deleted = await server.Service.RemoveAsync(path);
        var gone = await server.Service.RemoveAsync(path);

        Assert.Equal(["phone", "tablet"], listed.Array.Select(factor => factor!["friendly_name"]!.GetValue<string>()));
        Assert.Equal((200, "old phone", authenticator.FactorId), (renamed.Status, renamed.Text("friendly_name"), renamed.Text("id")));
        Assert.Equal((422, "mfa_factor_name_conflict"), (conflict.Status, conflict.Text("code")));
        Assert.Equal(renamed.Whole, deleted.Whole);
        Assert.Equal("""404 {"code":"mfa_factor_not_found","message":"Factor not found"}""", gone.Whole);
        // Who lost the device signs in with the password alone again, and what was raised falls back.
        Assert.Equal("aal1", Authenticator.Claim(
            (await server.Anonymous.RefreshAsync(session.Text("refresh_token"))).Text("access_token"), "aal").GetValue<string>());
        Assert.Equal(
            "factor_updated factor_deleted",
            await server.Database.ScalarAsync<string>(
                $"""
                select string_agg(payload ->> 'action', ' ' order by created_at)
                from auth.audit_log_entries
                where payload ->> 'actor_username' = 'service_role' and payload ->> 'log_type' = 'factor'
                    and payload -> 'traits' = jsonb_build_object('user_id', '{ada.Id}', 'factor_id', '{authenticator.FactorId}')
                """));
    }

    [Fact]
    public async Task Without_factors_the_list_is_empty_and_without_an_account_there_is_none()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var authenticator = await Authenticator.EnrollAsync(server, bob.AccessToken);

        Assert.Equal("200 []", (await server.Service.ReadAsync($"admin/users/{ada.Id}/factors")).Whole);
        Assert.Equal(
            """404 {"code":"user_not_found","message":"User not found"}""",
            (await server.Service.ReadAsync("admin/users/83fd9e20-7a80-46e4-bf29-a86e3d6bbf66/factors")).Whole);
        Assert.Equal(
            """404 {"code":"mfa_factor_not_found","message":"Factor not found"}""",
            (await server.Service.RemoveAsync($"admin/users/{ada.Id}/factors/{authenticator.FactorId}")).Whole);
        Assert.Equal(
            """404 {"code":"validation_failed","message":"factor_id must be an UUID"}""",
            (await server.Service.RemoveAsync($"admin/users/{ada.Id}/factors/1")).Whole);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_factors"));
    }
}
