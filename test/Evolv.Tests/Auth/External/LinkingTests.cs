using System.Text.Json.Nodes;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.External.ExternalClient;

namespace Evolv.Tests.Auth.External;

/// <summary>Which account somebody from a provider enters.</summary>
public sealed class LinkingTests(EvolvCluster cluster)
{
    static async Task<Hop> ComeAsync(EvolvServer server, ProviderStandIn provider, string name = "keycloak")
        => await server.VisitAsync(provider.Back(await server.BeginAsync(name)));

    static async Task<JsonObject> UserAsync(EvolvServer server, Hop end)
        => (await server.Anonymous.GetUserAsync(end.Fragment("access_token"))).Body!;

    [Fact]
    public async Task Verified_address_of_a_confirmed_account_opens_it_and_changes_nothing_else()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("update auth.identities set identity_data = identity_data || '{\"email_verified\": true}'"); // A mail was answered.

        var end = await ComeAsync(server, provider);

        var user = await UserAsync(server, end);
        Assert.Equal(ada.Id, user["id"]!.GetValue<Guid>());
        Assert.Equal("""{"provider":"email","providers":["email","keycloak"]}""", user["app_metadata"]!.ToJsonString());
        Assert.Equal(["email", "keycloak"], user["identities"]!.AsArray().Select(identity => identity!["provider"]!.GetValue<string>()));
        Assert.Equal("Ada Lovelace", user["user_metadata"]!["full_name"]!.GetValue<string>());
        Assert.Equal(200, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal(200, (await server.Anonymous.GetUserAsync(ada.AccessToken)).Status);
    }

