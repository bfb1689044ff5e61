using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class FactorsRecoveryCodesTests(EvolvCluster cluster)
{
    const string Path = "factors/recovery-codes";
    const string Wrong = """422 {"code":"mfa_verification_failed","message":"Invalid TOTP code entered"}""";

    [Fact]
    public async Task Ten_codes_are_shown_once_and_kept_as_hashes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var bearer = session.Text("access_token");

        var before = await server.Anonymous.ReadAsync(Path, bearer);
        var answer = await server.Anonymous.SendAsync(Path, bearer: bearer);

        Assert.Equal("""200 {"type":"recovery_code","total":0,"remaining":0}""", before.Whole);
        var codes = Codes(answer);
        Assert.Equal(10, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Matches("^[a-z2-9]{5}-[a-z2-9]{5}$", code));
        Assert.Equal(["codes", "total", "type"], answer.Body!.AsObject().Select(property => property.Key).Order());
        Assert.Equal("""200 {"type":"recovery_code","total":10,"remaining":10}""", (await server.Anonymous.ReadAsync(Path, bearer)).Whole);
        var dump = await server.Database.ScalarAsync<string>("select string_agg(c::text, ' ') from auth.mfa_recovery_codes c");
        Assert.All(codes, code => Assert.DoesNotContain(code, dump, StringComparison.Ordinal));
        Assert.All(codes, code => Assert.DoesNotContain(code.Replace("-", "", StringComparison.Ordinal), dump, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Codes_are_for_sessions_that_showed_the_second_factor()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        const string Refused = """403 {"code":"insufficient_aal","message":"AAL2 required to change recovery codes"}""";
        Assert.Equal(Refused, (await server.Anonymous.SendAsync(Path, bearer: ada.AccessToken)).Whole);
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        await server.Anonymous.SendAsync(Path, bearer: session.Text("access_token"));
        var password = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");

        Assert.Equal(Refused, (await server.Anonymous.SendAsync(Path, bearer: password)).Whole);
        Assert.Equal(Refused, (await server.Anonymous.SendAsync($"{Path}/regenerate", bearer: password)).Whole);
        Assert.Equal(Refused, (await server.Anonymous.RemoveAsync(Path, bearer: password)).Whole);
        Assert.Equal(401, (await server.Keyless.SendAsync(Path)).Status);
        Assert.Equal(403, (await server.Anonymous.SendAsync(Path, bearer: await server.TokenOfGuestAsync())).Status);
        Assert.Equal(10, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_recovery_codes"));
        Assert.Equal("200 {}", (await server.Anonymous.RemoveAsync(Path, bearer: session.Text("access_token"))).Whole);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_recovery_codes"));
    }

    [Fact]
    public async Task Recovery_code_stands_in_for_a_code_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var codes = Codes(await server.Anonymous.SendAsync(Path, bearer: session.Text("access_token")));
        var password = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");

        var answer = await authenticator.AnswerAsync(password, $" {codes[0].Replace('-', ' ').ToUpperInvariant()} ");

        Assert.Equal((200, "aal2"), (answer.Status, Authenticator.Claim(answer.Text("access_token"), "aal").GetValue<string>()));
        Assert.Equal(
            ["mfa/recovery_code", "password"],
            Authenticator.Claim(answer.Text("access_token"), "amr").AsArray().Select(method => method!["method"]!.GetValue<string>()));
        Assert.Equal(Wrong, (await authenticator.AnswerAsync(password, codes[0])).Whole);
        Assert.Equal("""200 {"type":"recovery_code","total":10,"remaining":9}""", (await server.Anonymous.ReadAsync(Path, password)).Whole);
        Assert.Equal(200, (await authenticator.AnswerAsync(password, codes[1])).Status);
    }

    [Fact]
    public async Task Of_twenty_at_once_with_one_recovery_code_one_wins()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var bearer = session.Text("access_token");
        var code = Codes(await server.Anonymous.SendAsync(Path, bearer: bearer))[0];
        var challenges = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => authenticator.ChallengeAsync(bearer)));

        var answers = await Task.WhenAll(challenges.Select(challenge => authenticator.VerifyAsync(bearer, challenge, code)));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(Wrong, answer.Whole));
    }

    [Fact]
    public async Task Codes_of_others_and_of_an_older_set_are_worth_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var eve = await server.SignUpAsync("eve");
        var (phone, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var (other, otherSession) = await Authenticator.SetUpAsync(server, eve.AccessToken);
        var old = Codes(await server.Anonymous.SendAsync(Path, bearer: session.Text("access_token")));
        var renewed = Codes(await server.Anonymous.SendAsync($"{Path}/regenerate", bearer: session.Text("access_token")));
        await server.Anonymous.SendAsync(Path, bearer: otherSession.Text("access_token"));

        Assert.Equal(Wrong, (await phone.AnswerAsync(ada.AccessToken, old[0])).Whole);
        Assert.Equal(Wrong, (await other.AnswerAsync(eve.AccessToken, renewed[0])).Whole);
        Assert.Equal(200, (await phone.AnswerAsync(ada.AccessToken, renewed[0])).Status);
    }

    [Fact]
    public async Task Recovery_code_does_not_verify_a_new_device()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var codes = Codes(await server.Anonymous.SendAsync(Path, bearer: session.Text("access_token")));
        var second = await Authenticator.EnrollAsync(server, session.Text("access_token"));

        var answer = await second.AnswerAsync(session.Text("access_token"), codes[0]);

        Assert.Equal(Wrong, answer.Whole);
        Assert.Equal(10, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_recovery_codes where used_at is null"));
    }

    [Fact]
    public async Task Recovery_code_is_taken_without_a_challenge_as_auth_js_sends_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        Assert.Equal(
            """404 {"code":"mfa_factor_not_found","message":"Factor not found"}""",
            (await server.Anonymous.SendAsync($"{Path}/verify", new { code = "abcde-fghjk" }, ada.AccessToken)).Whole);
        var (authenticator, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var codes = Codes(await server.Anonymous.SendAsync(Path, bearer: session.Text("access_token")));
        var password = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");

        Assert.Equal(Wrong, (await server.Anonymous.SendAsync($"{Path}/verify", new { code = authenticator.Code(1) }, password)).Whole);
        Assert.Equal(Wrong, (await server.Anonymous.SendAsync($"{Path}/verify", new { code = "abcde-fghjk" }, password)).Whole);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select sum(attempts) from auth.mfa_challenges"));
        Assert.Equal(
            """400 {"code":"validation_failed","message":"Code needs to be non-empty"}""",
            (await server.Anonymous.SendAsync($"{Path}/verify", new { }, password)).Whole);
        var answer = await server.Anonymous.SendAsync($"{Path}/verify", new { code = codes[3] }, password);
        Assert.Equal((200, "aal2"), (answer.Status, Authenticator.Claim(answer.Text("access_token"), "aal").GetValue<string>()));
    }

    static string[] Codes(JsonAnswer answer)
    {
        Assert.True(answer.Status == 200, answer.Whole);
        return [.. answer.Body!["codes"]!.AsArray().Select(code => code!.GetValue<string>())];
    }
}
