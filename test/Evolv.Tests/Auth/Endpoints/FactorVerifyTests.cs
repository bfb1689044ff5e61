using System.Text.Json.Nodes;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class FactorVerifyTests(EvolvCluster cluster)
{
    const string Wrong = """422 {"code":"mfa_verification_failed","message":"Invalid TOTP code entered"}""";

    [Fact]
    public async Task Challenge_is_open_for_five_minutes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);

        var answer = await server.Anonymous.SendAsync($"factors/{authenticator.FactorId}/challenge", bearer: ada.AccessToken);

        Assert.Equal(200, answer.Status);
        var expiresAt = answer.Body!["expires_at"]!.GetValue<long>();
        Assert.InRange(expiresAt - TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(), 290, 300);
        Assert.True(JsonNode.DeepEquals(
            answer.Body, new JsonObject { ["id"] = answer.Text("id"), ["type"] = "totp", ["expires_at"] = expiresAt }), answer.Whole);
        Assert.True((await server.Anonymous.GetUserAsync(ada.AccessToken)).Body!["factors"]![0]!.AsObject().ContainsKey("last_challenged_at"));

        await server.Database.ExecuteAsync("update auth.mfa_challenges set created_at = created_at - interval '301 seconds'");
        Assert.Equal(
            $$"""422 {"code":"mfa_challenge_expired","message":"MFA challenge {{answer.Text("id")}} has expired, verify against another challenge or create a new challenge."}""",
            (await authenticator.VerifyAsync(ada.AccessToken, answer.Text("id"), authenticator.Code())).Whole);
    }

    [Fact]
    public async Task Right_code_raises_the_session_and_ends_the_others()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        var other = await server.Anonymous.SignInAsync("ada@example.com", Person.Password);
        await Authenticator.EnrollAsync(server, ada.AccessToken, "unfinished");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken, "phone");

        var answer = await authenticator.AnswerAsync(ada.AccessToken, authenticator.Code());

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            ["access_token", "expires_at", "expires_in", "refresh_token", "token_type", "user"],
            answer.Body!.AsObject().Select(property => property.Key).Order());
        var token = answer.Text("access_token");
        Assert.Equal("aal2", Authenticator.Claim(token, "aal").GetValue<string>());
        Assert.Equal(Authenticator.Claim(ada.AccessToken, "session_id").GetValue<string>(), Authenticator.Claim(token, "session_id").GetValue<string>());
        Assert.Equal(["totp", "password"], Authenticator.Claim(token, "amr").AsArray().Select(method => method!["method"]!.GetValue<string>()));
        var factor = Assert.Single(answer.Body!["user"]!["factors"]!.AsArray())!;
        Assert.Equal($"{authenticator.FactorId} verified", $"{factor["id"]} {factor["status"]}");
        Assert.NotEqual(ada.RefreshToken, answer.Text("refresh_token"));

        Assert.Equal(200, (await server.Anonymous.GetUserAsync(token)).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(bob.AccessToken)).Status);
        Assert.Equal(403, (await server.Anonymous.GetUserAsync(other.Text("access_token"))).Status);
        Assert.Equal($"aal2 {authenticator.FactorId}", await server.Database.ScalarAsync<string>(
            $"select aal || ' ' || factor_id from auth.sessions where user_id = '{ada.Id}'"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>(
            $"select count(*) from auth.refresh_tokens where not revoked and user_id = '{ada.Id}'"));
    }

    [Fact]
    public async Task Raised_session_stays_raised_when_it_is_refreshed()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);

        var refreshed = await server.Anonymous.RefreshAsync(session.Text("refresh_token"));
        var again = await server.Anonymous.RefreshAsync(refreshed.Text("refresh_token"));

        Assert.Equal("aal2", Authenticator.Claim(again.Text("access_token"), "aal").GetValue<string>());
        Assert.Equal(2, Authenticator.Claim(again.Text("access_token"), "amr").AsArray().Count);
        Assert.Equal("aal1", Authenticator.Claim(
            (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token"), "aal").GetValue<string>());
    }

    [Fact]
    public async Task Client_whose_answer_was_lost_refreshes_as_ever()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, lost) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        await server.Database.ExecuteAsync("update auth.refresh_tokens set updated_at = updated_at - interval '1 hour'");

        var refreshed = await server.Anonymous.RefreshAsync(ada.RefreshToken);

        Assert.Equal((200, "aal2"), (refreshed.Status, Authenticator.Claim(refreshed.Text("access_token"), "aal").GetValue<string>()));
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(lost.Text("refresh_token"))).Status);
        await server.Database.ExecuteAsync("update auth.refresh_tokens set updated_at = updated_at - interval '1 hour'");
        // Now both children are used, so the parent can only come from a thief.
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(refreshed.Text("refresh_token"))).Status);
        await server.Database.ExecuteAsync("update auth.refresh_tokens set updated_at = updated_at - interval '1 hour'");
        Assert.Equal("refresh_token_already_used", (await server.Anonymous.RefreshAsync(ada.RefreshToken)).Code);
    }

    [Fact]
    public async Task Session_whose_tokens_were_stolen_is_not_revived()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        var challenge = await authenticator.ChallengeAsync(ada.AccessToken);
        await server.Database.ExecuteAsync("update auth.refresh_tokens set revoked = true");

        var answer = await authenticator.VerifyAsync(ada.AccessToken, challenge, authenticator.Code());

        Assert.Equal((403, "session_not_found"), (answer.Status, answer.Text("code")));
        Assert.Equal("unverified", await server.Database.ScalarAsync<string>("select status from auth.mfa_factors"));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.refresh_tokens where not revoked"));
    }

    [Fact]
    public async Task Code_is_good_once_and_so_are_those_before_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        var (code, next) = (authenticator.Code(), authenticator.Code(1));

        Assert.Equal(200, (await authenticator.AnswerAsync(ada.AccessToken, next)).Status);
        Assert.Equal(Wrong, (await authenticator.AnswerAsync(ada.AccessToken, next)).Whole);
        Assert.Equal(Wrong, (await authenticator.AnswerAsync(ada.AccessToken, code)).Whole);
        await authenticator.ForgetUseAsync();
        Assert.Equal(200, (await authenticator.AnswerAsync(ada.AccessToken, $" {next[..3]} {next[3..]} ")).Status);
    }

    [Fact]
    public async Task Of_twenty_at_once_with_one_code_one_wins()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        await authenticator.ForgetUseAsync();
        var bearer = session.Text("access_token");
        var challenges = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => authenticator.ChallengeAsync(bearer)));
        var code = authenticator.Code();

        var answers = await Task.WhenAll(challenges.Select(challenge => authenticator.VerifyAsync(bearer, challenge, code)));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(Wrong, answer.Whole));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.refresh_tokens where not revoked"));
    }

    [Fact]
    public async Task Of_twenty_at_once_with_one_challenge_one_wins()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        var challenge = await authenticator.ChallengeAsync(ada.AccessToken);
        var code = authenticator.Code();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => authenticator.VerifyAsync(ada.AccessToken, challenge, code)));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal("mfa_challenge_expired", answer.Text("code")));
    }

    [Fact]
    public async Task Two_devices_at_once_leave_one_raised_session_or_two_and_none_below()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var phone = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");
        var left = await Authenticator.EnrollAsync(server, ada.AccessToken);
        var right = await Authenticator.EnrollAsync(server, phone);
        var (leftChallenge, rightChallenge) = (await left.ChallengeAsync(ada.AccessToken), await right.ChallengeAsync(phone));

        var answers = await Task.WhenAll(
            left.VerifyAsync(ada.AccessToken, leftChallenge, left.Code()), right.VerifyAsync(phone, rightChallenge, right.Code()));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.Single(answers, answer => answer.Status == 403 && answer.Text("code") == "session_not_found");
        Assert.Equal("aal2", await server.Database.ScalarAsync<string>("select string_agg(aal, ' ') from auth.sessions"));
        Assert.Equal("verified", await server.Database.ScalarAsync<string>("select string_agg(status, ' ') from auth.mfa_factors"));
    }

    [Fact]
    public async Task Fifth_wrong_code_ends_the_challenge()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        var challenge = await authenticator.ChallengeAsync(ada.AccessToken);
        var wrong = authenticator.WrongCode();

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => authenticator.VerifyAsync(ada.AccessToken, challenge, wrong)));
        var right = await authenticator.VerifyAsync(ada.AccessToken, challenge, authenticator.Code());

        Assert.Equal(5, answers.Count(answer => answer.Whole == Wrong));
        Assert.Equal(15, answers.Count(answer => answer.Text("code") == "mfa_challenge_expired"));
        Assert.Equal("mfa_challenge_expired", right.Text("code"));
        Assert.Equal(200, (await authenticator.AnswerAsync(ada.AccessToken, authenticator.Code())).Status);
    }

    [Fact]
    public async Task Thirty_wrong_codes_an_hour_are_the_most()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        await authenticator.ForgetUseAsync();
        var eve = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");
        var wrong = authenticator.WrongCode();
        for (var i = 0; i < 6; i++)
        {
            var challenge = await authenticator.ChallengeAsync(eve);
            await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => authenticator.VerifyAsync(eve, challenge, wrong)));
        }

        var refused = await authenticator.AnswerAsync(eve, authenticator.Code());

        Assert.Equal((429, "over_request_rate_limit", "3600"), (refused.Status, refused.Text("code"), refused.Headers.GetValues("Retry-After").Single()));
        // Who is in already stays in.
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(session.Text("refresh_token"))).Status);
        await server.Database.ExecuteAsync("update auth.mfa_challenges set created_at = created_at - interval '61 minutes'");
        Assert.Equal(200, (await authenticator.AnswerAsync(eve, authenticator.Code())).Status);
        // What is forgotten is also deleted.
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.mfa_challenges"));
    }

    [Fact]
    public async Task Second_device_is_finished_by_a_raised_session_only()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (_, session) = await Authenticator.SetUpAsync(server, ada.AccessToken);
        var second = await Authenticator.EnrollAsync(server, session.Text("access_token"));
        var password = (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Text("access_token");

        var refused = await second.AnswerAsync(password, second.Code());
        var answer = await second.AnswerAsync(session.Text("access_token"), second.Code());

        Assert.Equal("""403 {"code":"insufficient_aal","message":"AAL2 required to enroll a new factor"}""", refused.Whole);
        Assert.Equal(["verified", "verified"], answer.Body!["user"]!["factors"]!.AsArray().Select(factor => factor!["status"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Bad_answers_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        var challenge = await authenticator.ChallengeAsync(ada.AccessToken);
        (string Body, string Expected)[] cases =
        [
            ($$"""{"challenge_id":"{{challenge}}"}""", """400 {"code":"validation_failed","message":"Code needs to be non-empty"}"""),
            ($$"""{"challenge_id":"{{challenge}}","code":""}""", """400 {"code":"validation_failed","message":"Code needs to be non-empty"}"""),
            ("""{"code":"123456"}""", """400 {"code":"validation_failed","message":"challenge_id must be an UUID"}"""),
            ("""{"challenge_id":"1","code":"123456"}""", """400 {"code":"validation_failed","message":"challenge_id must be an UUID"}"""),
            ("""{"challenge_id":"83fd9e20-7a80-46e4-bf29-a86e3d6bbf66","code":"123456"}""",
                """422 {"code":"mfa_factor_not_found","message":"MFA factor with the provided challenge ID not found"}"""),
            ($$"""{"challenge_id":"{{challenge}}","code":123456}""",
                """400 {"code":"bad_json","message":"Could not parse request body as JSON: unexpected value at $.code"}"""),
            ($$"""{"challenge_id":"{{challenge}}","code":"\u0000"}""", Wrong),
            ($$"""{"challenge_id":"{{challenge}}","code":"{{new string('1', 10_000)}}"}""", Wrong),
            ($$"""{"challenge_id":"{{challenge}}","code":"' or true --"}""", Wrong),
        ];

        foreach (var (body, expected) in cases)
        {
            var answer = await server.Anonymous.SendAsync($"factors/{authenticator.FactorId}/verify", body, ada.AccessToken);
            Assert.Equal((body, expected), (body, answer.Whole));
        }

        Assert.Equal(200, (await authenticator.VerifyAsync(ada.AccessToken, challenge, authenticator.Code())).Status);
    }

    [Fact]
    public async Task What_happens_is_told_to_the_audit_log()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var authenticator = await Authenticator.EnrollAsync(server, ada.AccessToken);
        await authenticator.AnswerAsync(ada.AccessToken, authenticator.WrongCode());
        await authenticator.AnswerAsync(ada.AccessToken, authenticator.Code());
        await server.Anonymous.SendAsync("factors/recovery-codes", bearer: ada.AccessToken);
        await server.Anonymous.RemoveAsync("factors/recovery-codes", bearer: ada.AccessToken);
        await server.Anonymous.RemoveAsync($"factors/{authenticator.FactorId}", bearer: ada.AccessToken);

        Assert.Equal(
            """
            factor_in_progress factor factor_id factor_type
            challenge_created factor factor_id factor_status
            verification_failed factor challenge_id factor_id factor_type
            challenge_created factor factor_id factor_status
            verification_attempted factor challenge_id factor_id factor_type
            generate_recovery_codes user -
            recovery_codes_deleted recovery_codes -
            factor_unenrolled factor factor_id factor_status session_id
            """.ReplaceLineEndings("\n"),
            await server.Database.ScalarAsync<string>(
                $"""
                select string_agg(concat_ws(' ', payload ->> 'action', payload ->> 'log_type',
                    coalesce((select string_agg(k, ' ' order by k) from jsonb_object_keys(payload -> 'traits') k), '-')), e'\n' order by created_at, id)
                from auth.audit_log_entries
                where payload ->> 'action' <> 'user_signedup' and payload ->> 'actor_id' = '{ada.Id}'
                    and payload ->> 'actor_username' = 'ada@example.com' and payload ->> 'actor_name' = 'ada' and ip_address = '127.0.0.1'
                """));
        Assert.Equal(
            "factor_challenged factor_challenged factor_enrolled factor_refused factor_removed factor_verified recovery_codes_made recovery_codes_removed signed_up",
            await server.Database.ScalarAsync<string>(
                $"""
                select string_agg(substr(action, 9), ' ' order by action)
                from (select action, actor_id, user_id from audit.pending union all select action, actor_id, user_id from audit.entries) e
                where action like 'account.%' and actor_id = '{ada.Id}' and user_id = '{ada.Id}'
                """));
    }
}
