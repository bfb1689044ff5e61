using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Auth.Tokens;
using Evolv.Tests.Realtime;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace Evolv.Tests.Auth.Tokens;

/// <summary>Tokens and keys of a Supabase project that was taken over.</summary>
public sealed class LegacyTokensTests(EvolvCluster cluster)
{
    const string Secret = "super-secret-jwt-token-with-at-least-32-characters-long";

    static readonly long Later = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 3600;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keys_and_people_of_the_project_go_on()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:LegacyJwtSecret", Secret));
        var ada = await server.SignUpAsync("ada");
        (string Claims, string Expected)[] cases =
        [
            ("""{"role":"service_role"}""", "service_role "),
            ("""{"sub":"1234567890","role":"supabase_admin"}""", "service_role "),
            ($$"""{"iss":"supabase","ref":"abc","role":"service_role","iat":1600000000,"exp":{{Later}}}""", "service_role "),
            ($$"""{"iss":"supabase-demo","role":"anon","exp":{{Later}}}""", "anon "),
            ($$"""{"role":"authenticated","sub":"{{ada.Id}}","aud":"authenticated","exp":{{Later}},"iss":"https://abc.supabase.co/auth/v1"}""", $"authenticated {ada.Id}"),
            ($$"""{"role":"authenticated","sub":"{{ada.Id}}","aud":["authenticated"],"exp":{{Later}},"session_id":"{{Guid.NewGuid()}}"}""", $"authenticated {ada.Id}"),
        ];

        foreach (var (claims, expected) in cases)
        {
            foreach (var header in (string[])["""{"alg":"HS256","typ":"JWT"}""", """{"alg":"HS256","kid":"abc","typ":"JWT"}"""])
            {
                var token = Sign(claims, header: header);
                var found = await server.Services.GetRequiredService<TokenVerifier>().VerifyAsync(token, TimeSpan.Zero);
                Assert.Equal((claims, expected, null), (claims, $"{found.Token?.Caller.Role} {found.Token?.Caller.UserId}", found.Refusal));
            }
        }

