using Evolv.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Evolv.Tests.Auth.OAuthServer;

/// <summary>What a client's access token may do in /auth/v1: read the account, and end what the client was given.</summary>
public sealed class ClientsOfPeopleTests(EvolvCluster cluster)
{
    const string Refused = """403 {"code":"no_authorization","message":"OAuth client not allowed to perform these actions"}""";

    [Fact]
    public async Task Client_reads_the_account_and_manages_nothing_of_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var bearer = (await tool.SignInAsync(ada.AccessToken)).Text("access_token");
        var (id, _) = await tool.BeginAsync();
        var some = Guid.CreateVersion7();
        (string Method, string Path, object? Body)[] cases =
        [
            ("PUT", "user", new { password = "another horse battery" }),
            ("PUT", "user", new { data = new { x = 1 } }),
            ("GET", "reauthenticate", null),
            ("POST", "factors", new { factor_type = "totp" }),
            ("DELETE", $"factors/{some}", null),
            ("POST", $"factors/{some}/challenge", new { }),
            ("POST", $"factors/{some}/verify", new { challenge_id = some, code = "123456" }),
            ("GET", "factors/recovery-codes", null),
            ("POST", "factors/recovery-codes", new { }),
            ("POST", "factors/recovery-codes/regenerate", new { }),
            ("POST", "factors/recovery-codes/verify", new { code = "x" }),
            ("DELETE", "factors/recovery-codes", null),
            ("GET", "user/identities/authorize?provider=google", null),
            ("DELETE", $"user/identities/{some}", null),
            ("POST", "token?grant_type=id_token", new { provider = "google", id_token = "x", link_identity = true }),
            ("GET", "user/sessions", null),
            ("DELETE", $"user/sessions/{some}", null),
            ("GET", "user/oauth/grants", null),
            ("DELETE", $"user/oauth/grants?client_id={tool.ClientId}", null),
            ("GET", $"oauth/authorizations/{id}", null),
            ("POST", $"oauth/authorizations/{id}/consent", new { action = "approve" }),
            ("POST", "logout?scope=others", null),
        ];

        foreach (var (method, path, body) in cases)
            Assert.Equal((method, path, Refused), (method, path, (await server.Anonymous.JsonAsync(new HttpMethod(method), path, body, bearer)).Whole));
        Assert.Equal("ada@example.com", (await server.Anonymous.GetUserAsync(bearer)).Text("email"));
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
    }

    /// <summary>Whoever adds an endpoint finds it here, unless a client is meant to have it.</summary>
    [Fact]
    public async Task No_endpoint_but_those_that_are_meant_to_answers_a_client_as_the_person()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var bearer = (await tool.SignInAsync(ada.AccessToken)).Text("access_token");
        string[] meant = ["GET user", "GET oauth/userinfo", "POST oauth/userinfo", "POST logout"];
        // Nobody's token is looked at there.
        string[] open =
        [
            "settings", "health", "signup", "otp", "magiclink", "recover", "resend", "verify", "token", "authorize", "callback", "oauth/authorize",
            "oauth/token", "oauth/clients/register", ".well-known/", "sso/", "passkeys/authentication/",
        ];

        var endpoints = server.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.StartsWith("/auth/v1/", StringComparison.Ordinal))
            .SelectMany(endpoint => (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"])
                .Select(method => (Method: method, Path: endpoint.RoutePattern.RawText!["/auth/v1/".Length..])))
            .Where(endpoint => endpoint.Path != "{**path}" && !open.Any(path => endpoint.Path == path || path.EndsWith('/') && endpoint.Path.StartsWith(path, StringComparison.Ordinal)))
            .Where(endpoint => !meant.Contains($"{endpoint.Method} {endpoint.Path}"))
            .ToList();

        Assert.True(endpoints.Count > 40, $"{endpoints.Count}");
        foreach (var (method, path) in endpoints)
        {
            var url = System.Text.RegularExpressions.Regex.Replace(path, @"\{[^}]*\}", Guid.Empty.ToString());
            var answer = await server.Anonymous.JsonAsync(new HttpMethod(method), url, method is "POST" or "PUT" or "PATCH" ? new { action = "approve" } : null, bearer);
            Assert.True(answer.Whole is Refused or """403 {"code":"not_admin","message":"User not allowed"}""", $"{method} {path}: {answer.Whole}");
        }
    }

    [Theory]
    [InlineData("logout")]
    [InlineData("logout?scope=global")]
    [InlineData("logout?scope=local")]
    public async Task Client_signs_itself_out_and_nobody_else(string path)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);
        var again = await tool.SignInAsync(ada.AccessToken);

        Assert.Equal(204, (await server.Anonymous.PostAsync(path, bearer: tokens.Text("access_token"))).Status);

        Assert.Equal("session_not_found", (await server.Anonymous.GetUserAsync(tokens.Text("access_token"))).Code);
        Assert.Equal(400, (await tool.RefreshAsync(tokens.Text("refresh_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(again.Text("access_token"))).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
    }

    [Fact]
    public async Task People_see_sessions_of_clients_as_such_and_end_them()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);

        var sessions = (await server.Anonymous.ReadAsync("user/sessions", ada.AccessToken)).Array;
        var client = Assert.Single(sessions, session => session!["oauth_client_id"]?.GetValue<string>() == tool.ClientId);
        await server.Anonymous.RemoveAsync($"user/sessions/{client!["id"]!.GetValue<string>()}", bearer: ada.AccessToken);

        Assert.Equal(2, sessions.Count);
        Assert.Equal(400, (await tool.RefreshAsync(tokens.Text("refresh_token"))).Status);
    }

    [Fact]
    public async Task Policies_tell_a_client_from_the_person()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var tool = await Tool.RegisterAsync(server);
        var tokens = await tool.SignInAsync(ada.AccessToken);
        await server.Database.ExecuteAsync("""
            create function public.whose() returns text language sql stable return coalesce(auth.jwt() ->> 'client_id', 'person');
            grant execute on function public.whose to authenticated;
            """);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken); // The schema is read again.

        Assert.Equal($"\"{tool.ClientId}\"", await AskAsync(tokens.Text("access_token")));
        Assert.Equal("\"person\"", await AskAsync(ada.AccessToken));

        async Task<string> AskAsync(string bearer)
        {
            using var http = server.ClientWith(server.PublishableKey, bearer);
            return await http.GetStringAsync(new Uri("/rest/v1/rpc/whose", UriKind.Relative), TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Clients_of_a_banned_or_deleted_person_are_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var tool = await Tool.RegisterAsync(server);
        foreach (var (name, end) in ((string, Func<Person, Task>)[])
        [
            ("ada", person => server.Service.WriteAsync($"admin/users/{person.Id}", new { ban_duration = "1h" })),
            ("bob", person => server.Service.RemoveAsync($"admin/users/{person.Id}", new { should_soft_delete = true })),
            ("eve", person => server.Service.RemoveAsync($"admin/users/{person.Id}")),
        ])
        {
            var person = await server.SignUpAsync(name);
            var tokens = await tool.SignInAsync(person.AccessToken);

            await end(person);

            Assert.Equal((name, 403), (name, (await server.Anonymous.GetUserAsync(tokens.Text("access_token"))).Status));
            Assert.Equal((name, 400), (name, (await tool.RefreshAsync(tokens.Text("refresh_token"))).Status));
        }

        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.oauth_consents")); // The banned one's.
    }
}
