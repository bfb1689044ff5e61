using Evolv.Auth;
using Evolv.Auth.Mail;
using Evolv.Auth.Passkeys;
using Evolv.Platform;
using Evolv.Platform.Doctor;
using Evolv.Tests.Support;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Auth.Passkeys;

public sealed class RelyingPartyTests(EvolvCluster cluster)
{
    const string AppHash = "android:apk-key-hash:sNiVZ9kzfTgrHqXjd0PcT2pnjYxzSHTZ5d5zA7Zl2aE";

    static RelyingParty Party(string siteUrl, PasskeyOptions? options = null)
        => new(Options.Create(options ?? new()), Options.Create(new AuthOptions { SiteUrl = siteUrl }), Options.Create(new MailOptions()));

    [Theory]
    [InlineData("http://127.0.0.1:54321", "localhost", true)]
    [InlineData("http://[::1]:54321", "localhost", true)]
    [InlineData("http://localhost", "localhost", true)]
    [InlineData("https://evolv.example:8443/base", "evolv.example", true)]
    [InlineData("https://Bücher.example", "xn--bcher-kva.example", true)]
    [InlineData("http://192.168.1.5:8000", "192.168.1.5", false)]
    [InlineData("https://[2001:db8::1]", "2001:db8::1", false)]
    [InlineData("https://", "", false)]
    public void Domain_is_that_of_the_site(string siteUrl, string id, bool isOn)
    {
        var party = Party(siteUrl);

        Assert.Equal((id, isOn), (party.Id, party.IsOn));
    }

    [Theory]
    [InlineData("http://localhost:5173", true)]
    [InlineData("https://localhost", true)]
    [InlineData("http://localhost:5173/", false)]
    [InlineData("http://LOCALHOST:5173", false)]
    [InlineData("http://a@localhost:5173", false)]
    [InlineData("http://localhost.evil.example", false)]
    [InlineData("http://127.0.0.1:54321", true)] // Where the site is.
    [InlineData("http://127.0.0.1:5173", false)]
    [InlineData("file://localhost", false)]
    [InlineData("null", false)]
    [InlineData("", false)]
    public void At_home_every_port_of_localhost_may(string origin, bool may) => Assert.Equal(may, Party("http://127.0.0.1:54321").Allows(origin));

    [Theory]
    [InlineData("https://evolv.example", true)]
    [InlineData("https://evolv.example:443", false)]
    [InlineData("http://evolv.example", false)]
    [InlineData("https://app.evolv.example", false)]
    [InlineData("https://evolv.example.evil.example", false)]
    [InlineData("http://localhost:5173", false)]
    public void Elsewhere_the_site_alone_may(string origin, bool may) => Assert.Equal(may, Party("https://evolv.example").Allows(origin));

    [Fact]
    public void Origins_may_be_named()
    {
        var party = Party("https://api.evolv.example", new() { RpId = "evolv.example", Origins = $"https://app.evolv.example , {AppHash}" });

        Assert.True(party.Allows("https://app.evolv.example"));
        Assert.True(party.Allows(AppHash));
        Assert.False(party.Allows("https://api.evolv.example"));
        Assert.False(party.Allows("https://evolv.example"));
    }