        using var key = server.ClientWith(Sign("""{"role":"service_role"}"""), null);
        using var rows = await key.GetAsync("/rest/v1/user_settings?select=user_id", Token);
        Assert.Equal($$"""[{"user_id":"{{ada.Id}}"}]""", await rows.Content.ReadAsStringAsync(Token));
        await using var socket = await PhoenixClient.ConnectAsync(server, Sign("""{"role":"service_role"}"""));
        Assert.Equal("ok", (await socket.TryJoinAsync("room")).Status);
        using var keyAlone = new HttpClient { BaseAddress = new Uri(server.Url) };
        keyAlone.DefaultRequestHeaders.Add("apikey", Sign("""{"role":"service_role"}"""));
        using var anonymous = await keyAlone.GetAsync("/rest/v1/user_settings?select=user_id", Token);
        Assert.Equal(401, (int)anonymous.StatusCode); // As a key of ours in this form: both headers, or nobody.
    }

    [Fact]
    public async Task Token_of_the_project_is_refused_for_what_it_says()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:LegacyJwtSecret", Secret));
        var ada = await server.SignUpAsync("ada");
        var good = $$"""{"role":"authenticated","sub":"{{ada.Id}}","aud":"authenticated","exp":{{Later}}}""";
        (string Token, string Refusal)[] cases =
        [
            (Sign(Without(good, "exp")), "JWT claim exp must be a number"),
            (Sign(Without(good, "sub")), "JWT claim sub must be a UUID"),
            (Sign(Without(good, "aud")), "JWT not in audience"),
            (Sign(With(good, "sub", "1234567890")), "JWT claim sub must be a UUID"),
            (Sign(With(good, "session_id", "x")), "JWT claim session_id must be a UUID"),
            (Sign(With(good, "role", "postgres")), "JWT role is not allowed"),
            (Sign(With(good, "role", "supabase_auth_admin")), "JWT role is not allowed"),
            (Sign(Without(good, "role")), "JWT role is not allowed"),
            (Sign("""{"role":"service_role","exp":1600000000}"""), "JWT expired"),
            (Sign("""{"role":"service_role","exp":"never"}"""), "JWT claim exp must be a number"),
            (Sign("""{"role":"service_role","nbf":4102444800}"""), "JWT not yet valid"),
            (Sign("""{"role":"anon","role":"service_role"}"""), "Parsing claims failed"),
            (Sign(good, secret: Secret + "x"), "JWT cryptographic operation failed"),
            (Sign(good, secret: ""), "JWT cryptographic operation failed"),
            (Sign(good)[..^4], "JWT cryptographic operation failed"),
            (Sign(good, header: """{"alg":"HS512","typ":"JWT"}"""), "Wrong or unsupported encoding algorithm"),
            (Sign(good, header: """{"alg":"none"}"""), "Wrong or unsupported encoding algorithm"),
            (Sign(good, header: """{"alg":"HS256","jku":"https://evil.example"}"""), "JWT header is not one of ours"),
        ];

        foreach (var (token, refusal) in cases)
        {
            var found = await server.Services.GetRequiredService<TokenVerifier>().VerifyAsync(token, TimeSpan.FromSeconds(30));
            Assert.Equal((token, refusal, null), (token, found.Refusal, found.Token));
        }
    }

    [Fact]
    public async Task With_the_secret_set_no_forged_token_passes_either()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:LegacyJwtSecret", "another-secret-of-at-least-32-characters"));
        var ada = await server.SignUpAsync("ada");
        using var forged = await ForgedTokens.ForAsync(server, ada);

        var accepted = new List<string>();
        foreach (var (name, token) in forged.All())
        {
            if ((await server.Services.GetRequiredService<TokenVerifier>().VerifyAsync(token, TimeSpan.FromSeconds(30))).Token is not null)
                accepted.Add(name);
        }

        Assert.Equal("", string.Join('\n', accepted));
    }

    [Fact]
    public async Task Without_the_secret_none_passes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var jwks = Encoding.UTF8.GetString(server.Services.GetRequiredService<SigningKeys>().Current.Jwks);

        foreach (var secret in (string[])[Secret, "", jwks, server.SecretKey])
        {
            var found = await server.Services.GetRequiredService<TokenVerifier>().VerifyAsync(Sign("""{"role":"service_role"}""", secret), null);
            Assert.Equal("Wrong or unsupported encoding algorithm", found.Refusal);
        }
    }

    [Fact]
    public async Task Banned_person_is_refused_with_a_token_of_the_project()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:LegacyJwtSecret", Secret));
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        await server.Database.ExecuteAsync($"update auth.users set banned_until = 'infinity' where id = '{ada.Id}'; delete from auth.users where id = '{bob.Id}'");
        await server.Services.GetRequiredService<Revocations>().FollowAsync(Token);

        foreach (var person in (Person[])[ada, bob])
        {
            using var http = server.ClientWith(server.PublishableKey, Sign($$"""{"role":"authenticated","sub":"{{person.Id}}","aud":"authenticated","exp":{{Later}}}"""));
            using var answer = await http.GetAsync("/rest/v1/profiles", Token);
            Assert.Equal(
                """401 {"code":"PGRST303","details":null,"hint":null,"message":"JWT user is banned"}""",
                $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(Token)}");
        }
    }

    [Fact]
    public async Task Secret_that_could_be_guessed_is_no_setting()
    {
        var (code, _, error) = await EvolvProcess.RunAsync(["status"], ("EVOLV__AUTH__LEGACYJWTSECRET", "too short"));

        Assert.Equal(1, code);
        Assert.Contains("Auth:LegacyJwtSecret needs 32 characters or more", error, StringComparison.Ordinal);
        Assert.DoesNotContain("too short", error, StringComparison.Ordinal);
    }

    static string Sign(string claims, string secret = Secret, string header = """{"alg":"HS256","typ":"JWT"}""")
    {
        var text = $"{Base64UrlEncoder.Encode(header)}.{Base64UrlEncoder.Encode(claims)}";
        return $"{text}.{Base64UrlEncoder.Encode(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.ASCII.GetBytes(text)))}";
    }

    static string Without(string json, string name)
    {
        var changed = JsonNode.Parse(json)!.AsObject();
        changed.Remove(name);
        return changed.ToJsonString();
    }

    static string With(string json, string name, string value)
    {
        var changed = JsonNode.Parse(json)!.AsObject();
        changed[name] = value;
        return changed.ToJsonString();
    }
}
