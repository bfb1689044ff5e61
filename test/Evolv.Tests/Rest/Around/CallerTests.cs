using System.Text.Json.Nodes;

namespace Evolv.Tests.Rest.Around;

/// <summary>Keys and tokens, as SQL sees them.</summary>
public sealed class CallerTests(AroundServer server) : IClassFixture<AroundServer>
{
    const string Anonymous = """{"role":"anon","uid":null,"claim":"anon"}""";
    const string Service = """{"role":"service_role","uid":null,"claim":"service_role"}""";

    RestServer Api => server.Api;

    [Fact]
    public async Task Without_a_key_one_is_anonymous()
        => (await Api.SendAsync("GET /rpc/who")).Is(200, Anonymous);

    [Fact]
    public async Task A_key_is_a_role()
    {
        var (publishable, secret) = (Api.Server.PublishableKey, Api.Server.SecretKey);

        (await WhoAsync($"apikey: {publishable}")).Is(200, Anonymous);
        (await WhoAsync($"apikey: {publishable}", $"Authorization: Bearer {publishable}")).Is(200, Anonymous);
        (await WhoAsync($"apikey: {secret}")).Is(200, Service);
        (await WhoAsync($"Authorization: Bearer {secret}")).Is(200, Service);
        (await WhoAsync($"apikey: {publishable}", $"Authorization: Bearer {secret}")).Is(200, Anonymous);
    }

    [Fact]
    public async Task Somebody_who_signed_up_is_themselves()
    {
        var ada = await Api.Server.SignUpAsync("ada-calls");

        var asked = await WhoAsync($"apikey: {Api.Server.PublishableKey}", $"Authorization: Bearer {ada.AccessToken}");
        var claims = await Api.SendAsync("GET /rpc/claims", body: (string?)null, $"Authorization: Bearer {ada.AccessToken}");

        asked.Is(200, $$"""{"role":"authenticated","uid":"{{ada.Id}}","claim":"authenticated"}""");
        var json = JsonNode.Parse(claims.Body)!;
        Assert.Equal(
            (ada.Id.ToString(), "authenticated", "ada-calls@example.com", "aal1"),
            ((string?)json["sub"], (string?)json["role"], (string?)json["email"], (string?)json["aal"]));
    }

    [Theory]
    [InlineData("Authorization: Bearer garbage", "Expected 3 parts in JWT; got 1")]
    [InlineData("Authorization: Bearer ", "Empty JWT is sent in Authorization header")]
    [InlineData("Authorization: Bearer a.b.c.d", "Expected 3 parts in JWT; got 4")]
    [InlineData("apikey: sb_secret_unknown", "Invalid API key")]
    [InlineData("Authorization: Bearer sb_secret_unknown", "Invalid API key")]
    public async Task A_token_that_cannot_be_read_is_refused(string header, string message)
        => (await WhoAsync(header)).Fails(401, "PGRST301", message)
            .Has("WWW-Authenticate", $"Bearer error=\"invalid_token\", error_description=\"{message}\"");

    [Fact]
    public async Task A_token_of_somebody_else_is_refused()
    {
        var ada = await Api.Server.SignUpAsync("ada-forged");
        var end = ada.AccessToken.LastIndexOf('.');
        var forged = string.Concat(ada.AccessToken.AsSpan(0, end + 1), new string('A', ada.AccessToken.Length - end - 1));

        var answer = await WhoAsync($"Authorization: Bearer {forged}");

        Assert.Equal((401, "PostgREST; error=PGRST301"), (answer.Status, answer.Header("Proxy-Status")));
        Assert.StartsWith("Bearer error=\"invalid_token\", error_description=\"", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refused_HEAD_has_headers_alone()
        => (await Api.SendAsync("HEAD /items", body: (string?)null, "Authorization: Bearer garbage"))
            .IsEmpty(401).Has("Proxy-Status", "PostgREST; error=PGRST301").Has("Content-Type", "application/json; charset=utf-8");

    Task<RestAnswer> WhoAsync(params string[] headers) => Api.SendAsync("GET /rpc/who", body: (string?)null, headers);
}
