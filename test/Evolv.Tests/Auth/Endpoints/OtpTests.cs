using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class OtpTests(EvolvCluster cluster)
{
    const string Email = "ada@example.com";

    [Fact]
    public async Task Newcomer_gets_an_account_by_mail()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var asked = await server.Anonymous.PostAsync("otp", new { email = Email, create_user = true, data = new { full_name = "Ada" } });
        var mail = await server.LastMailToAsync(Email);
        var session = await server.Anonymous.PostAsync("verify", new { type = "email", email = Email.ToUpperInvariant(), token = mail.Digits });

        Assert.Equal("200 {}", asked.Whole);
        Assert.Equal(200, session.Status);
        Assert.Equal("Ada", session.User["user_metadata"]!["full_name"]!.GetValue<string>());
        Assert.Equal("Ada", await server.Database.ScalarAsync<string>("select full_name from public.profiles"));
        Assert.Equal("otp", await server.Database.ScalarAsync<string>("select authentication_method from auth.mfa_amr_claims"));
    }

    [Fact]
    public async Task Token_hash_of_the_link_signs_in_by_post()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("magiclink", new { email = Email });
        var mail = await server.LastMailToAsync(Email);

        var wrongType = await server.Anonymous.PostAsync("verify", new { type = "signup", token_hash = mail.TokenHash });
        var session = await server.Anonymous.PostAsync("verify", new { type = "magiclink", token_hash = mail.TokenHash });
        var again = await server.Anonymous.PostAsync("verify", new { type = "magiclink", token_hash = mail.TokenHash });
        var digits = await server.Anonymous.PostAsync("verify", new { type = "email", email = Email, token = mail.Digits });

        const string Expired = """403 {"code":"otp_expired","message":"Email link is invalid or has expired"}""";
        Assert.Equal(Expired, wrongType.Whole);
        Assert.Equal(200, session.Status);
        Assert.Equal(Expired, again.Whole);
        Assert.Equal("""403 {"code":"otp_expired","message":"Token has expired or is invalid"}""", digits.Whole);
    }

    [Fact]
    public async Task Mails_that_strangers_ask_for_do_not_end_the_link_that_its_owner_has()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("otp", new { email = Email });
        var own = await server.LastMailToAsync(Email);
        var (_, challenge) = Pkce.New();
        for (var i = 0; i < 2; i++)
            await server.Anonymous.PostAsync("recover", new { email = Email, code_challenge = challenge, code_challenge_method = "s256" });

        var digits = await server.Anonymous.PostAsync("verify", new { type = "email", email = Email, token = own.Digits });
        var landing = await server.FollowAsync(own.Link);
        var newer = await server.FollowAsync((await server.LastMailToAsync(Email)).Link);

        Assert.Equal("otp_expired", digits.Code); // Only the newest ones: three would be guessed three times as soon.
        Assert.NotNull(landing.Part("access_token"));
        Assert.Equal("otp_expired", newer.Part("error_code"));
    }

    [Fact]
    public async Task Fourth_link_ends_the_first()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        for (var i = 0; i < 4; i++)
            await server.Anonymous.PostAsync("otp", new { email = Email });
        var mails = await server.MailsToAsync(Email);

        Assert.Equal("otp_expired", (await server.FollowAsync(mails[0].Link)).Part("error_code"));
        Assert.NotNull((await server.FollowAsync(mails[1].Link)).Part("access_token"));
    }

    [Fact]
    public async Task Tries_of_a_day_count_over_all_mails()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("otp", new { email = Email });
        await server.Database.ExecuteAsync("update auth.one_time_tokens set attempts = 50, otp_hash = null");

        await server.Anonymous.PostAsync("otp", new { email = Email });
        var mail = await server.LastMailToAsync(Email);
        var digits = await server.Anonymous.PostAsync("verify", new { type = "email", email = Email, token = mail.Digits });

        Assert.Equal("otp_expired", digits.Code);
        Assert.NotNull((await server.FollowAsync(mail.Link)).Part("access_token"));
    }

    [Fact]
    public async Task Too_late_is_too_late()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("otp", new { email = Email });
        var mail = await server.LastMailToAsync(Email);
        await server.Database.ExecuteAsync("update auth.one_time_tokens set otp_expires_at = now() - interval '1 s'");

        var digits = await server.Anonymous.PostAsync("verify", new { type = "email", email = Email, token = mail.Digits });
        await server.Database.ExecuteAsync("update auth.one_time_tokens set expires_at = now() - interval '1 s'");
        var link = await server.FollowAsync(mail.Link);

        Assert.Equal("otp_expired", digits.Code);
        Assert.Equal("otp_expired", link.Part("error_code"));
    }

    [Fact]
    public async Task Guessing_ends_the_digits_and_leaves_the_link()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        await server.SignUpAsync("ada");
        await server.Anonymous.PostAsync("otp", new { email = Email });
        var mail = await server.LastMailToAsync(Email);

        foreach (var guess in Enumerable.Range(0, 51).Select(number => $"{number:D6}").Where(guess => guess != mail.Digits).Take(50))
            Assert.Equal("otp_expired", (await server.Anonymous.PostAsync("verify", new { type = "email", email = Email, token = guess })).Code);
        var right = await server.Anonymous.PostAsync("verify", new { type = "email", email = Email, token = mail.Digits });
        var link = await server.FollowAsync(mail.Link);

        Assert.Equal("otp_expired", right.Code);
        Assert.NotNull(link.Part("access_token"));
    }

    [Fact]
    public async Task Stranger_is_told_only_where_sign_ups_tell_too()
    {
        await using var open = await EvolvServer.StartAsync(cluster);
        await using var confirming = await EvolvServer.StartAsync(cluster, ("Auth:ConfirmEmail", "true"));
        await using var closed = await EvolvServer.StartAsync(cluster, ("Auth:DisableSignup", "true"));

        var told = await open.Anonymous.PostAsync("otp", new { email = Email, create_user = false });
        var hidden = await confirming.Anonymous.PostAsync("otp", new { email = Email, create_user = false });
        var refused = await closed.Anonymous.PostAsync("otp", new { email = Email });

        Assert.Equal("""422 {"code":"otp_disabled","message":"Signups not allowed for otp"}""", told.Whole);
        Assert.Equal("200 {}", hidden.Whole);
        Assert.Equal("""422 {"code":"signup_disabled","message":"Signups not allowed for this instance"}""", refused.Whole);
        Assert.Empty(await confirming.MailsToAsync(Email));
    }

    [Fact]
    public async Task Bad_request_is_answered_in_the_dialect()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        (string Path, string Body, string Answer)[] cases =
        [
            ("otp", "{}", """400 {"code":"validation_failed","message":"One of email or phone must be set"}"""),
            ("otp", """{"phone":"+4912345"}""", """400 {"code":"phone_provider_disabled","message":"Unsupported phone provider"}"""),
            ("otp", """{"email":"a@b.c","phone":"1"}""", """400 {"code":"validation_failed","message":"Only an email address or phone number should be provided"}"""),
            ("otp", """{"email":"nobody"}""", """400 {"code":"validation_failed","message":"Unable to validate email address: invalid format"}"""),
            ("otp", """{"email":"a@b.c","code_challenge":"abc"}""", """400 {"code":"validation_failed","message":"PKCE flow requires code_challenge_method and code_challenge"}"""),
            ("otp", """{"email":"a@b.c","data":[]}""", """400 {"code":"validation_failed","message":"data must be an object"}"""),
            ("recover", "{}", """400 {"code":"validation_failed","message":"Password recovery requires an email"}"""),
            ("resend", "{}", """400 {"code":"validation_failed","message":"Missing one of these types: signup, email_change, sms, phone_change"}"""),
            ("resend", """{"type":"signup"}""", """400 {"code":"validation_failed","message":"Type provided requires an email address"}"""),
            ("resend", """{"type":"phone_change","phone":"123"}""", "200 {}"),
            ("verify", "{}", """400 {"code":"validation_failed","message":"Verify requires a verification type"}"""),
            ("verify", """{"type":"email"}""", """400 {"code":"validation_failed","message":"Verify requires either a token or a token hash"}"""),
            ("verify", """{"type":"email","token":"1","token_hash":"2"}""", """400 {"code":"validation_failed","message":"Verify requires either a token or a token hash"}"""),
            ("verify", """{"type":"what","token":"1","email":"a@b.c"}""", """400 {"code":"validation_failed","message":"Unsupported verification type"}"""),
            ("verify", """{"type":"what","token_hash":"1"}""", """400 {"code":"validation_failed","message":"Invalid email verification type"}"""),
            ("verify", """{"type":"sms","token":"123456","phone":"1-invalid"}""", """400 {"code":"validation_failed","message":"Invalid phone number format (E.164 required)"}"""),
            ("verify", """{"type":"sms","token":"123456","phone":"49123456789"}""", """403 {"code":"otp_expired","message":"Token has expired or is invalid"}"""),
            ("verify", """{"type":"email","token":"\u0000","email":"a@b.c"}""", """403 {"code":"otp_expired","message":"Token has expired or is invalid"}"""),
        ];

        foreach (var (path, body, answer) in cases)
            Assert.Equal((path, body, answer), (path, body, (await server.Anonymous.PostAsync(path, body)).Whole));
    }
}