    [Theory]
    [InlineData("RpId", "https://evolv.example")]
    [InlineData("RpId", "evolv.example:8443")]
    [InlineData("RpId", "Evolv.example")]
    [InlineData("Origins", "evolv.example")]
    [InlineData("Origins", "https://evolv.example/")]
    [InlineData("Origins", "https://evolv.example https://app.evolv.example")]
    [InlineData("Origins", "https://*.evolv.example")]
    [InlineData("ChallengeExpirySeconds", "29")]
    public void Wrong_settings_are_named_at_start(string name, string value)
        => Assert.Contains(
            $"Auth:Passkeys:{name}",
            Assert.Throws<SetupException>(() => Program.Build(new Dictionary<string, string?> { [$"Auth:Passkeys:{name}"] = value })).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("http://127.0.0.1:54321", null, null, true, DoctorLevel.Green, "of localhost, used at any port of localhost")]
    [InlineData("https://evolv.example", null, null, true, DoctorLevel.Green, "of evolv.example, used at https://evolv.example")]
    [InlineData("https://evolv.example", null, null, false, DoctorLevel.Green, "off (Auth:Passkeys:Enabled)")]
    [InlineData("http://192.168.1.5:8000", null, null, true, DoctorLevel.Yellow, "off: browsers have no passkeys for a bare address such as 192.168.1.5")]
    [InlineData("http://evolv.example", null, null, true, DoctorLevel.Yellow, "browsers have passkeys on https only, not on http://evolv.example")]
    [InlineData("https://evolv.example", null, "https://app.example", true, DoctorLevel.Yellow, "https://app.example cannot use passkeys of evolv.example")]
    [InlineData("https://api.evolv.example", "evolv.example", "https://app.evolv.example", true, DoctorLevel.Green, "of evolv.example, used at https://app.evolv.example")]
    public void Doctor_says_where_passkeys_work(string siteUrl, string? rpId, string? origins, bool isEnabled, object level, string message)
    {
        var options = new PasskeyOptions { RpId = rpId ?? "", Origins = origins ?? "", Enabled = isEnabled };

        var finding = Assert.Single(PasskeyCheck.Run(Party(siteUrl, options), options));

        Assert.Equal(((DoctorLevel)level, message), (finding.Level, finding.Message));
        Assert.Equal(finding.Level == DoctorLevel.Yellow, finding.Advice is not null);
    }

    [Theory]
    [InlineData("Auth:Passkeys:Enabled", "false")]
    [InlineData("Auth:SiteUrl", "http://192.168.1.5:8000")]
    public async Task Where_they_are_off_they_answer_so_and_administrators_still_remove_them(string setting, string value)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await using var server = await EvolvServer.StartAsync(database, (setting, value));
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync($"insert into auth.webauthn_credentials (user_id, credential_id, public_key) values ('{ada.Id}', 'a', 'b')");
        const string Off = """404 {"code":"passkey_disabled","message":"Passkeys are disabled"}""";

        foreach (var (method, path) in new[]
        {
            ("GET", "passkeys"), ("POST", "passkeys/registration/options"), ("POST", "passkeys/authentication/verify"), ("DELETE", $"passkeys/{Guid.Empty}"),
        })
        {
            Assert.Equal((path, Off), (path, (await server.Keyless.AuthAsync(new HttpMethod(method), path, "{")).Whole));
            Assert.Equal((path, Off), (path, (await server.Anonymous.AuthAsync(new HttpMethod(method), path, bearer: ada.AccessToken)).Whole));
        }

        Assert.False((await server.Keyless.AuthAsync(HttpMethod.Get, "settings")).Body!["passkeys_enabled"]!.GetValue<bool>());
        var id = (await server.Service.ReadAsync($"admin/users/{ada.Id}/passkeys")).Array[0]!["id"]!.GetValue<string>();
        Assert.Equal(204, (await server.Service.RemoveAsync($"admin/users/{ada.Id}/passkeys/{id}")).Status);
    }

    [Fact]
    public async Task Site_with_a_name_has_passkeys_of_it()
    {
        await using var server = await EvolvServer.StartAsync(
            cluster, ("Auth:SiteUrl", "https://evolv.example"), ("Auth:Passkeys:Origins", $"https://evolv.example,{AppHash}"), ("Auth:Passkeys:RpName", "Evolv at work"));
        var ada = await server.SignUpAsync("ada");
        var site = new SoftAuthenticator { RpId = "evolv.example", Origin = "https://evolv.example" };
        var app = new SoftAuthenticator { RpId = "evolv.example", Origin = AppHash };

        var begun = await server.BeginRegistrationAsync(ada.AccessToken);
        var (bySite, byApp) = (await server.RegisterAsync(ada.AccessToken, site), await server.RegisterAsync(ada.AccessToken, app));
        var atHome = await server.RegisterAsync(ada.AccessToken, new SoftAuthenticator { RpId = "evolv.example" });

        Assert.Equal("""{"name":"Evolv at work","id":"evolv.example"}""", begun.Body!["options"]!["rp"]!.ToJsonString());
        Assert.Equal((200, 200), (bySite.Status, byApp.Status));
        Assert.Equal(PasskeyClient.Refused, atHome.Whole);
        Assert.Equal(200, (await server.SignInWithAsync(site)).Status);
        Assert.Equal(200, (await server.SignInWithAsync(app)).Status);
    }
}
