using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

public sealed class EmailChangeTests(EvolvCluster cluster)
{
    const string Old = "ada@example.com";
    const string New = "countess@example.com";

    // People of these tests were confirmed before; a server without mail makes them.
    async Task<(EvolvServer Server, Person Ada)> StartAsync(params (string, string)[] settings)
    {
        var database = await cluster.CreateDatabaseAsync();
        var server = await EvolvServer.StartAsync(database, [("Auth:ConfirmEmail", "true"), .. settings]);
        await server.Anonymous.PostAsync("signup", new { email = Old, password = Person.Password });
        var landing = await server.FollowAsync((await server.LastMailToAsync(Old)).Link);
        var token = landing.Part("access_token")!;
        var id = await database.ScalarAsync<Guid>($"select id from auth.users where email = '{Old}'");
        return (server, new Person("ada", id, token, landing.Part("refresh_token")!, server.ClientWith(server.PublishableKey, token)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Both_mailboxes_agree_in_any_order(bool isNewFirst)
    {
        var (server, ada) = await StartAsync();
        await using var _ = server;

        var asked = await server.Keyless.PutUserAsync(ada.AccessToken, new { email = New });
        var (toNew, toOld) = (await server.LastMailToAsync(New), await server.LastMailToAsync(Old));
        var first = await server.FollowAsync((isNewFirst ? toNew : toOld).Link);
        var between = await server.Keyless.GetUserAsync(ada.AccessToken);
        var second = await server.FollowAsync((isNewFirst ? toOld : toNew).Link);
        var after = await server.Keyless.GetUserAsync(ada.AccessToken);

        Assert.Equal((Old, New), (asked.Text("email"), asked.Text("new_email")));
        Assert.Equal(("email_change_new", "email_change_current"), (toNew.Kind, toOld.Kind));
        Assert.Contains(New, toOld.Text, StringComparison.Ordinal);
        Assert.Equal("Confirmation link accepted. Please proceed to confirm link sent to the other email", first.Part("message"));
        Assert.Equal(Old, between.Text("email"));
        Assert.Equal("email_change", second.Part("type"));
        Assert.Equal(New, after.Text("email"));
        Assert.False(after.Body!.ContainsKey("new_email"));
        Assert.Equal(New, after.Body["identities"]![0]!["identity_data"]!["email"]!.GetValue<string>());
        Assert.Equal(200, (await server.Anonymous.SignInAsync(New, Person.Password)).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync(Old, Person.Password)).Status);
    }

    [Fact]
    public async Task New_mailbox_twice_is_not_both()
    {
        var (server, ada) = await StartAsync();
        await using var _ = server;
        await server.Keyless.PutUserAsync(ada.AccessToken, new { email = New });
        await server.FollowAsync((await server.LastMailToAsync(New)).Link);

        await server.Anonymous.PostAsync("resend", new { type = "email_change", email = Old });
        var again = await server.FollowAsync((await server.LastMailToAsync(New)).Link);

        Assert.Equal(2, (await server.MailsToAsync(New)).Count);
        Assert.NotNull(again.Part("message"));
        Assert.Equal(Old, (await server.Keyless.GetUserAsync(ada.AccessToken)).Text("email"));
    }

    [Fact]
    public async Task Digits_confirm_a_change_for_the_address_they_were_sent_to()
    {
        var (server, ada) = await StartAsync(("Auth:SecureEmailChange", "false"));
        await using var _ = server;
        await server.Keyless.PutUserAsync(ada.AccessToken, new { email = New });
        var mail = await server.LastMailToAsync(New);

        var wrongAddress = await server.Anonymous.PostAsync("verify", new { type = "email_change", email = Old, token = mail.Digits });
        var session = await server.Anonymous.PostAsync("verify", new { type = "email_change", email = New, token = mail.Digits });

        Assert.Equal("otp_expired", wrongAddress.Code);
        Assert.Equal(New, session.User["email"]!.GetValue<string>());
        Assert.Single(await server.MailsToAsync(Old));
    }

    [Fact]
    public async Task Address_that_somebody_took_meanwhile_is_refused()
    {
        var (server, ada) = await StartAsync(("Auth:SecureEmailChange", "false"));
        await using var _ = server;
        await server.Keyless.PutUserAsync(ada.AccessToken, new { email = New });
        await server.Anonymous.PostAsync("signup", new { email = New, password = Person.Password });
        var mails = await server.MailsToAsync(New);

        var landing = await server.FollowAsync(mails[0].Link);
        var taken = await server.Keyless.PutUserAsync(ada.AccessToken, new { email = New });

        Assert.Equal("email_exists", landing.Part("error_code"));
        // Who asks is not told; whose address it is, is.
        Assert.Equal(New, taken.Text("new_email"));
        Assert.Equal("repeated_signup", (await server.LastMailToAsync(New)).Kind);
    }

    [Fact]
    public async Task Guest_becomes_a_person_when_the_address_is_confirmed()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:ConfirmEmail", "true"));
        var token = await server.TokenOfGuestAsync();
        var id = (await server.Keyless.GetUserAsync(token)).Text("id");

        var asked = await server.Keyless.PutUserAsync(token, new { email = New, password = Person.Password });
        var landing = await server.FollowAsync((await server.LastMailToAsync(New)).Link);
        var after = await server.Keyless.GetUserAsync(landing.Part("access_token"));

        Assert.True(asked.Body!["is_anonymous"]!.GetValue<bool>());
        Assert.Equal((id, New, false), (after.Text("id"), after.Text("email"), after.Body!["is_anonymous"]!.GetValue<bool>()));
        Assert.False(await server.Database.ScalarAsync<bool>($"select is_guest from public.profiles where id = '{id}'"));
        Assert.Equal(200, (await server.Anonymous.SignInAsync(New, Person.Password)).Status);
    }

    [Fact]
    public async Task Old_session_needs_a_nonce_to_set_a_password()
    {
        var (server, ada) = await StartAsync(("Auth:SecurePasswordChange", "true"));
        await using var _ = server;
        await server.Database.ExecuteAsync("update auth.sessions set created_at = now() - interval '25 h'");
        object Wish(string? nonce) => new { password = "a new long password", nonce };

        var without = await server.Keyless.PutUserAsync(ada.AccessToken, Wish(null));
        var asked = await server.Keyless.AuthAsync(HttpMethod.Get, "reauthenticate", bearer: ada.AccessToken);
        var mail = await server.LastMailToAsync(Old);
        var wrong = await server.Keyless.PutUserAsync(ada.AccessToken, Wish("wrong"));
        var right = await server.Keyless.PutUserAsync(ada.AccessToken, Wish(mail.Digits));
        var again = await server.Keyless.PutUserAsync(ada.AccessToken, new { password = "another long password", nonce = mail.Digits });

        Assert.Equal("""400 {"code":"reauthentication_needed","message":"Password update requires reauthentication"}""", without.Whole);
        Assert.Equal("200 {}", asked.Whole);
        Assert.Equal(("reauthentication", ""), (mail.Kind, mail.Link));
        Assert.Equal("""422 {"code":"reauthentication_not_valid","message":"Nonce has expired or is invalid"}""", wrong.Whole);
        Assert.Equal(200, right.Status);
        Assert.Equal("reauthentication_not_valid", again.Code);
    }

    [Fact]
    public async Task Guest_cannot_reauthenticate_and_a_wrong_current_password_changes_nothing()
    {
        var (server, ada) = await StartAsync();
        await using var _ = server;

        var guest = await server.Keyless.AuthAsync(HttpMethod.Get, "reauthenticate", bearer: await server.TokenOfGuestAsync());
        var stranger = await server.Anonymous.AuthAsync(HttpMethod.Get, "reauthenticate");
        var wrong = await server.Keyless.PutUserAsync(ada.AccessToken, new { password = "a new long password", current_password = "wrong" });

        Assert.Equal("""400 {"code":"validation_failed","message":"Reauthentication requires the user to have an email or a phone number"}""", guest.Whole);
        Assert.Equal(403, stranger.Status);
        Assert.Equal("""400 {"code":"current_password_invalid","message":"Current password is not correct"}""", wrong.Whole);
        Assert.Equal(200, (await server.Anonymous.SignInAsync(Old, Person.Password)).Status);
    }
}
