using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.External.ExternalClient;

namespace Evolv.Tests.Auth.External;

/// <summary>Sign-ins by a provider that others wrote.</summary>
public sealed class RealProviderTests(EvolvCluster cluster)
{
    const string Verifier = "a-verifier-of-forty-three-characters-or-more-of-them";


    [Fact]
    public async Task Stranger_becomes_a_person_with_a_profile_in_the_implicit_flow()
    {
        await using var provider = await OidcProviderProcess.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings);

        var back = await OidcProviderProcess.SignInAsync(await server.BeginAsync("keycloak", "&login_hint=ada"));
        var end = await server.VisitAsync(back);

        Assert.Equal(302, end.Status);
        Assert.StartsWith($"{App}#", end.Location, StringComparison.Ordinal);
        Assert.Equal(
            "access_token expires_at expires_in provider_refresh_token provider_token refresh_token sb token_type", end.FragmentNames);
        Assert.Equal(("3600", "bearer"), (end.Fragment("expires_in"), end.Fragment("token_type")));
        var user = (await server.Anonymous.GetUserAsync(end.Fragment("access_token"))).Body!;
        Assert.Equal("""{"provider":"keycloak","providers":["keycloak"]}""", user["app_metadata"]!.ToJsonString());
        Assert.Equal("ada@provider.example.com", user["email"]!.GetValue<string>());
        Assert.NotNull(user["email_confirmed_at"]);
        var data = new JsonObject
        {
            ["iss"] = provider.Issuer,
            ["sub"] = "ada",
            ["name"] = "Ada of the provider",
            ["email"] = "ada@provider.example.com",
            ["picture"] = "https://provider.example.com/ada.png",
            ["full_name"] = "Ada of the provider",
            ["user_name"] = "ada",
            ["avatar_url"] = "https://provider.example.com/ada.png",
            ["provider_id"] = "ada",
            ["email_verified"] = true,
            ["phone_verified"] = false,
            ["preferred_username"] = "ada",
        };
        Assert.True(JsonNode.DeepEquals(data, user["user_metadata"]), user["user_metadata"]!.ToJsonString());
        var identity = user["identities"]!.AsArray().Single()!;
        Assert.True(JsonNode.DeepEquals(data, identity["identity_data"]));
        Assert.Equal(("ada", "keycloak"), (identity["id"]!.GetValue<string>(), identity["provider"]!.GetValue<string>()));
        Assert.Equal(
            "Ada of the provider https://provider.example.com/ada.png f",
            await server.Database.ScalarAsync<string>("select format('%s %s %s', full_name, avatar_url, is_guest) from public.profiles"));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.flow_state"));
        Assert.Equal(
            "user_signedup login",
            await server.Database.ScalarAsync<string>("select string_agg(payload ->> 'action', ' ' order by created_at, id) from auth.audit_log_entries"));
        Assert.Equal(200, (await server.Anonymous.RefreshAsync(end.Fragment("refresh_token"))).Status);
    }

    [Fact]
    public async Task Code_is_exchanged_once_by_whoever_began()
    {
        await using var provider = await OidcProviderProcess.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings);
        var pkce = $"&login_hint=ada&code_challenge={Challenge(Verifier)}&code_challenge_method=s256";

        var end = await server.VisitAsync(await OidcProviderProcess.SignInAsync(await server.BeginAsync("keycloak", pkce)));

        Assert.StartsWith("http://localhost:3000/welcome?lang=de&code=", end.Location, StringComparison.Ordinal);
        Assert.DoesNotContain('#', end.Location);
        var kept = await server.Database.ScalarAsync<string>("select f::text from auth.flow_state f");
        var session = await server.Anonymous.PostAsync("token?grant_type=pkce", new { auth_code = end.Query("code"), code_verifier = Verifier });
        Assert.Equal(200, session.Status);
        Assert.Equal("ada@provider.example.com", session.User["email"]!.GetValue<string>());
        foreach (var secret in new[] { session.Text("provider_token"), session.Text("provider_refresh_token"), end.Query("code") })
        {
            Assert.NotEmpty(secret);
            Assert.DoesNotContain(secret, kept, StringComparison.Ordinal);
        }

        Assert.Equal(
            """404 {"code":"flow_state_not_found","message":"invalid flow state, no valid flow state found"}""",
            (await server.Anonymous.PostAsync("token?grant_type=pkce", new { auth_code = end.Query("code"), code_verifier = Verifier })).Whole);

        var thief = await server.VisitAsync(await OidcProviderProcess.SignInAsync(await server.BeginAsync("keycloak", pkce)));
        Assert.Equal("bad_code_verifier", (await server.Anonymous.PostAsync(
            "token?grant_type=pkce", new { auth_code = thief.Query("code"), code_verifier = Verifier + "x" })).Code);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
    }

    [Fact]
    public async Task Person_who_comes_again_finds_their_account_and_guest_keeps_theirs()
    {
        await using var provider = await OidcProviderProcess.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings);
        var guest = await server.Anonymous.PostAsync("signup", new { data = new { color = "green" } });
        var guestId = guest.User["id"]!.GetValue<string>();

        var link = await server.BeginLinkAsync("keycloak", guest.Text("access_token"), "&login_hint=grace");
        var linked = await server.VisitAsync(await OidcProviderProcess.SignInAsync(link.Text("url")));
        var again = await server.VisitAsync(await OidcProviderProcess.SignInAsync(await server.BeginAsync("keycloak", "&login_hint=grace")));

        foreach (var end in new[] { linked, again })
        {
            var user = (await server.Anonymous.GetUserAsync(end.Fragment("access_token"))).Body!;
            Assert.Equal(
                (guestId, "grace@provider.example.com", false),
                (user["id"]!.GetValue<string>(), user["email"]!.GetValue<string>(), user["is_anonymous"]!.GetValue<bool>()));
            Assert.Equal("""{"provider":"keycloak","providers":["keycloak"]}""", user["app_metadata"]!.ToJsonString());
            Assert.Equal("green", user["user_metadata"]!["color"]!.GetValue<string>());
        }

        Assert.False(await server.Database.ScalarAsync<bool>("select is_guest from public.profiles"));
        Assert.Equal(
            "identity_linked login login",
            await server.Database.ScalarAsync<string>(
                "select string_agg(payload ->> 'action', ' ' order by created_at, id) from auth.audit_log_entries where payload ->> 'action' <> 'user_signedup'"));
    }

    [Fact]
    public async Task Refusal_unverified_address_and_no_address_end_on_the_page()
    {
        await using var provider = await OidcProviderProcess.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings, ("Auth:ConfirmEmail", "true")]);
        async Task<Hop> ComeAsync(string login)
            => await server.VisitAsync(await OidcProviderProcess.SignInAsync(await server.BeginAsync("keycloak", $"&login_hint={login}")));

        var refused = await ComeAsync("refused");
        var unverified = await ComeAsync("unverified-eve");
        var silent = await ComeAsync("silent-bob");

        Assert.Equal(
            "http://localhost:3000/welcome?lang=de&error=access_denied&error_description=End-User+aborted+interaction#error=access_denied&error_description=End-User+aborted+interaction&sb=",
            refused.Location);
        Assert.Equal(
            ("access_denied", "provider_email_needs_verification", "Unverified email with keycloak. Verify the email with keycloak in order to sign in"),
            (unverified.Query("error"), unverified.Fragment("error_code"), unverified.Query("error_description")));
        var bob = (await server.Anonymous.GetUserAsync(silent.Fragment("access_token"))).Body!;
        Assert.Equal("", bob["email"]!.GetValue<string>());
        Assert.Null(bob["email_confirmed_at"]);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.users"));
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.flow_state"));
    }
}
