using System.Net;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

/// <summary>Sign-up where the address must be confirmed.</summary>
public sealed class ConfirmationTests(EvolvCluster cluster)
{
    const string Email = "ada@example.com";

    static readonly (string, string)[] Confirming = [("Auth:ConfirmEmail", "true")];

    static object Account(string email = Email, string password = Person.Password)
        => new { email, password, data = new { full_name = "Ada" } };

    [Fact]
    public async Task New_person_is_let_in_by_the_link()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);

        var signedUp = await server.Anonymous.PostAsync("signup", Account());
        var before = await server.Anonymous.SignInAsync(Email, Person.Password);
        var mail = await server.LastMailToAsync(Email);
        var landing = await server.FollowAsync(mail.Link);

        Assert.Equal(200, signedUp.Status);
        Assert.False(signedUp.Body!.ContainsKey("access_token"));
        Assert.Equal(Email, signedUp.Text("email"));
        Assert.False(signedUp.Body.ContainsKey("email_confirmed_at"));
        Assert.True(signedUp.Body.ContainsKey("confirmation_sent_at"));
        Assert.Equal("""400 {"code":"email_not_confirmed","message":"Email not confirmed"}""", before.Whole);
        Assert.Equal(("confirmation", "Confirm your address"), (mail.Kind, mail.Subject));
        Assert.Equal(HttpStatusCode.SeeOther, landing.Status);
        Assert.StartsWith("http://127.0.0.1:54321#access_token=", landing.Place, StringComparison.Ordinal);
        Assert.Equal("signup", landing.Part("type"));
        var user = await server.Keyless.GetUserAsync(landing.Part("access_token"));
        Assert.Equal(200, user.Status);
        Assert.True(user.Body!.ContainsKey("email_confirmed_at"));
        Assert.True(user.Body["user_metadata"]!["email_verified"]!.GetValue<bool>());
        Assert.Equal(200, (await server.Anonymous.SignInAsync(Email, Person.Password)).Status);
        Assert.Equal("signup otp_expired", $"{mail.Link.Split("type=")[1].Split('&')[0]} {(await server.FollowAsync(mail.Link)).Part("error_code")}");
    }

    [Fact]
    public async Task Digits_let_in_as_well_and_only_once()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);
        await server.Anonymous.PostAsync("signup", Account());
        var digits = (await server.LastMailToAsync(Email)).Digits;

        var wrong = await server.Anonymous.PostAsync("verify", new { type = "signup", email = Email, token = "000000" == digits ? "111111" : "000000" });
        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Anonymous.PostAsync("verify", new { type = "signup", email = Email, token = digits })));

        Assert.Equal("""403 {"code":"otp_expired","message":"Token has expired or is invalid"}""", wrong.Whole);
        Assert.Single(answers, answer => answer.Status == 200);
        Assert.All(answers.Where(answer => answer.Status != 200), answer => Assert.Equal(wrong.Whole, answer.Whole));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.sessions"));
    }

    [Fact]
    public async Task Known_address_answers_as_a_new_one_and_its_owner_is_told()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);
        await server.Anonymous.PostAsync("signup", Account());
        await server.FollowAsync((await server.LastMailToAsync(Email)).Link);
        var users = await server.Database.ScalarAsync<long>("select count(*) from auth.users");

        var known = await server.Anonymous.PostAsync("signup", Account(password: "another long password"));
        var unknown = await server.Anonymous.PostAsync("signup", Account("bob@example.com"));

        Assert.Equal(Shape(unknown.Body!), Shape(known.Body!));
        Assert.Equal(200, known.Status);
        Assert.NotEqual(await server.Database.ScalarAsync<Guid>($"select id from auth.users where email = '{Email}'"), Guid.Parse(known.Text("id")));
        var told = await server.LastMailToAsync(Email);
        Assert.Equal(("repeated_signup", "", ""), (told.Kind, told.Link, told.Digits));
        Assert.Equal(users + 1, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
        Assert.Equal(users + 1, await server.Database.ScalarAsync<long>("select count(*) from public.profiles"));
        Assert.Equal(200, (await server.Anonymous.SignInAsync(Email, Person.Password)).Status);
    }

    // Names and kinds of all values, and values where they are the same for everybody.
    static string Shape(JsonNode? node) => node switch
    {
        JsonObject json => $"{{{string.Join(',', json.Select(part => $"{part.Key}:{Shape(part.Value)}"))}}}",
        JsonArray array => $"[{string.Join(',', array.Select(Shape))}]",
        JsonValue value when value.TryGetValue<string>(out var text) && (text.Contains('-', StringComparison.Ordinal) || text.Contains('@', StringComparison.Ordinal)) => "text",
        null => "null",
        _ => node.ToJsonString(),
    };

    [Theory]
    [InlineData("password of a stranger", Person.Password)]
    [InlineData(Person.Password, "password of a stranger")]
    public async Task Two_passwords_for_one_address_are_none_until_its_owner_sets_one(string first, string second)
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);
        await server.Anonymous.PostAsync("signup", Account(password: first));
        var firstMail = await server.LastMailToAsync(Email);

        await server.Anonymous.PostAsync("signup", Account(password: second));
        var old = await server.FollowAsync(firstMail.Link);
        var landing = await server.FollowAsync((await server.LastMailToAsync(Email)).Link);

        Assert.Equal("otp_expired", old.Part("error_code"));
        Assert.Equal(400, (await server.Anonymous.SignInAsync(Email, first)).Status);
        Assert.Equal(400, (await server.Anonymous.SignInAsync(Email, second)).Status);
        Assert.Equal(200, (await server.Keyless.PutUserAsync(landing.Part("access_token")!, new { password = "a new long password" })).Status);
        Assert.Equal(200, (await server.Anonymous.SignInAsync(Email, "a new long password")).Status);
    }

    [Fact]
    public async Task Signing_up_again_with_the_same_password_keeps_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);
        await server.Anonymous.PostAsync("signup", Account());
        await server.Anonymous.PostAsync("signup", Account());

        await server.FollowAsync((await server.LastMailToAsync(Email)).Link);

        Assert.Equal(200, (await server.Anonymous.SignInAsync(Email, Person.Password)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Invited_or_made_by_an_administrator_is_not_for_strangers_to_take(bool isInvited)
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);
        if (isInvited)
            await server.Service.PostAsync("invite", new { email = Email });
        else
            await server.Service.PostAsync("admin/users", new { email = Email, password = Person.Password });
        var mails = await server.MailsToAsync(Email);

        var answer = await server.Anonymous.PostAsync("signup", Account(password: "password of a stranger"));
        await server.Anonymous.PostAsync("resend", new { type = "signup", email = Email });

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            isInvited ? ["invite", "repeated_signup", "invite"] : ["repeated_signup", "confirmation"],
            (await server.MailsToAsync(Email)).Select(mail => mail.Kind));
        Assert.NotNull((await server.FollowAsync((await server.LastMailToAsync(Email)).Link)).Part("access_token"));
        Assert.Equal(400, (await server.Anonymous.SignInAsync(Email, "password of a stranger")).Status);
        Assert.Equal(isInvited ? 400 : 200, (await server.Anonymous.SignInAsync(Email, Person.Password)).Status);
        Assert.Equal(isInvited ? 1 : 0, mails.Count);
    }

    [Fact]
    public async Task Magic_link_of_an_unconfirmed_account_takes_the_password_that_somebody_set()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);
        await server.Anonymous.PostAsync("signup", Account(password: "password of a stranger"));

        await server.Anonymous.PostAsync("otp", new { email = Email });
        var landing = await server.FollowAsync((await server.LastMailToAsync(Email)).Link);

        Assert.NotNull(landing.Part("access_token"));
        Assert.Equal("""400 {"code":"invalid_credentials","message":"Invalid login credentials"}""", (await server.Anonymous.SignInAsync(Email, "password of a stranger")).Whole);
    }

    [Fact]
    public async Task Twenty_sign_ups_at_once_are_one_account()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => server.Anonymous.PostAsync("signup", Account())));

        Assert.All(answers, answer => Assert.Contains(answer.Status, (int[])[200, 503]));
        Assert.Contains(answers, answer => answer.Status == 200);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.one_time_tokens where expires_at > now()"));
    }

    [Fact]
    public async Task Mail_comes_in_the_readers_language()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);
        server.Anonymous.DefaultRequestHeaders.AcceptLanguage.ParseAdd("pl, de-CH;q=0.9, en;q=0.5");

        await server.Anonymous.PostAsync("signup", Account());
        await server.Anonymous.PostAsync("signup", new { email = "eva@example.com", password = Person.Password, data = new { locale = "fr-CA" } });
        await server.Anonymous.PostAsync("resend", new { type = "signup", email = "eva@example.com" });

        Assert.Equal("Bitte bestätigen Sie Ihre Adresse", (await server.LastMailToAsync(Email)).Subject);
        Assert.Equal("Confirmez votre adresse", (await server.LastMailToAsync("eva@example.com")).Subject);
    }

    [Fact]
    public async Task Settings_tell_whether_addresses_are_confirmed()
    {
        await using var server = await EvolvServer.StartAsync(cluster, Confirming);

        var settings = await server.Anonymous.AuthAsync(HttpMethod.Get, "settings");

        Assert.False(settings.Body!["mailer_autoconfirm"]!.GetValue<bool>());
    }
}
