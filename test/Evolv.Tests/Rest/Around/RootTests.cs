using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Rest.Around;

/// <summary>The document at the root, as those see it who may use different things.</summary>
public sealed class RootTests(AroundServer server) : IClassFixture<AroundServer>
{
    RestServer Api => server.Api;

    [Fact]
    public async Task Everybody_sees_what_they_may_use()
    {
        var asAnonymous = await DocumentAsync();
        var asService = await DocumentAsync($"apikey: {Api.Server.SecretKey}");

        Assert.Equal(["items", "queue", "zone"], Names(asAnonymous["definitions"]));
        Assert.Equal(["items", "kept", "zone"], Names(asService["definitions"]));
        Assert.Equal(
            ["/", "/items", "/queue", "/rpc/claims", "/rpc/header", "/rpc/quadrupled", "/rpc/respond", "/rpc/respond_stably", "/rpc/setting", "/rpc/who", "/zone"],
            Names(asAnonymous["paths"]));
        Assert.Equal("What there is.", (string?)asAnonymous["definitions"]!["items"]!["description"]);
        Assert.Equal(["id", "name", "made"], asAnonymous["definitions"]!["items"]!["properties"]!.AsObject().Select(property => property.Key));
    }

    [Fact]
    public async Task Every_schema_has_its_own()
    {
        var document = await DocumentAsync("Accept-Profile: other");

        Assert.Equal(["things"], Names(document["definitions"]));
        Assert.Equal(("Other things", "of all kinds"), ((string?)document["info"]!["title"], (string?)document["info"]!["description"]));
    }

    [Fact]
    public async Task The_root_is_a_document_of_its_own_type()
    {
        (await Api.SendAsync("GET /")).Has("Content-Type", "application/openapi+json; charset=utf-8").Has("Content-Profile", "api");
        (await Api.SendAsync("GET /", body: (string?)null, "Accept: application/json")).Has("Content-Type", "application/openapi+json; charset=utf-8");
        (await Api.SendAsync("HEAD /")).IsEmpty(200).Has("Content-Type", "application/openapi+json; charset=utf-8");
        (await Api.SendAsync("OPTIONS /")).IsEmpty(200).Has("Allow", "OPTIONS, GET, HEAD");
        (await Api.SendAsync("GET /", body: (string?)null, "Accept: text/csv")).Fails(406, "PGRST107", "None of these media types are available: text/csv");
        (await Api.SendAsync("POST /", "{}")).Fails(405, "PGRST117", "Unsupported HTTP method: POST");
    }

    async Task<JsonNode> DocumentAsync(params string[] headers)
    {
        var answer = await Api.SendAsync("GET /", body: (string?)null, headers);
        Assert.Equal(200, answer.Status);
        return JsonNode.Parse(answer.Body)!;
    }

    static IEnumerable<string> Names(JsonNode? node) => node!.AsObject().Select(property => property.Key).Order(StringComparer.Ordinal);
}

/// <summary>A server that says little: a root of its own, and errors without details.</summary>
public sealed class TerseServer(EvolvCluster cluster)
    : RestFixture(
        cluster, "Around/around.sql", ("DbRootSpec", "api.who"), ("ClientErrorVerbosity", "minimal"), ("DbAnonRole", ""), ("DbSchemas", "api"),
        ("DbExtraSearchPath", "hooks"));

public sealed class TerseTests(TerseServer server) : IClassFixture<TerseServer>
{
    RestServer Api => server.Api;

    [Fact]
    public async Task A_function_may_answer_at_the_root()
    {
        var service = $"apikey: {Api.Server.SecretKey}";

        (await Api.SendAsync("GET /", body: (string?)null, service)).Is(200, """{"role":"service_role","uid":null,"claim":"service_role"}""")
            .Has("Content-Type", "application/json; charset=utf-8");
        (await Api.SendAsync("HEAD /", body: (string?)null, service)).IsEmpty(200);
    }

    [Fact]
    public async Task Nobody_is_let_in_if_there_is_no_role_for_them()
        => (await Api.SendAsync("GET /items"))
            .IsText(401, """{"code":"PGRST302","message":"Anonymous access is disabled"}""").Has("WWW-Authenticate", "Bearer");

    [Fact]
    public async Task Errors_say_no_more_than_they_must()
    {
        var service = $"apikey: {Api.Server.SecretKey}";

        (await Api.SendAsync("GET /itms", body: (string?)null, service))
            .IsText(404, """{"code":"PGRST205","message":"Could not find the table 'api.itms' in the schema cache"}""")
            .Has("Proxy-Status", "PostgREST; error=PGRST205");
    }

    [Fact]
    public async Task One_schema_is_not_told()
        => (await Api.SendAsync("GET /items?id=eq.1&select=id", body: (string?)null, $"apikey: {Api.Server.SecretKey}"))
            .Is(200, """[{"id":1}]""").Has("Content-Profile", null);
}
