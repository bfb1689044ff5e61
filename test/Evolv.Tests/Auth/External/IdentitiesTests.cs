using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Auth.External;

/// <summary>Ways to sign in that people add and take away.</summary>
public sealed class IdentitiesTests(EvolvCluster cluster)
{
    static async Task<Hop> LinkAsync(EvolvServer server, ProviderStandIn provider, string accessToken)
        => await server.VisitAsync(provider.Back((await server.BeginLinkAsync("keycloak", accessToken)).Text("url")));

    static async Task<JsonObject> UserAsync(EvolvServer server, string accessToken) => (await server.Anonymous.GetUserAsync(accessToken)).Body!;

    static string IdentityId(JsonObject user, string provider)
        => user["identities"]!.AsArray().Single(identity => identity!["provider"]!.GetValue<string>() == provider)!["identity_id"]!.GetValue<string>();

    static Task<Answer> UnlinkAsync(EvolvServer server, string id, string? accessToken)
        => server.Anonymous.AuthAsync(HttpMethod.Delete, $"user/identities/{id}", bearer: accessToken);

    [Fact]
    public async Task Person_adds_a_way_in_and_takes_it_away()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var grace = await server.SignUpAsync("grace");

        var end = await LinkAsync(server, provider, grace.AccessToken);

        var linked = await UserAsync(server, end.Fragment("access_token"));
        Assert.Equal((grace.Id, "grace@example.com"), (linked["id"]!.GetValue<Guid>(), linked["email"]!.GetValue<string>()));
        Assert.Equal("""{"provider":"email","providers":["email","keycloak"]}""", linked["app_metadata"]!.ToJsonString());
        var signedIn = await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak")));
        Assert.Equal(grace.Id, (await UserAsync(server, signedIn.Fragment("access_token")))["id"]!.GetValue<Guid>());

        var unlinked = await UnlinkAsync(server, IdentityId(linked, "keycloak"), grace.AccessToken);

