using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Auth.External;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth.OAuthServer;

/// <summary>A tool that a school's people sign in to, and what its server and the people's browsers do.</summary>
sealed record Tool(EvolvServer Server, string ClientId, string? Secret)
{
    internal const string Redirect = "https://tool.example.com/callback";

    internal const string Mismatch = """404 {"code":"oauth_authorization_not_found","message":"authorization not found"}""";

    internal const string BadCode = """400 {"error":"invalid_grant","error_description":"Invalid authorization code"}""";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<Tool> RegisterAsync(EvolvServer server, object? client = null)
    {
        var answer = await server.Service.SendAsync("admin/oauth/clients", client ?? new { client_name = "Tool", redirect_uris = new[] { Redirect } });
        Assert.True(answer.Status == 201, answer.Whole);
        return new Tool(server, answer.Text("client_id"), answer.Body!["client_secret"]?.GetValue<string>());
    }

    internal static Task<Tool> RegisterPublicAsync(EvolvServer server)
        => RegisterAsync(server, new { client_name = "App", redirect_uris = new[] { Redirect }, token_endpoint_auth_method = "none" });

    /// <summary>Sends a browser here, and reads where it goes.</summary>
    internal Task<Hop> VisitAsync(string challenge, string more = "", string redirect = Redirect)
        => Server.VisitAsync(
            $"/auth/v1/oauth/authorize?response_type=code&client_id={ClientId}&redirect_uri={Uri.EscapeDataString(redirect)}" +
            $"&code_challenge={challenge}&code_challenge_method=S256{more}");

    /// <summary>Begins a sign-in.</summary>
    internal async Task<(string Id, string Verifier)> BeginAsync(string scope = "openid email profile", string more = "&state=xyz")
    {
        var (verifier, challenge) = Pkce.New();
        var hop = await VisitAsync(challenge, $"&scope={Uri.EscapeDataString(scope)}{more}");
        Assert.True(hop.Status == 302 && hop.Query("authorization_id").Length > 0, hop.Location);
        return (hop.Query("authorization_id"), verifier);
    }

    internal Task<JsonAnswer> LookAsync(string id, string bearer) => Server.Anonymous.ReadAsync($"oauth/authorizations/{id}", bearer);

    internal Task<JsonAnswer> AnswerAsync(string id, string bearer, string action = "approve")
        => Server.Anonymous.SendAsync($"oauth/authorizations/{id}/consent", new { action }, bearer);

    /// <summary>Somebody is asked, says yes, and the browser brings a code.</summary>
    internal async Task<(string Code, string Verifier)> ApproveAsync(string bearer, string scope = "openid email profile", string more = "&state=xyz")
    {
        var (id, verifier) = await BeginAsync(scope, more);
        var looked = await LookAsync(id, bearer);
        Assert.True(looked.Status == 200, looked.Whole);
        var answer = looked.Body!["redirect_url"] is null ? await AnswerAsync(id, bearer) : looked;
        Assert.True(answer.Status == 200, answer.Whole);
        return (new Hop(0, answer.Text("redirect_url")).Query("code"), verifier);
    }

    internal Task<JsonAnswer> ExchangeAsync(string code, string? verifier, string? redirect = Redirect, params (string Name, string Value)[] more)
        => TokenAsync([("grant_type", "authorization_code"), ("code", code), .. Given("code_verifier", verifier), .. Given("redirect_uri", redirect), .. more]);

    internal Task<JsonAnswer> RefreshAsync(string token) => TokenAsync([("grant_type", "refresh_token"), ("refresh_token", token)]);

    /// <summary>Tokens for a person.</summary>
    internal async Task<JsonAnswer> SignInAsync(string bearer, string scope = "openid email profile", string more = "&state=xyz")
    {
        var (code, verifier) = await ApproveAsync(bearer, scope, more);
        var tokens = await ExchangeAsync(code, verifier);
        Assert.True(tokens.Status == 200, tokens.Whole);
        return tokens;
    }

    internal Task<JsonAnswer> TokenAsync(params (string Name, string Value)[] form)
        => PostAsync(
            Server, new FormUrlEncodedContent([.. form.Select(field => KeyValuePair.Create(field.Name, field.Value)), .. Secret is null ? [KeyValuePair.Create("client_id", ClientId)] : Array.Empty<KeyValuePair<string, string>>()]),
            Secret is null ? null : BasicOf(ClientId, Secret));

    internal static AuthenticationHeaderValue BasicOf(string id, string secret)
        => new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{id}:{secret}")));

    internal static async Task<JsonAnswer> PostAsync(EvolvServer server, HttpContent? content, AuthenticationHeaderValue? authorization = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/auth/v1/oauth/token") { Content = content };
        request.Headers.Authorization = authorization;
        using var answer = await server.Keyless.SendAsync(request, Token);
        var text = await answer.Content.ReadAsStringAsync(Token);
        return new JsonAnswer((int)answer.StatusCode, text.Length == 0 ? null : JsonNode.Parse(text), answer.Headers);
    }

    internal static JsonObject Claims(string token) => JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[1]))!.AsObject();

    static (string, string)[] Given(string name, string? value) => value is null ? [] : [(name, value)];
}
