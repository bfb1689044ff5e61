using Evolv.Auth.External;
using Evolv.Platform;
using Evolv.Platform.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Auth.External;

public sealed class ExternalOptionsTests
{
    [Theory]
    [InlineData("google:ClientSecret", "Setting Auth:External:google:ClientId is wrong: it is missing; the provider gives it when you register Evolv there. Correct it in appsettings.json or EVOLV__AUTH__EXTERNAL__GOOGLE__CLIENTID.")]
    [InlineData("keycloak:ClientId", "Setting Auth:External:keycloak:Issuer is wrong: it is missing; give the provider's address, such as https://login.example.com/realms/main. Correct it in appsettings.json or EVOLV__AUTH__EXTERNAL__KEYCLOAK__ISSUER.")]
    [InlineData("email:ClientId", "Auth:External:email cannot be the name of a provider: use lower-case letters, digits, - and _, and none of email, phone, anonymous, anonymous_users, sso, web3.")]
    [InlineData("a.b:ClientId", "Auth:External:a.b cannot be the name of a provider: use lower-case letters, digits, - and _, and none of email, phone, anonymous, anonymous_users, sso, web3.")]
    [InlineData("google:ClientID2", "Auth:External:google:ClientID2 is not a setting of Evolv; did you mean Auth:External:*:ClientId? All are in docs/configuration.md.")]
    [InlineData("google", "Auth:External:google is not a setting of Evolv; did you mean Auth:External:*:Issuer? All are in docs/configuration.md.")]
    public void Setting_that_is_missing_or_unknown_ends_the_start_with_a_line(string name, string expected)
        => Assert.Equal(expected, Assert.Throws<SetupException>(() => Program.Build(new Dictionary<string, string?> { [$"Auth:External:{name}"] = "x" })).Message);

    [Theory]
    [InlineData("Issuer", "http://login.example.com", "Setting Auth:External:google:Issuer is wrong: 'http://login.example.com' must be an https address")]
    [InlineData("Issuer", "login.example.com", "Setting Auth:External:google:Issuer is wrong: 'login.example.com' must be an https address")]
    [InlineData("Issuer", "https://a@login.example.com", "Setting Auth:External:google:Issuer is wrong: 'https://a@login.example.com' must be an https address")]
    [InlineData("Issuer", "https://login.example.com/?a=b", "Setting Auth:External:google:Issuer is wrong: 'https://login.example.com/?a=b' must be an https address")]
    [InlineData("ResponseMode", "fragment", "Setting Auth:External:google:ResponseMode is wrong: 'fragment' must be query or form_post")]
    [InlineData("SkipNonceCheck", "maybe", "Setting Auth:External:google:SkipNonceCheck is wrong: 'maybe' has the wrong type; correct it in appsettings.json or EVOLV__AUTH__EXTERNAL__GOOGLE__SKIPNONCECHECK, or leave it out for false.")]
    public void Value_that_is_wrong_ends_the_start_with_a_line(string name, string value, string expected)
        => Assert.StartsWith(expected, Assert.Throws<SetupException>(() => Program.Build(new Dictionary<string, string?>
        {
            ["Auth:External:google:ClientId"] = "x",
            [$"Auth:External:google:{name}"] = value,
        })).Message, StringComparison.Ordinal);

    [Fact]
    public async Task Names_are_lower_case_and_known_providers_need_an_id_only()
    {
        await using var app = Program.Build(new Dictionary<string, string?>
        {
            ["Auth:External:GOOGLE:CLIENT_ID"] = "g",
            ["Auth:External:apple:ClientId"] = "a",
            ["Auth:External:github:ClientId"] = "h",
            ["Auth:External:azure:ClientId"] = "z",
            ["Auth:External:my-school:ClientId"] = "s",
            ["Auth:External:my-school:Issuer"] = "http://127.0.0.1:8080/realms/school",
        });

        var providers = app.Services.GetRequiredService<IOptions<ExternalOptions>>().Value.Providers;

        Assert.Equal(
            """
            apple a https://appleid.apple.com form_post
            azure z https://login.microsoftonline.com/common/v2.0 query
            github h https://github.com query
            google g https://accounts.google.com query
            my-school s http://127.0.0.1:8080/realms/school query
            """,
            string.Join('\n', providers.Select(provider => $"{provider.Key} {provider.Value.ClientId} {provider.Value.Issuer} {provider.Value.ResponseMode}")));
    }

    [Fact]
    public async Task Catalogue_lists_them_with_a_star()
    {
        await using var app = Program.Build(new Dictionary<string, string?>());

        var setting = SettingsCatalog.Read(app.Services.GetServices<SettingsSection>()).Single(setting => setting.Key == "Auth:External:*:AllowedClientIds");

        Assert.Equal(("EVOLV__AUTH__EXTERNAL__*__ALLOWEDCLIENTIDS", "text", ""), (setting.EnvironmentVariable, setting.Type, setting.Default));
        Assert.NotEmpty(setting.Description);
    }
}
