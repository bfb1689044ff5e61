using System.Text.Json.Nodes;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class FactorsTests(EvolvCluster cluster)
{
    const string UnknownId = "83fd9e20-7a80-46e4-bf29-a86e3d6bbf66";
    const string NotFound = """404 {"code":"mfa_factor_not_found","message":"Factor not found"}""";

    [Fact]
    public async Task Person_enrols_an_authenticator()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SiteUrl", "https://evolv.example:8443"));
        var ada = await server.SignUpAsync("ada");

        var answer = await server.Anonymous.SendAsync("factors", new { factor_type = "totp", friendly_name = "phone" }, ada.AccessToken);

        Assert.Equal(200, answer.Status);
        var totp = answer.Body!["totp"]!;
        var secret = totp["secret"]!.GetValue<string>();
        Assert.Equal(
            $"otpauth://totp/evolv.example:ada%40example.com?secret={secret}&issuer=evolv.example&algorithm=SHA1&digits=6&period=30",
            totp["uri"]!.GetValue<string>());
        var picture = totp["qr_code"]!.GetValue<string>();
        Assert.StartsWith("<svg", picture, StringComparison.Ordinal);
        Assert.True(JsonNode.DeepEquals(answer.Body, new JsonObject
        {
            ["id"] = answer.Text("id"),
            ["type"] = "totp",
            ["friendly_name"] = "phone",
            ["totp"] = new JsonObject { ["qr_code"] = picture, ["secret"] = secret, ["uri"] = totp["uri"]!.GetValue<string>() },
        }), answer.Whole);

        var factor = Assert.Single((await server.Anonymous.GetUserAsync(ada.AccessToken)).Body!["factors"]!.AsArray())!.AsObject();
        Assert.Equal(["created_at", "factor_type", "friendly_name", "id", "status", "updated_at"], factor.Select(property => property.Key).Order());
        Assert.Equal(
            $"{answer.Text("id")} phone totp unverified", $"{factor["id"]} {factor["friendly_name"]} {factor["factor_type"]} {factor["status"]}");
    }

    [Fact]
    public async Task Issuer_may_be_named()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await server.Anonymous.SendAsync("factors", new { factor_type = "totp", issuer = "Evolv & Co" }, ada.AccessToken);

        Assert.StartsWith("otpauth://totp/Evolv%20%26%20Co:ada", answer.Body!["totp"]!["uri"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("", answer.Text("friendly_name"));
    }

    [Fact]
    public async Task Strangers_and_guests_enrol_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var guest = await server.TokenOfGuestAsync();
        var body = new { factor_type = "totp" };

        Assert.Equal(
            """401 {"code":"no_authorization","message":"This endpoint requires a valid Bearer token"}""",
            (await server.Keyless.SendAsync("factors", body)).Whole);
        Assert.Equal("""403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}""", (await server.Anonymous.SendAsync("factors", body)).Whole);
        Assert.Equal("""403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}""", (await server.Service.SendAsync("factors", body)).Whole);
        Assert.Equal(
            """403 {"code":"no_authorization","message":"Anonymous user not allowed to perform these actions"}""",
            (await server.Anonymous.SendAsync("factors", body, guest)).Whole);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_factors"));
    }

    [Fact]
    public async Task Bad_enrolment_is_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        (string Body, string Expected)[] cases =
        [
            ("""{"factor_type":"phone","phone":"+491234567"}""", """422 {"code":"mfa_phone_enroll_not_enabled","message":"MFA enroll is disabled for Phone"}"""),
            ("""{"factor_type":"webauthn"}""", """422 {"code":"mfa_webauthn_enroll_not_enabled","message":"MFA enroll is disabled for WebAuthn"}"""),
            ("""{"factor_type":"sms"}""", """400 {"code":"validation_failed","message":"factor_type needs to be totp, phone, or webauthn"}"""),
            ("{}", """400 {"code":"validation_failed","message":"factor_type needs to be totp, phone, or webauthn"}"""),
            ("{", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ("", """400 {"code":"bad_json","message":"Could not parse request body as JSON: it is malformed"}"""),
            ($$"""{"factor_type":"totp","friendly_name":"{{new string('x', 121)}}"}""",
                """400 {"code":"validation_failed","message":"friendly_name may have 120 characters at most"}"""),
            ($$"""{"factor_type":"totp","issuer":"{{new string('x', 65)}}"}""",
                """400 {"code":"validation_failed","message":"issuer may have 64 characters at most"}"""),
        ];

        foreach (var (body, expected) in cases)
            Assert.Equal((body, expected), (body, (await server.Anonymous.SendAsync("factors", body, ada.AccessToken)).Whole));
        var nul = await server.Anonymous.SendAsync("factors", """{"factor_type":"totp","friendly_name":"\u0000"}""", ada.AccessToken);
        Assert.Equal((400, "validation_failed"), (nul.Status, nul.Text("code")));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_factors"));
    }

    [Fact]
    public async Task Names_are_told_apart_and_namelessness_is_no_conflict()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        await Authenticator.EnrollAsync(server, ada.AccessToken, "phone");
        await Authenticator.EnrollAsync(server, bob.AccessToken, "phone");
        await Authenticator.EnrollAsync(server, ada.AccessToken);
        await Authenticator.EnrollAsync(server, ada.AccessToken);

        var again = await server.Anonymous.SendAsync("factors", new { factor_type = "totp", friendly_name = "phone" }, ada.AccessToken);

        Assert.Equal(
            """422 {"code":"mfa_factor_name_conflict","message":"A factor with the friendly name "phone" for this user already exists"}""",
            again.Whole.Replace("\\\"", "\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Ten_factors_are_the_most_however_fast_they_come()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ =>
            server.Anonymous.SendAsync("factors", new { factor_type = "totp" }, ada.AccessToken)));

        Assert.Equal(10, answers.Count(answer => answer.Status == 200));
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(
            """422 {"code":"too_many_enrolled_mfa_factors","message":"Maximum number of verified factors reached, unenroll to continue"}""", answer.Whole));
        Assert.Equal(10, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_factors"));
    }

    [Fact]
    public async Task Factors_that_nobody_finished_go_after_five_minutes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (verified, session) = await Authenticator.SetUpAsync(server, ada.AccessToken, "kept");
        var bearer = session.Text("access_token");
        await Authenticator.EnrollAsync(server, bearer, "old");
        await server.Database.ExecuteAsync("update auth.mfa_factors set created_at = created_at - interval '301 seconds'");
        await Authenticator.EnrollAsync(server, bearer, "young");

        var answer = await server.Anonymous.SendAsync("factors", new { factor_type = "totp", friendly_name = "old" }, bearer);

        Assert.Equal(200, answer.Status);
        Assert.Equal("kept old young", await server.Database.ScalarAsync<string>(
            "select string_agg(friendly_name, ' ' order by friendly_name) from auth.mfa_factors"));
        Assert.Equal("verified", await server.Database.ScalarAsync<string>($"select status from auth.mfa_factors where id = '{verified.FactorId}'"));
    }

    [Fact]
    public async Task Second_authenticator_needs_the_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var password = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        var refused = await server.Anonymous.SendAsync("factors", new { factor_type = "totp" }, password.Text("access_token"));
        // The first token still says aal1; the session behind it does not.
        var allowed = await server.Anonymous.SendAsync("factors", new { factor_type = "totp" }, ada.AccessToken);

        Assert.Equal("""403 {"code":"insufficient_aal","message":"AAL2 required to enroll a new factor"}""", refused.Whole);
        Assert.Equal(200, allowed.Status);
        Assert.Equal(200, (await server.Anonymous.SendAsync("factors", new { factor_type = "totp" }, session.Text("access_token"))).Status);
    }

    [Fact]
    public async Task Unfinished_factor_is_unenrolled_and_leaves_nothing()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        await authenticator.ChallengeAsync(ada.AccessToken);

        var answer = await server.Anonymous.RemoveAsync($"factors/{authenticator.FactorId}", bearer: ada.AccessToken);

        Assert.Equal($$"""200 {"id":"{{authenticator.FactorId}}"}""", answer.Whole);
        Assert.False((await server.Anonymous.GetUserAsync(ada.AccessToken)).Body!.ContainsKey("factors"));
        Assert.Equal(NotFound, (await server.Anonymous.RemoveAsync($"factors/{authenticator.FactorId}", bearer: ada.AccessToken)).Whole);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_challenges"));
    }

    [Fact]
    public async Task Verified_factor_is_unenrolled_by_a_raised_session_which_falls_back()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var path = $"factors/{authenticator.FactorId}";
        await server.Anonymous.SendAsync("factors/recovery-codes", bearer: session.Text("access_token"));
        var password = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);

        var refused = await server.Anonymous.RemoveAsync(path, bearer: password.Text("access_token"));
        var answer = await server.Anonymous.RemoveAsync(path, bearer: session.Text("access_token"));
        var refreshed = await server.Anonymous.RefreshAsync(session.Text("refresh_token"));

        Assert.Equal("""422 {"code":"insufficient_aal","message":"AAL2 required to unenroll verified factor"}""", refused.Whole);
        Assert.Equal($$"""200 {"id":"{{authenticator.FactorId}}"}""", answer.Whole);
        Assert.Equal("aal1", Authenticator.Claim(refreshed.Text("access_token"), "aal").GetValue<string>());
        Assert.Equal("password", Assert.Single(Authenticator.Claim(refreshed.Text("access_token"), "amr").AsArray())!["method"]!.GetValue<string>());
        // Codes that stand in for no factor would wait for the next one.
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_recovery_codes"));
    }

    [Fact]
    public async Task Factors_of_others_are_not_found()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var eve = await server.SignUpAsync("eve");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        var challenge = await authenticator.ChallengeAsync(ada.AccessToken);
        var own = await Authenticator.EnrollAsync(server, eve.AccessToken);

        foreach (var id in new[] { authenticator.FactorId, UnknownId })
        {
            Assert.Equal(NotFound, (await server.Anonymous.RemoveAsync($"factors/{id}", bearer: eve.AccessToken)).Whole);
            Assert.Equal(NotFound, (await server.Anonymous.SendAsync($"factors/{id}/challenge", new { }, eve.AccessToken)).Whole);
            Assert.Equal(NotFound, (await server.Anonymous.SendAsync(
                $"factors/{id}/verify", new { challenge_id = challenge, code = authenticator.Code() }, eve.AccessToken)).Whole);
        }

        Assert.Equal(
            """422 {"code":"mfa_factor_not_found","message":"MFA factor with the provided challenge ID not found"}""",
            (await own.VerifyAsync(eve.AccessToken, challenge, own.Code())).Whole);
        var malformed = """404 {"code":"validation_failed","message":"factor_id must be an UUID"}""";
        Assert.Equal(malformed, (await server.Anonymous.RemoveAsync("factors/1", bearer: eve.AccessToken)).Whole);
        Assert.Equal(malformed, (await server.Anonymous.SendAsync("factors/%27/challenge", new { }, eve.AccessToken)).Whole);
        Assert.Equal(malformed, (await server.Anonymous.SendAsync("factors/1/verify", new { challenge_id = challenge, code = "1" }, eve.AccessToken)).Whole);
        Assert.Equal(2, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_factors"));
    }

    [Fact]
    public async Task Address_and_password_change_only_after_the_second_factor()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var password = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");
        var unfinished = await server.SignUpAsync("bob");
        await Authenticator.EnrollAsync(server, unfinished.AccessToken);
        const string Refused =
            """401 {"code":"insufficient_aal","message":"AAL2 session is required to update email or password when MFA is enabled."}""";

        Assert.Equal(Refused, (await server.Anonymous.PutUserAsync(password, new { password = "a new and better one" })).Whole);
        Assert.Equal(Refused, (await server.Anonymous.PutUserAsync(password, new { email = "eve@example.com" })).Whole);
        Assert.Equal(200, (await server.Anonymous.PutUserAsync(password, new { data = new { full_name = "Ada" } })).Status);
        Assert.Equal(200, (await server.Anonymous.PutUserAsync(session.Text("access_token"), new { password = "a new and better one" })).Status);
        Assert.Equal(200, (await server.Anonymous.PutUserAsync(unfinished.AccessToken, new { password = "a new and better one" })).Status);
    }
}
