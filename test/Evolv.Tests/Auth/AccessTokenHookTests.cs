using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth;

public sealed class AccessTokenHookTests(EvolvCluster cluster)
{
    static JsonObject Claims(string accessToken)
        => JsonNode.Parse(Encoding.UTF8.GetString(Base64UrlEncoder.DecodeBytes(accessToken.Split('.')[1])))!.AsObject();

    static string Hook(string body)
        => $"""
            create or replace function evolv.access_token_hook(event jsonb) returns jsonb language plpgsql stable set search_path = ''
            as $$ begin {body} end $$
            """;

    [Fact]
    public async Task Token_says_what_GoTrue_says()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var claims = Claims(ada.AccessToken);

        Assert.Equal(
            ["aal", "amr", "app_metadata", "aud", "email", "exp", "iat", "is_anonymous", "iss", "phone", "role", "session_id", "sub", "user_metadata"],
            claims.Select(claim => claim.Key).Order(StringComparer.Ordinal));
        Assert.Equal("""[{"method":"password","timestamp":""", claims["amr"]!.ToJsonString()[..34]);
        Assert.Equal("""{"provider":"email","providers":["email"]}""", claims["app_metadata"]!.ToJsonString());
        Assert.Equal(ada.Id.ToString(), claims["sub"]!.GetValue<string>());
        Assert.Equal(3600, claims["exp"]!.GetValue<long>() - claims["iat"]!.GetValue<long>());
    }

    [Fact]
    public async Task Roles_and_tier_come_with_the_next_token_and_nobody_writes_them()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada", "teacher", "reviewer");
        await server.Database.ExecuteAsync($$"""
            insert into public.user_roles (user_id, role, granted_at, expires_at) values ('{{ada.Id}}', 'admin', now() - interval '2 h', now() - interval '1 h');
            update auth.users set raw_app_meta_data = raw_app_meta_data || '{"tier": "premium"}' where id = '{{ada.Id}}';
            """);

        var refused = await server.Keyless.PutUserAsync(ada.AccessToken, new { app_metadata = new { tier = "premium" } });
        await server.Keyless.PutUserAsync(ada.AccessToken, new { data = new { roles = new[] { "admin" }, app_metadata = new { roles = new[] { "admin" } } } });
        var refreshed = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        Assert.Equal("not_admin", refused.Code);
        Assert.Equal(
            """{"tier":"premium","roles":["reviewer","teacher"],"provider":"email","providers":["email"]}""",
            Claims(refreshed.Text("access_token"))["app_metadata"]!.ToJsonString());
        Assert.False(refreshed.User["app_metadata"]!.AsObject().ContainsKey("roles"));
    }

    [Fact]
    public async Task Operator_adds_claims_and_refuses()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(Hook(
            """return jsonb_build_object('claims', event -> 'claims' || jsonb_build_object('school', 'Lovelace', 'by', event -> 'authentication_method'));"""));

        var added = Claims((await server.Anonymous.RefreshAsync(ada.RefreshToken)).Text("access_token"));
        await server.Database.ExecuteAsync(Hook("""return '{"error": {"http_code": 451, "message": "Not in this country"}}';"""));
        var refused = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        Assert.Equal(("Lovelace", "token_refresh"), (added["school"]!.GetValue<string>(), added["by"]!.GetValue<string>()));
        Assert.Equal("""451 {"code":"hook_refused","message":"Not in this country"}""", refused.Whole);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions"));
    }

    [Theory]
    [InlineData("return event -> 'claims';")]
    [InlineData("return null;")]
    [InlineData("return '[]';")]
    [InlineData("return jsonb_build_object('claims', (event -> 'claims') - 'sub');")]
    [InlineData("return jsonb_build_object('claims', event -> 'claims' || '{\"exp\": \"never\"}');")]
    public async Task Broken_hook_signs_nothing(string body)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(Hook(body));

        var answer = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        Assert.Equal((500, "unexpected_failure"), (answer.Status, answer.Code));
        Assert.Contains("evolv.access_token_hook", answer.Text("message"), StringComparison.Ordinal);
    }
}
