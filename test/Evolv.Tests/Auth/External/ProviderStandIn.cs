using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth.External;

/// <summary>
/// A stand-in for providers, for what a real one would not do: it lies where a test says so. It also has the shapes of Azure, Apple and GitHub.
/// </summary>
sealed class ProviderStandIn : IAsyncDisposable
{
    internal const string ClientId = "evolv-app";
    internal const string ClientSecret = "a secret/with+signs";

    sealed record Grant(string? Nonce, string Challenge, string RedirectUri);

    readonly ConcurrentDictionary<string, Grant> _grants = new();
    readonly CancellationTokenSource _stop = new();
    readonly WebApplication _app;

    ProviderStandIn()
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.Run(HandleAsync);
    }

    internal string Url => _app.Urls.Single();

    /// <summary>What it calls itself; its own address when null.</summary>
    internal string? Issuer { get; set; }

    /// <summary>Whose account it is.</summary>
    internal JsonObject Person { get; set; } = Ada();

    /// <summary>Signs; replaced, it is a key rotation.</summary>
    internal RsaSecurityKey Key { get; set; } = NewKey("one");

    /// <summary>Changes the claims before they are signed.</summary>
    internal Action<JsonObject> Claims { get; set; } = _ => { };

    /// <summary>Makes the ID token of the claims.</summary>
    internal Func<JsonObject, string>? Sign { get; set; }

    /// <summary>Answers in place of a path: /token, /jwks, /userinfo, /.well-known/openid-configuration.</summary>
    internal ConcurrentDictionary<string, Func<HttpContext, Task>> Instead { get; } = new();

    /// <summary>Changes the discovery document.</summary>
    internal Action<JsonObject> Discovery { get; set; } = _ => { };

    /// <summary>What was asked, as <c>GET /path</c>.</summary>
    internal ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>The Authorization headers of /token.</summary>
    internal ConcurrentQueue<string> Authorizations { get; } = new();

    /// <summary>GitHub's answer to /user/emails.</summary>
    internal JsonArray Emails { get; set; } = [];

    internal static JsonObject Ada() => new()
    {
        ["sub"] = "subject-of-ada",
        ["email"] = "Ada@Example.com",
        ["email_verified"] = true,
        ["name"] = "Ada Lovelace",
        ["picture"] = "https://provider.example.com/ada.png",
    };

    internal static RsaSecurityKey NewKey(string kid) => new(RSA.Create(2048)) { KeyId = kid };

    internal static async Task<ProviderStandIn> StartAsync()
    {
        var provider = new ProviderStandIn();
        await provider._app.StartAsync(TestContext.Current.CancellationToken);
        return provider;
    }

    /// <summary>The settings with which Evolv knows it.</summary>
    internal (string Key, string Value)[] Settings(string name = "keycloak", string path = "") =>
    [
        ($"Auth:External:{name}:Issuer", Url + path),
        ($"Auth:External:{name}:ClientId", ClientId),
        ($"Auth:External:{name}:ClientSecret", ClientSecret),
    ];

    /// <summary>What its sign-in page does: a code for who came, bound to what the address asks.</summary>
    internal string Code(string authorizeUrl)
    {
        var code = Guid.NewGuid().ToString("N");
        _grants[code] = new Grant(
            ExternalClient.Parameter(authorizeUrl, "nonce") is { Length: > 0 } nonce ? nonce : null,
            ExternalClient.Parameter(authorizeUrl, "code_challenge"), ExternalClient.Parameter(authorizeUrl, "redirect_uri"));
        return code;
    }

    /// <summary>The address to which it sends the browser back.</summary>
    internal string Back(string authorizeUrl)
        => $"/auth/v1/callback?code={Code(authorizeUrl)}&state={ExternalClient.Parameter(authorizeUrl, "state")}";

    /// <summary>An ID token as an app gets it from the provider's own library.</summary>
    internal string IdToken(string? nonce = null, string? accessToken = null, string? audience = null)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()).ToUnixTimeSeconds();
        var claims = (JsonObject)Person.DeepClone();
        claims["iss"] = Issuer ?? Url;
        claims["aud"] = audience ?? ClientId;
        claims["iat"] = now;
        claims["exp"] = now + 300;
        if (nonce is not null)
            claims["nonce"] = nonce;
        if (accessToken is not null)
            claims["at_hash"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(accessToken)).AsSpan(0, 16));
        Claims(claims);
        return Sign?.Invoke(claims) ?? SignWith(claims, Key);
    }

    internal static string SignWith(JsonObject claims, SecurityKey key, string algorithm = "RS256", string type = "JWT")
        => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            claims.ToJsonString(), new SigningCredentials(key, algorithm), new Dictionary<string, object> { ["typ"] = type });

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _app.StopAsync(_stop.Token); // Nobody waits for connections that hang.
        await _app.DisposeAsync();
        _stop.Dispose();
    }

    async Task HandleAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Requests.Enqueue($"{context.Request.Method} {path}");
        var known = path.EndsWith("/.well-known/openid-configuration", StringComparison.Ordinal) ? "/.well-known/openid-configuration" : path;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stop.Token);
        context.RequestAborted = ended.Token;
        try
        {
            await (Instead.TryGetValue(known, out var instead) ? instead(context) : AnswerAsync(context, known));
        }
        catch (OperationCanceledException)
        {
            context.Abort();
        }
    }

    Task AnswerAsync(HttpContext context, string path) => path switch
    {
        "/.well-known/openid-configuration" => WriteAsync(context, Describe()),
        "/jwks" => WriteAsync(context, Keys()),
        "/token" or "/login/oauth/access_token" => TokenAsync(context),
        "/userinfo" or "/api/v3/user" => AsAda(context, Person),
        "/api/v3/user/emails" => AsAda(context, Emails),
        _ => NotFound(context),
    };

    JsonObject Describe()
    {
        var document = new JsonObject
        {
            ["issuer"] = Issuer ?? Url,
            ["authorization_endpoint"] = $"{Url}/authorize",
            ["token_endpoint"] = $"{Url}/token",
            ["userinfo_endpoint"] = $"{Url}/userinfo",
            ["jwks_uri"] = $"{Url}/jwks",
            ["id_token_signing_alg_values_supported"] = new JsonArray("RS256"),
            ["response_types_supported"] = new JsonArray("code"),
            ["subject_types_supported"] = new JsonArray("public"),
        };
        Discovery(document);
        return document;
    }

    JsonObject Keys()
    {
        var key = Key.Rsa.ExportParameters(false);
        return new JsonObject
        {
            ["keys"] = new JsonArray(new JsonObject
            {
                ["kty"] = "RSA",
                ["use"] = "sig",
                ["kid"] = Key.KeyId,
                ["n"] = Base64Url.EncodeToString(key.Modulus),
                ["e"] = Base64Url.EncodeToString(key.Exponent),
            }),
        };
    }

    async Task TokenAsync(HttpContext context)
    {
        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        Authorizations.Enqueue(context.Request.Headers.Authorization.ToString());
        var basic = $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{ClientId}:{Uri.EscapeDataString(ClientSecret)}"))}";
        var isClient = context.Request.Headers.Authorization == basic || form["client_id"] == ClientId && form["client_secret"] == ClientSecret;
        if (!isClient || !_grants.TryRemove(form["code"].ToString(), out var grant) || grant.RedirectUri != form["redirect_uri"] ||
            grant.Challenge != ExternalClient.Challenge(form["code_verifier"].ToString()))
        {
            context.Response.StatusCode = 400;
            await WriteAsync(context, new JsonObject { ["error"] = "invalid_grant" });
            return;
        }

        await WriteAsync(context, new JsonObject
        {
            ["access_token"] = "access-of-ada",
            ["refresh_token"] = "refresh-of-ada",
            ["token_type"] = "bearer",
            ["id_token"] = IdToken(grant.Nonce, "access-of-ada"),
        });
    }

    static Task AsAda(HttpContext context, JsonNode answer)
    {
        if (context.Request.Headers.Authorization != "Bearer access-of-ada")
            context.Response.StatusCode = 401;
        return WriteAsync(context, answer);
    }

    static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = 404;
        return Task.CompletedTask;
    }

    internal static Task WriteAsync(HttpContext context, JsonNode json)
    {
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync(json.ToJsonString(), context.RequestAborted);
    }
}
