using System.Buffers.Text;
using System.Text;
using System.Text.Json.Nodes;
using Evolv.Tests.Auth.Mfa;
using Evolv.Tests.Auth.Passkeys;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.Passkeys.PasskeyClient;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class PasskeyAuthenticationTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Options_name_nobody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);

        var answer = await server.BeginSignInAsync();
        var keyless = await server.Keyless.SendAsync("passkeys/authentication/options");

        Assert.Equal(
            $$$"""
            200 {"challenge_id":"{{{answer.Text("challenge_id")}}}","options":{"challenge":"{{{answer.Body!["options"]!["challenge"]}}}","timeout":300000,"rpId":"localhost","userVerification":"preferred"},"expires_at":{{{answer.Body["expires_at"]}}}}
            """, answer.Whole);
        Assert.Equal(32, Base64Url.DecodeFromChars(answer.Body!["options"]!["challenge"]!.GetValue<string>()).Length);
        Assert.NotEqual(answer.Text("challenge_id"), (await server.BeginSignInAsync()).Text("challenge_id"));
        Assert.Equal(200, keyless.Status); // As with every sign-in: the key is the gateway's at Supabase.
    }

    [Fact]
    public async Task Person_signs_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, id) = await server.AddPasskeyAsync(ada.AccessToken);

        var answer = await server.SignInWithAsync(authenticator);

        Assert.Equal(200, answer.Status);
        Assert.Equal(["access_token", "expires_at", "expires_in", "refresh_token", "token_type", "user"], answer.Body!.AsObject().Select(part => part.Key).Order());
        Assert.Equal(ada.Id, answer.Body["user"]!["id"]!.GetValue<Guid>());
        var token = answer.Text("access_token");
        Assert.Equal("aal1", Authenticator.Claim(token, "aal").GetValue<string>());
        Assert.Equal("passkey", Assert.Single(Authenticator.Claim(token, "amr").AsArray())!["method"]!.GetValue<string>());
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(token)).Status);
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(answer.Text("refresh_token"))).Status);
        Assert.Equal(
            $$"""login account ada@example.com ada {"passkey_id": "{{id}}"}""",
            await server.Database.ScalarAsync<string>(
                """
                select concat_ws(' ', payload ->> 'action', payload ->> 'log_type', payload ->> 'actor_username', payload ->> 'actor_name', payload ->> 'traits')
                from auth.audit_log_entries where payload ->> 'action' = 'login' order by created_at desc limit 1
                """));
        Assert.Equal("1 true", await server.Database.ScalarAsync<string>("select sign_count || ' ' || (last_used_at > created_at)::text from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Second_factor_is_still_asked_for()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, _) = await server.AddPasskeyAsync(ada.AccessToken);
        var (second, _) = await Authenticator.SetUpAsync(server, ada.AccessToken);

        var session = await server.SignInWithAsync(authenticator);
        await second.ForgetUseAsync();
        var raised = await second.AnswerAsync(session.Text("access_token"), second.Code());

        Assert.Equal("aal1", Authenticator.Claim(session.Text("access_token"), "aal").GetValue<string>());
        Assert.Equal("aal2", Authenticator.Claim(raised.Text("access_token"), "aal").GetValue<string>());
        Assert.Equal(
            "totp passkey",
            string.Join(' ', Authenticator.Claim(raised.Text("access_token"), "amr").AsArray().Select(method => method!["method"]!.GetValue<string>())));
    }

    [Fact]
    public async Task Passkey_that_counts_nothing_signs_in_again_and_again()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);
        authenticator.Counts = false;

        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
    }

    [Fact]
    public async Task Copy_of_an_authenticator_is_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);
        authenticator.SignCount = 7;
        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status); // 8

        authenticator.SignCount = 7;
        Assert.Equal(Refused, (await server.SignInWithAsync(authenticator)).Whole); // 8 again.
        authenticator.SignCount = 2;
        Assert.Equal(Refused, (await server.SignInWithAsync(authenticator)).Whole);
        (authenticator.SignCount, authenticator.Counts) = (0, false);
        Assert.Equal(Refused, (await server.SignInWithAsync(authenticator)).Whole);
        (authenticator.SignCount, authenticator.Counts) = (uint.MaxValue - 1, true);
        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
        Assert.Equal(uint.MaxValue, await server.Database.ScalarAsync<long>("select sign_count from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Of_twenty_at_once_one_gets_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);
        var begun = await server.BeginSignInAsync();
        var credential = authenticator.Get(begun.Body!["options"]!);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.EndSignInAsync(begun.Text("challenge_id"), credential)));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(NoChallenge, answer.Whole));
        Assert.Equal(2, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions"));
    }

    [Fact]
    public async Task Same_count_of_many_challenges_gets_in_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);
        (authenticator.SignCount, authenticator.Counts) = (5, false); // The original and nineteen copies.
        var begun = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.BeginSignInAsync()));

        var answers = await Task.WhenAll(begun.Select(one => server.EndSignInAsync(one.Text("challenge_id"), authenticator.Get(one.Body!["options"]!))));

        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(Refused, answer.Whole));
    }

    [Fact]
    public async Task Lies_are_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (ada, bob) = (await server.SignUpAsync("ada"), await server.SignUpAsync("bob"));
        var (ofAda, _) = await server.AddPasskeyAsync(ada.AccessToken);
        var (ofBob, _) = await server.AddPasskeyAsync(bob.AccessToken);
        SoftAuthenticator Forged(Action<SoftAuthenticator> lie)
        {
            var forged = new SoftAuthenticator { CredentialId = ofAda.CredentialId, UserHandle = ofAda.UserHandle, SignCount = 100 };
            lie(forged);
            return forged;
        }

        (string What, SoftAuthenticator Authenticator, Action<SoftAuthenticator> Lie)[] cases =
        [
            ("origin", ofAda, one => one.Origin = "https://evil.example"),
            ("frame of another site", ofAda, one => one.CrossOrigin = true),
            ("domain", ofAda, one => one.RpId = "evil.example"),
            ("nobody there", ofAda, one => one.IsUserPresent = false),
            ("user of another passkey", ofAda, one => one.UserHandle = ofBob.UserHandle),
            ("user in capitals", ofAda, one => one.UserHandle = Encoding.ASCII.GetBytes(ada.Id.ToString().ToUpperInvariant())),
            ("no user", ofAda, one => one.UserHandle = []),
            ("user that is no id", ofAda, one => one.UserHandle = [0xFF]),
            ("backup that was impossible", ofAda, one => one.IsBackupEligible = true),
            ("extensions nested without end", ofAda, one => one.Extensions = [.. Enumerable.Repeat((byte)0x81, 30_000), 0x01]),
            ("passkey of another", ofAda, one => one.CredentialId = ofBob.CredentialId),
            ("passkey that nobody has", ofAda, one => one.CredentialId = new byte[32]),
            ("another key", Forged(_ => { }), _ => { }),
        ];

        var believed = new List<string>();
        foreach (var (what, authenticator, lie) in cases)
        {
            var (origin, rpId, handle, id) = (authenticator.Origin, authenticator.RpId, authenticator.UserHandle, authenticator.CredentialId);
            lie(authenticator);
            var answer = await server.SignInWithAsync(authenticator);
            if (answer.Whole != Refused)
                believed.Add($"{what}: {answer.Whole}");
            (authenticator.Origin, authenticator.RpId, authenticator.UserHandle, authenticator.CredentialId) = (origin, rpId, handle, id);
            (authenticator.CrossOrigin, authenticator.IsUserPresent, authenticator.IsBackupEligible, authenticator.Extensions) = (false, true, false, null);
        }

        Assert.Empty(believed);
        Assert.Equal(200, (await server.SignInWithAsync(ofAda)).Status);
    }

    [Fact]
    public async Task What_is_malformed_or_changed_is_refused_and_spends_the_challenge()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);
        static string Flip(JsonNode? text, int index)
        {
            var bytes = Base64Url.DecodeFromChars(text!.GetValue<string>());
            bytes[index] ^= 1;
            return Base64Url.EncodeToString(bytes);
        }

        (string What, string Expected, Action<JsonObject, JsonObject> Spoil)[] cases =
        [
            ("no response", Malformed, (credential, _) => credential.Remove("response")),
            ("another id", Malformed, (credential, _) => credential["id"] = "AAAA"),
            ("another type", Malformed, (credential, _) => credential["type"] = "password"),
            ("no signature", Malformed, (_, response) => response.Remove("signature")),
            ("no data", Malformed, (_, response) => response.Remove("authenticatorData")),
            ("data is no base64url", Malformed, (_, response) => response["authenticatorData"] = "%"),
            ("user is no base64url", Malformed, (_, response) => response["userHandle"] = "%"),
            ("two of one name", Malformed, (credential, _) => credential["response"] = 7),
            ("no user", Refused, (_, response) => response.Remove("userHandle")),
            ("null user", Refused, (_, response) => response["userHandle"] = null),
            ("changed signature", Refused, (_, response) => response["signature"] = Flip(response["signature"], 10)),
            ("empty signature", Refused, (_, response) => response["signature"] = ""),
            ("signature that is no DER", Refused, (_, response) => response["signature"] = "AAAA"),
            ("changed counter", Refused, (_, response) => response["authenticatorData"] = Flip(response["authenticatorData"], 36)),
            ("changed flags", Refused, (_, response) => response["authenticatorData"] = Flip(response["authenticatorData"], 32)),
            ("empty data", Refused, (_, response) => response["authenticatorData"] = ""),
            ("short data", Refused, (_, response) => response["authenticatorData"] = "AAAA"),
            ("changed client data", Refused, (_, response) => response["clientDataJSON"] = Flip(response["clientDataJSON"], 3)),
            ("type of the other ceremony", Refused, (_, response) => response["clientDataJSON"] = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(
                Encoding.UTF8.GetString(Base64Url.DecodeFromChars(response["clientDataJSON"]!.GetValue<string>())).Replace("webauthn.get", "webauthn.create", StringComparison.Ordinal)))),
        ];

        foreach (var (what, expected, spoil) in cases)
        {
            var begun = await server.BeginSignInAsync();
            var credential = authenticator.Get(begun.Body!["options"]!);
            var spoiled = credential.DeepClone().AsObject();
            spoil(spoiled, spoiled["response"]!.AsObject());
            Assert.Equal((what, expected), (what, (await server.EndSignInAsync(begun.Text("challenge_id"), spoiled)).Whole));
            Assert.Equal((what, NoChallenge), (what, (await server.EndSignInAsync(begun.Text("challenge_id"), credential)).Whole));
        }

        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions"));
    }

    [Fact]
    public async Task Answer_to_another_challenge_is_refused()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);
        var (first, second) = (await server.BeginSignInAsync(), await server.BeginSignInAsync());

        Assert.Equal(Refused, (await server.EndSignInAsync(first.Text("challenge_id"), authenticator.Get(second.Body!["options"]!))).Whole);
    }

    [Fact]
    public async Task Challenge_is_good_for_five_minutes()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);
        var begun = await server.BeginSignInAsync();
        await server.Database.ExecuteAsync("update auth.webauthn_challenges set expires_at = expires_at - interval '301 seconds'");

        Assert.Equal(
            """400 {"code":"webauthn_challenge_expired","message":"Challenge has expired"}""",
            (await server.EndSignInAsync(begun.Text("challenge_id"), authenticator.Get(begun.Body!["options"]!))).Whole);
    }

    [Fact]
    public async Task Who_must_show_a_finger_shows_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:Passkeys:RequireUserVerification", "true"));
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);

        authenticator.IsUserVerified = false;
        Assert.Equal(Refused, (await server.SignInWithAsync(authenticator)).Whole);
        authenticator.IsUserVerified = true;
        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
    }

    [Fact]
    public async Task Without_a_finger_a_touch_is_enough_as_with_GoTrue()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var (authenticator, _) = await server.AddPasskeyAsync((await server.SignUpAsync("ada")).AccessToken);

        authenticator.IsUserVerified = false;

        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
    }

    [Fact]
    public async Task Who_is_banned_unconfirmed_or_gone_does_not_get_in()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, _) = await server.AddPasskeyAsync(ada.AccessToken);

        await server.Service.WriteAsync($"admin/users/{ada.Id}", new { ban_duration = "1h" });
        Assert.Equal("""403 {"code":"user_banned","message":"User is banned"}""", (await server.SignInWithAsync(authenticator)).Whole);
        await server.Service.WriteAsync($"admin/users/{ada.Id}", new { ban_duration = "none" });
        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
        await server.Database.ExecuteAsync("update auth.users set email_confirmed_at = null");
        Assert.Equal("""403 {"code":"email_not_confirmed","message":"Email not confirmed"}""", (await server.SignInWithAsync(authenticator)).Whole);
        await server.Database.ExecuteAsync("update auth.users set email_confirmed_at = now()");
        await server.Service.RemoveAsync($"admin/users/{ada.Id}", new { should_soft_delete = true });
        Assert.Equal(Refused, (await server.SignInWithAsync(authenticator)).Whole);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_credentials"));
    }

    [Fact]
    public async Task Deleted_account_takes_its_passkeys_and_challenges_along()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, _) = await server.AddPasskeyAsync(ada.AccessToken);
        await server.BeginRegistrationAsync(ada.AccessToken);

        await server.Service.RemoveAsync($"admin/users/{ada.Id}");

        Assert.Equal(Refused, (await server.SignInWithAsync(authenticator)).Whole);
        Assert.Equal(
            0, await server.Database.ScalarAsync<long>("select (select count(*) from auth.webauthn_credentials) + (select count(*) from auth.webauthn_challenges)"));
    }

    [Fact]
    public async Task New_password_ends_sessions_and_challenges_and_keeps_passkeys()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var (authenticator, _) = await server.AddPasskeyAsync(ada.AccessToken);
        var session = await server.SignInWithAsync(authenticator);
        var begun = await server.BeginRegistrationAsync(ada.AccessToken);
        var credential = new SoftAuthenticator().Create(begun.Body!["options"]!);

        Assert.Equal(200, (await server.Anonymous.PutUserAsync(ada.AccessToken, new { password = "another good password" })).Status);

        Assert.Equal("session_not_found", (await server.Anonymous.GetUserAsync(session.Text("access_token"))).Code);
        Assert.Equal(NoChallenge, (await server.EndRegistrationAsync(ada.AccessToken, begun.Text("challenge_id"), credential)).Whole);
        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
    }
}
