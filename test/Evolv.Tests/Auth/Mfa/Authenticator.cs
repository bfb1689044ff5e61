using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using Microsoft.IdentityModel.Tokens;
using OtpNet;

namespace Evolv.Tests.Auth.Mfa;

/// <summary>An authenticator app that was shown a secret, and what its owner does with it.</summary>
sealed record Authenticator(EvolvServer Server, string FactorId, string Secret)
{
    internal static async Task<Authenticator> EnrollAsync(EvolvServer server, string bearer, string? name = null)
    {
        var answer = await server.Anonymous.SendAsync("factors", new { factor_type = "totp", friendly_name = name }, bearer);
        Assert.True(answer.Status == 200, answer.Whole);
        return new Authenticator(server, answer.Text("id"), answer.Body!["totp"]!["secret"]!.GetValue<string>());
    }

    /// <summary>Enrols and shows that it works: the session is at aal2 afterwards.</summary>
    internal static async Task<(Authenticator Authenticator, JsonAnswer Session)> SetUpAsync(EvolvServer server, string bearer, string? name = null)
    {
        var authenticator = await EnrollAsync(server, bearer, name);
        var session = await authenticator.AnswerAsync(bearer, authenticator.Code());
        Assert.True(session.Status == 200, session.Whole);
        return (authenticator, session);
    }

    /// <summary>The code of now, or of some steps later. After a code no older one is good.</summary>
    internal string Code(int steps = 0) => new Totp(Base32Encoding.ToBytes(Secret)).ComputeTotp(TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(30 * steps));

    /// <summary>Six digits that are no code of now.</summary>
    internal string WrongCode()
    {
        string[] good = [.. Enumerable.Range(-3, 7).Select(Code)];
        return Enumerable.Range(100_000, 10).Select(number => $"{number}").First(code => !good.Contains(code));
    }

    internal async Task<string> ChallengeAsync(string bearer)
    {
        var answer = await Server.Anonymous.SendAsync($"factors/{FactorId}/challenge", new { }, bearer);
        Assert.True(answer.Status == 200, answer.Whole);
        return answer.Text("id");
    }

    internal Task<JsonAnswer> VerifyAsync(string bearer, string challengeId, string code)
        => Server.Anonymous.SendAsync($"factors/{FactorId}/verify", new { challenge_id = challengeId, code }, bearer);

    internal async Task<JsonAnswer> AnswerAsync(string bearer, string code) => await VerifyAsync(bearer, await ChallengeAsync(bearer), code);

    /// <summary>As if a minute had gone by: the code of now is good again.</summary>
    internal Task ForgetUseAsync() => Server.Database.ExecuteAsync("update auth.mfa_factors set last_used_step = null");

    internal static JsonNode Claim(string token, string name) => JsonNode.Parse(Base64UrlEncoder.Decode(token.Split('.')[1]))![name]!;
}
