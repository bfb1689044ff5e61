using Evolv.Tests.Auth.External;
using Evolv.Tests.Auth.OAuthServer;
using Evolv.Tests.Support;
using static Evolv.Tests.Auth.External.ExternalClient;

namespace Evolv.Tests.Auth.Passkeys;

/// <summary>
/// Somebody signed up with an address that is not theirs, added a passkey, let in a tool of theirs and waits. Whatever takes their password
/// takes those, too.
/// </summary>
public sealed class TakenAccountsTests(EvolvCluster cluster)
{
    // Eve, with Ada's address.
    static async Task<SoftAuthenticator> SquatAsync(EvolvServer server, bool isConfirmed)
    {
        var eve = await server.SignUpAsync("ada");
        var (authenticator, _) = await server.AddPasskeyAsync(eve.AccessToken);
        await (await Tool.RegisterAsync(server)).SignInAsync(eve.AccessToken);
        if (!isConfirmed)
            await server.Database.ExecuteAsync("update auth.users set email_confirmed_at = null");
        return authenticator;
    }

    static async Task AssertGoneAsync(EvolvServer server, SoftAuthenticator authenticator)
    {
        Assert.Equal(PasskeyClient.Refused, (await server.SignInWithAsync(authenticator)).Whole);
        Assert.Equal("0 0 0", await server.Database.ScalarAsync<string>(
            """
            select concat_ws(' ', (select count(*) from auth.webauthn_credentials), (select count(*) from auth.oauth_consents),
                (select count(*) from auth.sessions where oauth_client_id is not null))
            """));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Owner_who_comes_from_a_provider_takes_it(bool isConfirmed)
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var authenticator = await SquatAsync(server, isConfirmed);

        var end = await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak")));

        Assert.Equal(200, (await server.Anonymous.GetUserAsync(end.Fragment("access_token"))).Status);
        await AssertGoneAsync(server, authenticator);
    }

    [Fact]
    public async Task Owner_whose_address_is_proven_keeps_it()
    {
        await using var provider = await ProviderStandIn.StartAsync();
        await using var server = await EvolvServer.StartAsync(cluster, provider.Settings());
        var authenticator = await SquatAsync(server, isConfirmed: true);
        await server.Database.ExecuteAsync("update auth.identities set identity_data = identity_data || '{\"email_verified\": true}'");

        await server.VisitAsync(provider.Back(await server.BeginAsync("keycloak")));

        Assert.Equal(200, (await server.SignInWithAsync(authenticator)).Status);
    }

    [Fact]
    public async Task Invitation_takes_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var authenticator = await SquatAsync(server, isConfirmed: false);

        Assert.Equal(200, (await server.Service.SendAsync("invite", new { email = "ada@example.com" })).Status);

        await AssertGoneAsync(server, authenticator);
    }

    [Fact]
    public async Task Sign_up_with_another_password_takes_it_and_with_the_same_one_does_not()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var authenticator = await SquatAsync(server, isConfirmed: false);
        await using var confirming = await EvolvServer.StartAsync(server.Database, ("Auth:ConfirmEmail", "true"));

        Assert.Equal(200, (await confirming.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = Person.Password })).Status);
        Assert.Equal(1, await server.Database.ScalarAsync<long>("select count(*) from auth.webauthn_credentials"));
        Assert.Equal(200, (await confirming.Anonymous.PostAsync("signup", new { email = "ada@example.com", password = "quite another one" })).Status);
        await AssertGoneAsync(confirming, authenticator);
    }

    [Theory]
    [InlineData("magiclink")]
    [InlineData("recovery")]
    [InlineData("signup")] // It sets a password of its own.
    public async Task Link_to_an_unconfirmed_account_takes_it(string type)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var authenticator = await SquatAsync(server, isConfirmed: false);
        var link = await server.Service.SendAsync("admin/generate_link", new { type, email = "ada@example.com", password = "set by an administrator" });
        Assert.True(link.Status == 200, link.Whole);

        var answer = await server.Anonymous.SendAsync("verify", new { type, token_hash = link.Text("hashed_token") });

        Assert.True(answer.Status == 200, answer.Whole);
        await AssertGoneAsync(server, authenticator);
    }
}
