using System.Net;
using System.Net.Http.Headers;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Auth;

public sealed class AuthErrorHandlerTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Absent_database_is_503_and_says_when_to_try_again()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var nowhere = new NpgsqlConnectionStringBuilder(database.Connections.Pool.ConnectionString) { Port = 1 }.ConnectionString;
        await using var server = await EvolvServer.StartAsync(database, ("Database:PoolConnectionString", nowhere));

        var answer = await server.Keyless.SignInAsync("ada@example.com", Person.Password);
        var old = await server.Keyless.AuthAsync(
            HttpMethod.Post, "token?grant_type=refresh_token", new { refresh_token = "x" }, isVersioned: false);

        Assert.Equal("""503 {"code":"unexpected_failure","message":"The database is not available at the moment"}""", answer.Whole);
        Assert.Equal("1", answer.Headers.GetValues("Retry-After").Single());
        Assert.Equal(
            """503 {"code":503,"error_code":"unexpected_failure","msg":"The database is not available at the moment"}""", old.Whole);
    }

    [Fact]
    public async Task Refresh_behind_a_lock_is_retried_and_not_logged_out()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await using var owner = await server.Database.OpenOwnerAsync();
        await using var transaction = await owner.BeginTransactionAsync(Token);
        await using (var command = new NpgsqlCommand("select from auth.sessions for update", owner))
            await command.ExecuteNonQueryAsync(Token);

        var blocked = await server.Anonymous.RefreshAsync(ada.RefreshToken);
        await transaction.RollbackAsync(Token);
        var free = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        Assert.Equal("""503 {"code":"conflict","message":"Another request was in the way; try again."}""", blocked.Whole);
        Assert.Equal(200, free.Status);
    }

    [Fact]
    public async Task Unknown_path_or_method_is_404_in_the_dialect()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        foreach (var (method, path) in ((string, string)[])[("GET", "nothing"), ("GET", ""), ("GET", "signup"), ("DELETE", "user"), ("POST", "a/b/c")])
        {
            var answer = await server.Keyless.AuthAsync(new HttpMethod(method), path);
            Assert.Equal(
                """404 {"code":"validation_failed","message":"No such endpoint or method under /auth/v1"}""", answer.Whole);
        }
    }

    [Fact]
    public async Task Too_large_a_body_is_413()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var answer = await server.Anonymous.PostAsync("signup", $$"""{"email":"{{new string('a', 1024 * 1024)}}"}""");

        Assert.Equal("""413 {"code":"request_entity_too_large","message":"Request body is too large"}""", answer.Whole);
    }

    [Fact]
    public async Task Body_that_is_no_text_is_400()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        using var content = new ByteArrayContent([.. "{\"email\":\""u8, 0xFF, 0xFE, .. "\"}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("image/png");

        using var response = await server.Keyless.PostAsync("/auth/v1/signup", content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("bad_json", response.Headers.GetValues("X-Sb-Error-Code").Single());
    }

    [Fact]
    public async Task Long_user_agent_of_any_script_is_cut_and_kept()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/v1/signup") { Content = new StringContent("{}") };
        request.Headers.TryAddWithoutValidation("User-Agent", "x" + new string('y', 600));

        using var response = await server.Keyless.SendAsync(request, Token);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(512, await server.Database.ScalarAsync<int>("select length(user_agent) from auth.sessions"));
    }
}
