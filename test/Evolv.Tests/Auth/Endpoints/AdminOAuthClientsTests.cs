using System.Text.Json.Nodes;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class AdminOAuthClientsTests(EvolvCluster cluster)
{
    const string NotFound = """404 {"code":"oauth_client_not_found","message":"OAuth client not found"}""";

    [Fact]
    public async Task Administrator_registers_reads_changes_and_deletes_a_client()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var made = await server.Service.SendAsync("admin/oauth/clients", new
        {
            client_name = "Plans",
            redirect_uris = new[] { "https://plans.example.com/cb", "http://localhost:3000/cb" },
            client_uri = "https://plans.example.com",
        });
        var id = made.Text("client_id");
        var read = await server.Service.ReadAsync($"admin/oauth/clients/{id}");
        var changed = await server.Service.WriteAsync($"admin/oauth/clients/{id}", new { logo_uri = "http://plans.example.com/logo.png", client_uri = "" });

        Assert.Equal(201, made.Status);
        Assert.Equal(43, made.Text("client_secret").Length);
        var expected = new JsonObject
        {
            ["client_id"] = id,
            ["client_type"] = "confidential",
            ["redirect_uris"] = new JsonArray("https://plans.example.com/cb", "http://localhost:3000/cb"),
            ["token_endpoint_auth_method"] = "client_secret_basic",
            ["grant_types"] = new JsonArray("authorization_code", "refresh_token"),
            ["response_types"] = new JsonArray("code"),
            ["client_name"] = "Plans",
            ["client_uri"] = "https://plans.example.com",
            ["registration_type"] = "manual",
            ["created_at"] = made.Text("created_at"),
            ["updated_at"] = made.Text("created_at"),
        };
        Assert.True(JsonNode.DeepEquals(expected, read.Body), read.Whole);
        expected["client_secret"] = made.Text("client_secret");
        Assert.True(JsonNode.DeepEquals(expected, made.Body), made.Whole);
        Assert.Equal(200, changed.Status);
        Assert.Equal(("Plans", "http://plans.example.com/logo.png"), (changed.Text("client_name"), changed.Text("logo_uri")));
        Assert.Null(changed.Body!["client_uri"]);
        Assert.Equal("204 ", (await server.Service.RemoveAsync($"admin/oauth/clients/{id}")).Whole);
        Assert.Equal(NotFound, (await server.Service.ReadAsync($"admin/oauth/clients/{id}")).Whole);
        Assert.Equal(NotFound, (await server.Service.RemoveAsync($"admin/oauth/clients/{id}")).Whole);
        Assert.Equal(
            "oauth_client.created oauth_client.deleted",
            await server.Database.ScalarAsync<string>("select string_agg(action, ' ' order by id) from (select id, action from audit.pending union all select id, action from audit.entries) e where action like 'oauth%'"));
    }

    [Fact]
    public async Task Secret_is_shown_once_and_kept_as_a_hash_and_a_new_one_ends_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);

        var renewed = await server.Service.SendAsync($"admin/oauth/clients/{tool.ClientId}/regenerate_secret");

        var after = tool with { Secret = renewed.Text("client_secret") };
        Assert.Equal(200, renewed.Status);
        Assert.NotEqual(tool.Secret, after.Secret);
        Assert.Equal(
            """401 {"error":"invalid_client","error_description":"Invalid client credentials"}""",
            (await tool.RefreshAsync(tokens.Text("refresh_token"))).Whole);
        Assert.Equal(200, (await after.RefreshAsync(tokens.Text("refresh_token"))).Status);
        var kept = await server.Database.ScalarAsync<string>("select string_agg(c::text, ' ') from auth.oauth_clients c");
        Assert.DoesNotContain(after.Secret!, kept, StringComparison.Ordinal);
        Assert.DoesNotContain(tool.Secret!, kept, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Public_client_has_no_secret()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var tool = await Tool.RegisterPublicAsync(server);

        var read = await server.Service.ReadAsync($"admin/oauth/clients/{tool.ClientId}");

        Assert.Null(tool.Secret);
        Assert.Equal(("public", "none"), (read.Text("client_type"), read.Text("token_endpoint_auth_method")));
        Assert.Equal(
            """400 {"code":"validation_failed","message":"Cannot regenerate secret for public client"}""",
            (await server.Service.SendAsync($"admin/oauth/clients/{tool.ClientId}/regenerate_secret")).Whole);
        Assert.Equal(
            """400 {"code":"validation_failed","message":"token_endpoint_auth_method 'client_secret_post' is not valid for client_type 'public'"}""",
            (await server.Service.WriteAsync($"admin/oauth/clients/{tool.ClientId}", new { token_endpoint_auth_method = "client_secret_post" })).Whole);
    }

    [Fact]
    public async Task Clients_are_listed_by_pages()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        Assert.Equal("""200 {"clients":[]}""", (await server.Service.ReadAsync("admin/oauth/clients")).Whole);
        for (var i = 1; i <= 3; i++)
            await Tool.RegisterAsync(server, new { client_name = $"Tool {i}", redirect_uris = new[] { Tool.Redirect } });

        var first = await server.Service.ReadAsync("admin/oauth/clients?page=1&per_page=2");
        var second = await server.Service.ReadAsync("admin/oauth/clients?page=2&per_page=2");
        var usual = await server.Service.ReadAsync("admin/oauth/clients?page=&per_page=");

        Assert.Equal("Tool 3 Tool 2", Names(first));
        Assert.Equal("Tool 1", Names(second));
        Assert.Equal("Tool 3 Tool 2 Tool 1", Names(usual));
        Assert.Equal("3", first.Headers.GetValues("X-Total-Count").Single());
        Assert.Equal(
            """</auth/v1/admin/oauth/clients?page=2&per_page=2>; rel="next", </auth/v1/admin/oauth/clients?page=2&per_page=2>; rel="last" """.TrimEnd(),
            string.Join(", ", first.Headers.GetValues("Link")));
        Assert.DoesNotContain("secret\":", first.Whole, StringComparison.Ordinal);
        Assert.Equal(400, (await server.Service.ReadAsync("admin/oauth/clients?page=x")).Status);

        static string Names(JsonAnswer answer)
            => string.Join(' ', answer.Body!["clients"]!.AsArray().Select(client => client!["client_name"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("{}", "redirect_uris is required")]
    [InlineData("""{"redirect_uris":[]}""", "redirect_uris is required")]
    [InlineData("""{"redirect_uris":[null]}""", "invalid redirect_uri '': redirect URI cannot be empty")]
    [InlineData("""{"redirect_uris":["http://tool.example.com/cb"]}""", "invalid redirect_uri 'http://tool.example.com/cb': HTTP scheme only allowed for localhost")]
    [InlineData("""{"redirect_uris":["https://tool.example.com/cb#x"]}""", "invalid redirect_uri 'https://tool.example.com/cb#x': fragment not allowed in redirect URI")]
    [InlineData("""{"redirect_uris":["javascript:alert(1)"]}""", "invalid redirect_uri 'javascript:alert(1)': invalid URL format")]
    [InlineData("""{"redirect_uris":["javascript://x/%0aalert(1)"]}""", "invalid redirect_uri 'javascript://x/%0aalert(1)': scheme must be HTTPS or HTTP (localhost only)")]
    [InlineData("""{"redirect_uris":["data:text/html,x"]}""", "invalid redirect_uri 'data:text/html,x': invalid URL format")]
    [InlineData("""{"redirect_uris":["https://u:p@tool.example.com/"]}""", "invalid redirect_uri 'https://u:p@tool.example.com/': invalid URL format")]
    [InlineData("""{"redirect_uris":["https://tool.example.com\\@evil.example/"]}""", """invalid redirect_uri 'https://tool.example.com\\@evil.example/': invalid URL format""")]
    [InlineData("""{"redirect_uris":["https://tool.example.com/\r\nSet-Cookie:x"]}""", """invalid redirect_uri 'https://tool.example.com/\r\nSet-Cookie:x': invalid URL format""")]
    [InlineData("""{"redirect_uris":["http://0x7f.1/cb"]}""", "invalid redirect_uri 'http://0x7f.1/cb': invalid URL format")]
    [InlineData("""{"redirect_uris":["/cb"]}""", "invalid redirect_uri '/cb': invalid URL format")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"grant_types":["password"]}""", "grant_types must only contain 'authorization_code' and/or 'refresh_token'")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"grant_types":[null]}""", "grant_types must only contain 'authorization_code' and/or 'refresh_token'")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"client_uri":"javascript:alert(1)"}""", "client_uri must be a valid URL")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"logo_uri":"data:image/png;base64,AA"}""", "logo_uri must be a valid URL")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"client_name":"a\u0000b"}""", "client_name must not contain control characters")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"client_name":"a\u202eb"}""", "client_name must not contain control characters")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"client_type":"secret"}""", "client_type must be 'public' or 'confidential'")]
    [InlineData("""{"redirect_uris":["https://a.example/"],"token_endpoint_auth_method":"private_key_jwt"}""", "token_endpoint_auth_method must be one of: [none client_secret_basic client_secret_post]")]
    [InlineData(
        """{"redirect_uris":["https://a.example/"],"client_type":"public","token_endpoint_auth_method":"client_secret_basic"}""",
        "client_type 'public' is inconsistent with token_endpoint_auth_method 'client_secret_basic' (expected client_type 'confidential')")]
    public async Task What_is_wrong_is_refused(string body, string message)
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Service.SendAsync("admin/oauth/clients", body);

        Assert.Equal($$"""400 {"code":"validation_failed","message":"{{message}}"}""", answer.Whole);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_clients"));
    }

    [Fact]
    public async Task Limits_and_odd_bodies_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var tool = await Tool.RegisterAsync(server);
        var path = $"admin/oauth/clients/{tool.ClientId}";
        string[] many = [.. Enumerable.Range(0, 11).Select(i => $"https://a.example/{i}")];

        (string Path, object Body, string Message)[] cases =
        [
            ("admin/oauth/clients", new { redirect_uris = many }, "redirect_uris cannot exceed 10 items"),
            ("admin/oauth/clients", new { redirect_uris = many[..1], client_name = new string('x', 1025) }, "client_name cannot exceed 1024 characters"),
            ("admin/oauth/clients", new { redirect_uris = new[] { $"https://a.example/{new string('x', 2048)}" } }, $"invalid redirect_uri 'https://a.example/{new string('x', 182)}': invalid URL format"),
        ];
        foreach (var (where, body, message) in cases)
            Assert.Equal($$"""400 {"code":"validation_failed","message":"{{message}}"}""", (await server.Service.SendAsync(where, body)).Whole);
        Assert.Equal("""400 {"code":"validation_failed","message":"No fields provided for update"}""", (await server.Service.WriteAsync(path, new { })).Whole);
        Assert.Equal("""400 {"code":"validation_failed","message":"redirect_uris cannot be empty"}""", (await server.Service.WriteAsync(path, new { redirect_uris = many[..0] })).Whole);
        Assert.Equal("""400 {"code":"validation_failed","message":"grant_types cannot be empty"}""", (await server.Service.WriteAsync(path, new { grant_types = many[..0] })).Whole);
        Assert.Equal("""400 {"code":"validation_failed","message":"No fields provided for update"}""", (await server.Service.WriteAsync(path, new { token_endpoint_auth_method = "" })).Whole);
        foreach (var body in (string[])["", "[]", "null", "{", """{"redirect_uris":"https://a.example/"}""", """{"redirect_uris":[1]}"""])
            Assert.Equal((body, 400, "bad_json"), (body, (await server.Service.SendAsync("admin/oauth/clients", body)).Status, (await server.Service.SendAsync("admin/oauth/clients", body)).Text("code")));
        Assert.Equal(413, (await server.Service.SendAsync("admin/oauth/clients", new { client_name = new string('x', 70_000) })).Status);
        foreach (var id in (string[])["1", "x", "00000000000000000000000000000000", "%00"])
            Assert.Equal((id, 400), (id, (await server.Service.ReadAsync($"admin/oauth/clients/{id}")).Status));
        Assert.Equal(NotFound, (await server.Service.ReadAsync($"admin/oauth/clients/{Guid.Empty}")).Whole);
    }

    [Fact]
    public async Task Only_administrators_see_clients()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada", "admin");
        var tool = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);
        const string Forbidden = """403 {"code":"not_admin","message":"User not allowed"}""";

        foreach (var bearer in (string[])[ada.AccessToken, tokens.Text("access_token")])
        {
            Assert.Equal(Forbidden, (await server.Anonymous.ReadAsync("admin/oauth/clients", bearer)).Whole);
            Assert.Equal(Forbidden, (await server.Anonymous.SendAsync("admin/oauth/clients", new { }, bearer)).Whole);
            Assert.Equal(Forbidden, (await server.Anonymous.ReadAsync($"admin/oauth/clients/{tool.ClientId}", bearer)).Whole);
            Assert.Equal(Forbidden, (await server.Anonymous.WriteAsync($"admin/oauth/clients/{tool.ClientId}", new { }, bearer)).Whole);
            Assert.Equal(Forbidden, (await server.Anonymous.RemoveAsync($"admin/oauth/clients/{tool.ClientId}", bearer: bearer)).Whole);
            Assert.Equal(Forbidden, (await server.Anonymous.SendAsync($"admin/oauth/clients/{tool.ClientId}/regenerate_secret", bearer: bearer)).Whole);
        }

        Assert.Equal(Forbidden, (await server.Anonymous.ReadAsync("admin/oauth/clients")).Whole);
        Assert.Equal(401, (await server.Keyless.ReadAsync("admin/oauth/clients")).Status);
    }

    [Fact]
    public async Task Deleting_a_client_ends_what_people_granted_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var other = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);
        var others = await other.SignInAsync(ada.AccessToken);
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);

        Assert.Equal(204, (await server.Service.RemoveAsync($"admin/oauth/clients/{tool.ClientId}")).Status);

        Assert.Equal("session_not_found", (await server.Anonymous.GetUserAsync(tokens.Text("access_token"))).Code);
        Assert.Equal(401, (await tool.RefreshAsync(tokens.Text("refresh_token"))).Status);
        Assert.Equal(401, (await tool.ExchangeAsync(code, verifier)).Status);
        Assert.Equal(1, await server.Database.ScalarAsync<long>(
            $"select count(*) from auth.revocations where kind = 'session' and subject = '{Tool.Claims(tokens.Text("access_token"))["session_id"]}'"));
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(others.Text("access_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
        Assert.Single((await server.Anonymous.ReadAsync("user/oauth/grants", ada.AccessToken)).Array);
    }

    [Fact]
    public async Task Address_that_was_taken_away_gets_no_code_any_more()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var (id, _) = await tool.BeginAsync();
        await tool.LookAsync(id, ada.AccessToken);
        var (code, verifier) = await tool.ApproveAsync(ada.AccessToken);

        await server.Service.WriteAsync($"admin/oauth/clients/{tool.ClientId}", new { redirect_uris = new[] { "https://new.example.com/" } });

        Assert.Equal(Tool.Mismatch, (await tool.AnswerAsync(id, ada.AccessToken)).Whole);
        Assert.Equal(Tool.BadCode, (await tool.ExchangeAsync(code, verifier)).Whole);
    }
}