        Assert.Equal("200 {}", unlinked.Whole);
        var user = await UserAsync(server, grace.AccessToken);
        Assert.Equal("""{"provider":"email","providers":["email"]}""", user["app_metadata"]!.ToJsonString());
        Assert.Equal("grace@example.com", user["email"]!.GetValue<string>());
        Assert.NotNull(user["email_confirmed_at"]);
        var stranger = await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak")));
        Assert.NotEqual(grace.Id, (await UserAsync(server, stranger.Fragment("access_token")))["id"]!.GetValue<Guid>());
    }

    [Fact]
    public async Task Identity_is_nobodys_twice()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var (grace, eve) = (await server.SignUpAsync("grace"), await server.SignUpAsync("eve"));
        await LinkAsync(server, provider, grace.AccessToken);

        var again = await LinkAsync(server, provider, grace.AccessToken);
        var stolen = await LinkAsync(server, provider, eve.AccessToken);

        Assert.Equal(("server_error", "identity_already_exists", "Identity is already linked"), (again.Query("error"), again.Query("error_code"), again.Query("error_description")));
        Assert.Equal("Identity is already linked to another user", stolen.Fragment("error_description"));
        Assert.Equal(2 + 1, await server.Database.ScalarAsync<long>("select count(*) from auth.identities"));
    }

    [Fact]
    public async Task Guest_gets_the_address_only_when_it_is_verified_and_free()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        await server.SignUpAsync("ada");
        var one = await server.TokenOfGuestAsync();
        var other = await server.TokenOfGuestAsync();

        var taken = await UserAsync(server, (await LinkAsync(server, provider, one)).Fragment("access_token"));
        provider.Person = new JsonObject { ["sub"] = "bob", ["email"] = "bob@example.com", ["email_verified"] = false };
        var unverified = await UserAsync(server, (await LinkAsync(server, provider, other)).Fragment("access_token"));

        foreach (var user in new[] { taken, unverified })
        {
            Assert.Equal(("", false), (user["email"]!.GetValue<string>(), user["is_anonymous"]!.GetValue<bool>()));
            Assert.Null(user["email_confirmed_at"]);
        }

        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from public.profiles where is_guest"));
    }

    [Fact]
    public async Task Link_ends_with_the_session_in_which_it_was_begun()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var grace = await server.SignUpAsync("grace");
        var url = (await server.BeginLinkAsync("keycloak", grace.AccessToken)).Text("url");
        await server.Anonymous.PostAsync("logout?scope=global", bearer: grace.AccessToken);

        var end = await server.VisitAsync(provider.Back(url));

        Assert.Equal("bad_oauth_state", end.Query("error_code"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.identities"));
    }

    [Fact]
    public async Task Session_that_ends_while_the_provider_is_asked_links_nothing()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var grace = await server.SignUpAsync("grace");
        var back = provider.Back((await server.BeginLinkAsync("keycloak", grace.AccessToken)).Text("url"));
        provider.Claims = _ => server.Anonymous.PostAsync("logout?scope=global", bearer: grace.AccessToken).GetAwaiter().GetResult();

        var end = await server.VisitAsync(back);

        Assert.Equal("bad_oauth_state", end.Query("error_code"));
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.identities"));
    }

    [Fact]
    public async Task Unlinking_the_address_takes_the_password_and_leaves_another_way_in()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), ("Auth:SecureEmailChange", "false")]);
        var grace = await server.SignUpAsync("grace");
        var linked = await UserAsync(server, (await LinkAsync(server, provider, grace.AccessToken)).Fragment("access_token"));
        await server.Database.ExecuteAsync(
            $"""
            insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, expires_at, otp_expires_at)
            values ('{grace.Id}', 'recovery_token', 'hash', 'grace@example.com', now() + interval '1 hour', now() + interval '1 hour')
            """);

        var answer = await UnlinkAsync(server, IdentityId(linked, "email"), grace.AccessToken);

        Assert.Equal("200 {}", answer.Whole);
        var user = await UserAsync(server, grace.AccessToken);
        Assert.Equal("ada@example.com", user["email"]!.GetValue<string>());
        Assert.Equal("""{"provider":"keycloak","providers":["keycloak"]}""", user["app_metadata"]!.ToJsonString());
        foreach (var address in new[] { "grace@example.com", "ada@example.com" })
            Assert.Equal("invalid_credentials", (await server.Anonymous.SignInAsync(address, Person.Password)).Code);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select count(*) from auth.one_time_tokens"));
        Assert.Equal(
            """422 {"code":"single_identity_not_deletable","message":"User must have at least 1 identity after unlinking"}""",
            (await UnlinkAsync(server, IdentityId(user, "keycloak"), grace.AccessToken)).Whole);
    }

    [Fact]
    public async Task Address_whose_change_needs_the_old_mailbox_stays_when_its_identity_goes()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var grace = await server.SignUpAsync("grace");
        var linked = await UserAsync(server, (await LinkAsync(server, provider, grace.AccessToken)).Fragment("access_token"));

        await UnlinkAsync(server, IdentityId(linked, "email"), grace.AccessToken);

        var user = await UserAsync(server, grace.AccessToken);
        Assert.Equal("grace@example.com", user["email"]!.GetValue<string>());
        Assert.True(user.ContainsKey("email_confirmed_at"));
    }

    [Fact]
    public async Task Password_alone_changes_no_ways_in_where_there_is_a_second_factor()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var grace = await server.SignUpAsync("grace");
        await server.Database.ExecuteAsync(
            $"insert into auth.mfa_factors (user_id, factor_type, status, secret) values ('{grace.Id}', 'totp', 'verified', 'AAAA')");
        var identity = await server.Database.ScalarAsync<Guid>("select id from auth.identities");

        var linking = await server.BeginLinkAsync("keycloak", grace.AccessToken);
        var unlinking = await UnlinkAsync(server, identity.ToString(), grace.AccessToken);

        Assert.Equal(("insufficient_aal", "insufficient_aal"), (linking.Code, unlinking.Code));
    }

    [Fact]
    public async Task Unlinking_that_would_take_anothers_address_is_refused()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), ("Auth:SecureEmailChange", "false")]);
        var grace = await server.SignUpAsync("grace");
        var linked = await UserAsync(server, (await LinkAsync(server, provider, grace.AccessToken)).Fragment("access_token"));
        await server.SignUpAsync("ada");

        var answer = await UnlinkAsync(server, IdentityId(linked, "email"), grace.AccessToken);

        Assert.Equal(
            """422 {"code":"email_conflict_identity_not_deletable","message":"Unable to unlink identity due to email conflict"}""", answer.Whole);
        Assert.Equal(200, (await server.Anonymous.SignInAsync("grace@example.com", Person.Password)).Status);
    }

    [Fact]
    public async Task Nobody_takes_away_what_is_anothers_or_the_last()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var (grace, eve) = (await server.SignUpAsync("grace"), await server.SignUpAsync("eve"));
        var linked = await UserAsync(server, (await LinkAsync(server, provider, grace.AccessToken)).Fragment("access_token"));
        provider.Person = new JsonObject { ["sub"] = "eve", ["email"] = "eve@provider.example.com" };
        await LinkAsync(server, provider, eve.AccessToken);

        Assert.Equal(
            """422 {"code":"identity_not_found","message":"Identity doesn\u0027t exist"}""",
            (await UnlinkAsync(server, IdentityId(linked, "keycloak"), eve.AccessToken)).Whole);
        Assert.Equal(
            """404 {"code":"validation_failed","message":"identity_id must be an UUID"}""", (await UnlinkAsync(server, "x", eve.AccessToken)).Whole);
        Assert.Equal(
            """403 {"code":"bad_jwt","message":"invalid claim: missing sub claim"}""",
            (await UnlinkAsync(server, IdentityId(linked, "keycloak"), null)).Whole);
        Assert.Equal("single_identity_not_deletable", (await UnlinkAsync(server, Guid.NewGuid().ToString(), await server.TokenOfGuestAsync())).Code);

        var both = await Task.WhenAll(
            UnlinkAsync(server, IdentityId(linked, "keycloak"), grace.AccessToken), UnlinkAsync(server, IdentityId(linked, "email"), grace.AccessToken));
        Assert.Equal([200, 422], both.Select(answer => answer.Status).Order());
        Assert.Equal(1, await server.Database.ScalarAsync<long>($"select count(*) from auth.identities where user_id = '{grace.Id}'"));
    }

    [Fact]
    public async Task Without_the_setting_nobody_links_by_hand()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), ("Auth:ManualLinking", "false")]);
        var ada = await server.SignUpAsync("ada");
        const string Disabled = """404 {"code":"manual_linking_disabled","message":"Manual linking is disabled"}""";

        Assert.Equal(Disabled, (await server.BeginLinkAsync("keycloak", ada.AccessToken)).Whole);
        Assert.Equal(Disabled, (await UnlinkAsync(server, "x", ada.AccessToken)).Whole);
        Assert.Equal(Disabled, (await server.Anonymous.PostAsync(
            "token?grant_type=id_token", new { provider = "keycloak", id_token = provider.IdToken(), link_identity = true }, ada.AccessToken)).Whole);
        Assert.Equal(
            """401 {"code":"no_authorization","message":"This endpoint requires a valid Bearer token"}""",
            (await server.Keyless.AuthAsync(HttpMethod.Get, "user/identities/authorize?provider=keycloak")).Whole);
    }
}