    [Fact]
    public async Task Address_that_was_only_given_at_a_sign_up_proves_nothing()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings()); // Without confirmation.
        var eve = await server.SignUpAsync("ada"); // With Ada's address.

        var user = await UserAsync(server, await ComeAsync(server, provider));

        Assert.Equal(eve.Id, user["id"]!.GetValue<Guid>());
        Assert.Equal(400, (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Status);
        Assert.Equal("session_not_found", (await server.Anonymous.GetUserAsync(eve.AccessToken)).Code);
    }

    [Fact]
    public async Task Who_took_an_address_in_advance_loses_everything_when_its_owner_comes()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var eve = await server.SignUpAsync("ada"); // Evil, with Ada's address.
        await server.Database.ExecuteAsync(
            $$"""
            update auth.users
            set email_confirmed_at = null, raw_user_meta_data = '{"full_name": "Eve", "evil": true}', raw_app_meta_data = raw_app_meta_data || '{"team": "blue"}';
            insert into auth.one_time_tokens (user_id, token_type, token_hash, relates_to, expires_at, otp_expires_at)
            values ('{{eve.Id}}', 'confirmation_token', 'hash', 'ada@example.com', now() + interval '1 hour', now() + interval '1 hour');
            insert into auth.mfa_factors (user_id, factor_type, status, secret) values ('{{eve.Id}}', 'totp', 'verified', 'AAAA');
            insert into auth.flow_state (user_id, auth_code, auth_code_issued_at, code_challenge_method, code_challenge, authentication_method)
            values ('{{eve.Id}}', 'code', now(), 's256', 'x', 'oauth');
            insert into auth.identities (user_id, provider, provider_id, identity_data) values ('{{eve.Id}}', 'school', 'eve', '{"sub": "eve"}');
            """);

        var end = await ComeAsync(server, provider);

        var user = await UserAsync(server, end);
        Assert.Equal(eve.Id, user["id"]!.GetValue<Guid>());
        Assert.True(
            JsonNode.DeepEquals(JsonNode.Parse("""{"team":"blue","provider":"keycloak","providers":["keycloak"]}"""), user["app_metadata"]), user.ToJsonString());
        Assert.Equal(["keycloak"], user["identities"]!.AsArray().Select(identity => identity!["provider"]!.GetValue<string>()));
        Assert.Equal("Ada Lovelace", user["user_metadata"]!["full_name"]!.GetValue<string>());
        Assert.False(user["user_metadata"]!.AsObject().ContainsKey("evil"));
        Assert.False(user.ContainsKey("factors"));
        Assert.NotNull(user["email_confirmed_at"]);
        Assert.Equal("invalid_credentials", (await server.Anonymous.SignInAsync("ada@example.com", Person.Password)).Code);
        Assert.Equal("session_not_found", (await server.Anonymous.GetUserAsync(eve.AccessToken)).Code);
        Assert.Equal("refresh_token_not_found", (await server.Anonymous.RefreshAsync(eve.RefreshToken)).Code);
        Assert.Equal(0, await server.Database.ScalarAsync<long>("select (select count(*) from auth.one_time_tokens) + (select count(*) from auth.flow_state)"));
    }

    [Theory]
    [InlineData("false")]
    [InlineData("true")]
    public async Task Address_that_the_provider_does_not_vouch_for_opens_nothing(string confirmEmail)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var ada = await server.SignUpAsync("ada");
        await server.StopAsync();
        await using var again = await EvolvServer.StartAsync(server.Database, [.. provider.Settings(), ("Auth:ConfirmEmail", confirmEmail)]);

        foreach (var verified in new JsonNode?[] { false, "false", "yes", null, 1, new JsonArray() })
        {
            provider.Person["email_verified"] = verified?.DeepClone();
            provider.Person["sub"] = Guid.NewGuid().ToString();
            var end = await ComeAsync(again, provider);
            if (confirmEmail == "true")
            {
                Assert.Equal("provider_email_needs_verification", end.Query("error_code"));
                continue;
            }

            var user = await UserAsync(again, end);
            Assert.NotEqual(ada.Id, user["id"]!.GetValue<Guid>());
            Assert.Equal("", user["email"]!.GetValue<string>());
        }

        Assert.Equal(1, await again.Database.ScalarAsync<long>($"select count(*) from auth.identities where user_id = '{ada.Id}'"));
    }

    [Fact]
    public async Task Person_who_comes_again_with_another_address_keeps_the_account_and_its_address()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var grace = await server.SignUpAsync("grace");
        var first = await UserAsync(server, await ComeAsync(server, provider));

        provider.Person["email"] = "grace@example.com";
        provider.Person["name"] = "Ada King";
        var second = await UserAsync(server, await ComeAsync(server, provider));

        Assert.Equal(first["id"]!.GetValue<Guid>(), second["id"]!.GetValue<Guid>());
        Assert.NotEqual(grace.Id, second["id"]!.GetValue<Guid>());
        Assert.Equal("ada@example.com", second["email"]!.GetValue<string>());
        Assert.Equal("Ada King", second["user_metadata"]!["name"]!.GetValue<string>());
        Assert.Equal("grace@example.com", second["identities"]![0]!["email"]!.GetValue<string>());
    }

    [Fact]
    public async Task Subject_counts_only_with_its_provider()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), .. provider.Settings("school")]);
        provider.Person.Remove("email");
        provider.Instead["/userinfo"] = context => ProviderStandIn.WriteAsync(context, new JsonObject { ["sub"] = "subject-of-ada" });

        var one = await UserAsync(server, await ComeAsync(server, provider));
        var other = await UserAsync(server, await ComeAsync(server, provider, "school"));

        Assert.NotEqual(one["id"]!.GetValue<Guid>(), other["id"]!.GetValue<Guid>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Two_tabs_that_come_first_at_once_make_one_account(bool hasEmail)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        if (!hasEmail)
        {
            provider.Person.Remove("email");
            provider.Instead["/userinfo"] = context => ProviderStandIn.WriteAsync(context, new JsonObject { ["sub"] = "subject-of-ada" });
        }

        var backs = new List<string>();
        for (var i = 0; i < 8; i++)
            backs.Add(provider.Back(await server.BeginAsync("keycloak")));

        var ends = await Task.WhenAll(backs.Select(server.VisitAsync));

        Assert.All(ends, end => Assert.NotEmpty(end.Fragment("access_token")));
        Assert.Equal(
            "1 1 1 8",
            await server.Database.ScalarAsync<string>(
                "select format('%s %s %s %s', (select count(*) from auth.users), (select count(*) from auth.identities), (select count(*) from public.profiles), (select count(*) from auth.sessions))"));
    }

    [Fact]
    public async Task Account_whose_address_is_not_confirmed_opens_when_the_provider_vouches_for_it()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), ("Auth:ConfirmEmail", "true")]);
        var first = await UserAsync(server, await ComeAsync(server, provider));
        await server.Database.ExecuteAsync("update auth.users set email_confirmed_at = null, encrypted_password = 'of a stranger'");

        provider.Person["email"] = "another@example.com";
        var another = await ComeAsync(server, provider);
        provider.Person["email"] = "ada@example.com";
        provider.Person["email_verified"] = false;
        var unverified = await ComeAsync(server, provider);
        provider.Person["email_verified"] = true;
        var verified = await UserAsync(server, await ComeAsync(server, provider));

        Assert.Equal("provider_email_needs_verification", another.Query("error_code"));
        Assert.Equal("provider_email_needs_verification", unverified.Query("error_code"));
        Assert.Equal(first["id"]!.GetValue<Guid>(), verified["id"]!.GetValue<Guid>());
        Assert.NotNull(verified["email_confirmed_at"]);
        Assert.True(await server.Database.ScalarAsync<bool>("select encrypted_password is null from auth.users"));
    }

    [Fact]
    public async Task Invited_person_enters_the_account_that_waits_for_them_though_the_house_is_closed()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, [.. provider.Settings(), ("Auth:DisableSignup", "true")]);
        var invited = await server.Database.AddPersonAsync("ada");
        await server.Database.ExecuteAsync("update auth.users set email = 'ada@example.com', invited_at = now(), raw_app_meta_data = '{\"team\": \"blue\"}'");

        var user = await UserAsync(server, await ComeAsync(server, provider));

        Assert.Equal(invited, user["id"]!.GetValue<Guid>());
        Assert.Equal("blue", user["app_metadata"]!["team"]!.GetValue<string>());
        Assert.NotNull(user["email_confirmed_at"]);
    }

    [Fact]
    public async Task Metadata_that_would_outgrow_tokens_is_left_as_it_was()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("update auth.identities set identity_data = identity_data || '{\"email_verified\": true}'"); // A mail was answered.
        await server.Anonymous.PutUserAsync(ada.AccessToken, new { data = new { large = new string('x', 3800) } });

        var user = await UserAsync(server, await ComeAsync(server, provider));

        Assert.Equal(ada.Id, user["id"]!.GetValue<Guid>());
        Assert.Equal("ada", user["user_metadata"]!["full_name"]!.GetValue<string>());
    }
}
