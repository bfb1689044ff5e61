using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Passkeys;

/// <summary>The two ceremonies, step by step, as auth-js does them.</summary>
static class PasskeyClient
{
    internal const string Refused = """400 {"code":"webauthn_verification_failed","message":"Credential verification failed"}""";
    internal const string Malformed = """400 {"code":"webauthn_verification_failed","message":"Invalid credential response"}""";
    internal const string NoChallenge = """400 {"code":"webauthn_challenge_not_found","message":"Challenge not found or already used"}""";
    internal const string NotFound = """404 {"code":"validation_failed","message":"Passkey not found"}""";
    internal const string NeedsAal2 = """403 {"code":"insufficient_aal","message":"AAL2 session is required to manage passkeys when MFA is enabled"}""";

    internal static async Task<JsonAnswer> BeginRegistrationAsync(this EvolvServer server, string bearer)
    {
        var answer = await server.Anonymous.SendAsync("passkeys/registration/options", new { }, bearer);
        Assert.True(answer.Status == 200, answer.Whole);
        return answer;
    }

    internal static Task<JsonAnswer> EndRegistrationAsync(this EvolvServer server, string bearer, string challengeId, JsonNode? credential)
        => server.Anonymous.SendAsync(
            "passkeys/registration/verify", new JsonObject { ["challenge_id"] = challengeId, ["credential"] = credential?.DeepClone() }.ToJsonString(), bearer);

    /// <summary>All of it, whatever comes of it.</summary>
    internal static async Task<JsonAnswer> RegisterAsync(this EvolvServer server, string bearer, SoftAuthenticator authenticator)
    {
        var begun = await server.BeginRegistrationAsync(bearer);
        return await server.EndRegistrationAsync(bearer, begun.Text("challenge_id"), authenticator.Create(begun.Body!["options"]!));
    }

    /// <summary>Somebody's passkey, which works.</summary>
    internal static async Task<(SoftAuthenticator Authenticator, string Id)> AddPasskeyAsync(this EvolvServer server, string bearer, SoftKey? key = null)
    {
        var authenticator = new SoftAuthenticator(key);
        var answer = await server.RegisterAsync(bearer, authenticator);
        Assert.True(answer.Status == 200, answer.Whole);
        return (authenticator, answer.Text("id"));
    }

    internal static async Task<JsonAnswer> BeginSignInAsync(this EvolvServer server)
    {
        var answer = await server.Anonymous.SendAsync("passkeys/authentication/options", new { gotrue_meta_security = new { } });
        Assert.True(answer.Status == 200, answer.Whole);
        return answer;
    }

    internal static Task<JsonAnswer> EndSignInAsync(this EvolvServer server, string challengeId, JsonNode? credential)
        => server.Anonymous.SendAsync(
            "passkeys/authentication/verify", new JsonObject { ["challenge_id"] = challengeId, ["credential"] = credential?.DeepClone() }.ToJsonString());

    internal static async Task<JsonAnswer> SignInWithAsync(this EvolvServer server, SoftAuthenticator authenticator)
    {
        var begun = await server.BeginSignInAsync();
        return await server.EndSignInAsync(begun.Text("challenge_id"), authenticator.Get(begun.Body!["options"]!));
    }

    internal static Task<JsonAnswer> RenamePasskeyAsync(this EvolvServer server, string bearer, string id, object body)
        => server.Anonymous.JsonAsync(HttpMethod.Patch, $"passkeys/{id}", body, bearer);
}
