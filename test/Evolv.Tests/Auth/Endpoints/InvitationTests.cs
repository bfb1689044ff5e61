using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.Endpoints;

/// <summary>Invitations and links that a back end sends by itself.</summary>
public sealed class InvitationTests(EvolvCluster cluster)
{
    const string Email = "ada@example.com";

    static Task<Answer> LinkAsync(EvolvServer server, object body) => server.Service.PostAsync("admin/generate_link", body);

    [Fact]
    public async Task Invited_person_accepts_and_sets_a_password()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:DisableSignup", "true"));

        var invited = await server.Service.PostAsync("invite?redirect_to=http://localhost:3000/welcome", new { email = "Ada@Example.com", data = new { full_name = "Ada" } });
        var mail = await server.LastMailToAsync(Email);
        var landing = await server.FollowAsync(mail.Link);
        var changed = await server.Keyless.PutUserAsync(landing.Part("access_token")!, new { password = Person.Password });
        var again = await server.Service.PostAsync("invite", new { email = Email });

        Assert.Equal(200, invited.Status);
        Assert.True(invited.Body!.ContainsKey("invited_at") && invited.Body.ContainsKey("confirmation_sent_at"));
        Assert.Equal("""{"full_name":"Ada"}""", invited.Body["user_metadata"]!.ToJsonString());
        Assert.Equal(("invite", "You are invited to Evolv"), (mail.Kind, mail.Subject));
        Assert.StartsWith("http://localhost:3000/welcome#access_token=", landing.Place, StringComparison.Ordinal);
        Assert.Equal("invite", landing.Part("type"));
        Assert.Equal(200, changed.Status);
        Assert.Equal(200, (await server.Anonymous.SignInAsync(Email, Person.Password)).Status);
        Assert.Equal("""422 {"code":"email_exists","message":"A user with this email address has already been registered"}""", again.Whole);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.audit_log_entries where payload ->> 'action' = 'invite_accepted'"));
    }

    [Theory]
    [InlineData("invite")]
    [InlineData("admin/generate_link")]
    public async Task Only_administrators_may(string path)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada", "admin");
        var body = new { email = Email, type = "recovery" };

        Assert.Equal(403, (await server.Anonymous.PostAsync(path, body)).Status);
        Assert.Equal(401, (await server.Keyless.PostAsync(path, body)).Status);
        Assert.Equal("""403 {"code":"not_admin","message":"User not allowed"}""", (await server.Keyless.PostAsync(path, body, ada.AccessToken)).Whole);
    }

    [Fact]
    public async Task Links_do_what_their_mails_would()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:ConfirmEmail", "true"));

        var signup = await LinkAsync(server, new { type = "signup", email = Email, password = Person.Password, data = new { status = "alpha" }, redirect_to = "http://localhost:9999/welcome" });
        var confirmed = await server.FollowAsync(signup.Text("action_link"));
        var magic = await LinkAsync(server, new { type = "magiclink", email = Email });
        var signedIn = await server.Anonymous.PostAsync("verify", new { type = "magiclink", token_hash = magic.Text("hashed_token") });
        var recovery = await LinkAsync(server, new { type = "recovery", email = Email });
        var recovered = await server.Anonymous.PostAsync("verify", new { type = "recovery", email = Email, token = recovery.Text("email_otp") });
        var current = await LinkAsync(server, new { type = "email_change_current", email = Email, new_email = "countess@example.com" });
        var @new = await LinkAsync(server, new { type = "email_change_new", email = Email, new_email = "countess@example.com" });
        await server.FollowAsync(current.Text("action_link"));
        await server.FollowAsync(@new.Text("action_link"));

        Assert.Equal("""{"status":"alpha"}""", signup.Body!["user_metadata"]!.ToJsonString());
        Assert.Matches(@"/auth/v1/verify\?token=[0-9a-f]{56}&type=signup&redirect_to=http://localhost:9999/welcome$", signup.Text("action_link"));
        Assert.Equal(("signup", "http://localhost:9999/welcome"), (signup.Text("verification_type"), signup.Text("redirect_to")));
        Assert.NotNull(confirmed.Part("access_token"));
        Assert.Equal((200, 200), (signedIn.Status, recovered.Status));
        Assert.Equal("countess@example.com", current.Text("new_email"));
        Assert.Contains("type=email_change&", current.Text("action_link"), StringComparison.Ordinal);
        Assert.Equal("email_change_current", current.Text("verification_type"));
        Assert.Equal(200, (await server.Anonymous.SignInAsync("countess@example.com", Person.Password)).Status);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.mails"));
    }

    [Fact]
    public async Task Magic_link_of_nobody_is_a_sign_up()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        var link = await LinkAsync(server, new { type = "magiclink", email = Email });
        var landing = await server.FollowAsync(link.Text("action_link"));

        Assert.Equal("signup", link.Text("verification_type"));
        Assert.NotNull(landing.Part("access_token"));
    }

    [Fact]
    public async Task Bad_request_is_answered_in_the_dialect()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Auth:SecureEmailChange", "false"));
        await server.SignUpAsync("ada");
        (string Body, string Answer)[] cases =
        [
            ("""{"type":"what","email":"a@b.c"}""", """400 {"code":"validation_failed","message":"Invalid email action link type requested: what"}"""),
            ("""{"type":"signup","email":"xx:;x@x.x","password":"a long password"}""", """400 {"code":"validation_failed","message":"Unable to validate email address: invalid format"}"""),
            ("""{"type":"signup","email":"a@b.c"}""", """400 {"code":"validation_failed","message":"Signup requires a valid password"}"""),
            ("""{"type":"recovery","email":"nobody@example.com"}""", """404 {"code":"user_not_found","message":"User with this email not found"}"""),
            ("""{"type":"signup","email":"ada@example.com","password":"a long password"}""", """422 {"code":"email_exists","message":"A user with this email address has already been registered"}"""),
            ("""{"type":"invite","email":"ada@example.com"}""", """422 {"code":"email_exists","message":"A user with this email address has already been registered"}"""),
            ("""{"type":"email_change_current","email":"ada@example.com","new_email":"b@b.c"}""", """400 {"code":"validation_failed","message":"Enable secure email change to generate link for current email"}"""),
            ("""{"type":"email_change_new","email":"ada@example.com","new_email":"ada@example.com"}""", """422 {"code":"email_exists","message":"A user with this email address has already been registered"}"""),
        ];

        foreach (var (body, answer) in cases)
            Assert.Equal((body, answer), (body, (await server.Service.PostAsync("admin/generate_link", JsonNode.Parse(body)!.ToJsonString())).Whole));
    }
}
