using Evolv.Tests.Rest.Token;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Around;

/// <summary>Roles of an operator's own, with settings of their own.</summary>
public sealed class RoleServer(EvolvCluster cluster)
    : RestFixture(cluster, "Around/roles.sql", ("JwtSecret", Tokens.Secret), ("DbAnonRole", "around_visitor"));

public sealed class RoleSettingsTests(RoleServer server) : IClassFixture<RoleServer>
{
    RestServer Api => server.Api;

    [Fact]
    public async Task A_role_may_have_little_time()
    {
        (await Api.SendAsync("GET /rpc/wait?seconds=20", body: (string?)null, As("around_hasty")))
            .Fails(504, "57014", "canceling statement due to statement timeout");
        (await Api.SendAsync("POST /rpc/wait", """{"seconds":20}""", As("around_hasty")))
            .Fails(504, "57014", "canceling statement due to statement timeout");
        (await Api.SendAsync("GET /rpc/wait?seconds=0", body: (string?)null, As("around_hasty"))).IsEmpty(204);
    }

    [Theory]
    [InlineData("around_hasty", "statement_timeout", "50ms")]
    [InlineData("around_strict", "transaction_isolation", "serializable")]
    [InlineData("around_strict", "lock_timeout", "3s")]
    [InlineData("around_strict", "statement_timeout", "8s")]
    [InlineData("around_visitor", "statement_timeout", "8s")]
    [InlineData("around_visitor", "transaction_isolation", "read committed")]
    public async Task A_role_has_its_settings_and_no_others(string role, string setting, string value)
    {
        (await Api.SendAsync($"GET /rpc/setting?name={setting}", body: (string?)null, As(role))).Is(200, $"\"{value}\"");
        (await Api.SendAsync("POST /rpc/setting", $$"""{"name":"{{setting}}"}""", As(role))).Is(200, $"\"{value}\"");
    }

    [Fact]
    public async Task What_the_login_may_not_set_is_left_out()
        => (await Api.SendAsync("GET /rpc/setting?name=log_min_duration_statement", body: (string?)null, As("around_strict"))).Is(200, "\"-1\"");

    [Fact]
    public async Task Nobody_is_the_role_that_was_chosen()
    {
        (await Api.SendAsync("GET /rpc/setting?name=role")).Is(200, "\"around_visitor\"");
        (await Api.SendAsync("GET /rpc/setting?name=request.jwt.claims")).Is(200, "\"{\\\"role\\\":\\\"around_visitor\\\"}\"");
        (await Api.SendAsync("GET /closed")).Fails(401, "42501", "permission denied for table closed");
        (await Api.SendAsync("GET /closed", body: (string?)null, As("around_strict"))).Fails(403, "42501", "permission denied for table closed");
    }

    [Fact]
    public async Task A_role_that_is_not_there_is_refused()
        => (await Api.SendAsync("GET /rpc/setting?name=role", body: (string?)null, As("around_nobody")))
            .Fails(401, "22023", "role \"around_nobody\" does not exist").Has("WWW-Authenticate", "Bearer");

    [Fact]
    public async Task A_role_that_was_not_granted_is_refused()
        => (await Api.SendAsync("GET /rpc/setting?name=role", body: (string?)null, As("around_foreign")))
            .Fails(403, "42501", "permission denied to set role \"around_foreign\"");

    [Fact]
    public async Task A_setting_changes_when_it_is_told()
    {
        await Api.Database.ExecuteAsync("alter role around_moody set lock_timeout = '2s'; notify pgrst, 'reload config'");

        await Eventually.IsTrueAsync(async () =>
            (await Api.SendAsync("GET /rpc/setting?name=lock_timeout", body: (string?)null, As("around_moody"))).Body == "\"2s\"");
    }

    static string As(string role) => $"Authorization: Bearer {Tokens.Hs256($$"""{"role":"{{role}}"}""")}";
}
