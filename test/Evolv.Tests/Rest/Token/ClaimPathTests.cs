using System.Text.Json;
using Evolv.Rest.Token;

namespace Evolv.Tests.Rest.Token;

public sealed class ClaimPathTests
{
    const string Claims =
        """
        {"role":"top","postgrest":{"a_role":"deep"},"customObject":{"manyRoles":["other","second"]},
         "https://www.example.com/roles":[{"value":"quoted"}],"roles":["other","app_author",1,{"k":"v","name":"named"}],"n":7,"nil":null}
        """;

    [Theory]
    [InlineData(".role", "\"top\"")]
    [InlineData("$.role", "\"top\"")]
    [InlineData("$['role']", "\"top\"")]
    [InlineData("$[\"role\"]", "\"top\"")]
    [InlineData(".postgrest.a_role", "\"deep\"")]
    [InlineData(".customObject.manyRoles[1]", "\"second\"")]
    [InlineData("$.customObject.manyRoles[-1]", "\"second\"")]
    [InlineData(".\"https://www.example.com/roles\"[0].value", "\"quoted\"")]
    [InlineData("$['https://www.example.com/roles'][0].value", "\"quoted\"")]
    [InlineData(".roles[?(@ == \"app_author\")]", "\"app_author\"")]
    [InlineData(".roles[?(@ != \"other\")]", "\"app_author\"")]
    [InlineData(".roles[?(@ ^== \"app_\")]", "\"app_author\"")]
    [InlineData(".roles[?(@ ==^ \"author\")]", "\"app_author\"")]
    [InlineData(".roles[?(@ *== \"_auth\")]", "\"app_author\"")]
    [InlineData("$.roles[?(@ == 'app_author')]", "\"app_author\"")]
    [InlineData("$.roles[?@ == 'app_author']", "\"app_author\"")]
    [InlineData("$.roles[?search(@, '^app_')]", "\"app_author\"")]
    [InlineData("$.roles[?(@.k == 'v')].name", "\"named\"")]
    [InlineData("$.roles[*]", "\"other\"")]
    [InlineData(".n", "7")]
    [InlineData(".nil", "null")]
    [InlineData(".roles[9]", null)]
    [InlineData(".roles[?(@ == \"nobody\")]", null)]
    [InlineData(".myRole", null)]
    [InlineData(".role.deeper", null)]
    [InlineData(".role[0]", null)]
    public void Path_leads_to_the_first_value(string path, string? expected)
    {
        using var claims = JsonDocument.Parse(Claims);

        Assert.Equal(expected, ClaimPath.Parse(path).Find(claims.RootElement)?.GetRawText());
    }

    [Theory]
    [InlineData("")]
    [InlineData("role.other")]
    [InlineData(".role##")]
    [InlineData(".my_role;;domain")]
    [InlineData(".#$$%&$%/")]
    [InlineData("1234")]
    [InlineData("@@.role.other")]
    [InlineData(".role[?(@ =)]")]
    [InlineData(".role[")]
    [InlineData(".role[b]")]
    [InlineData("$.a]")]
    [InlineData("$.a b")]
    [InlineData("$[\"unterminated")]
    [InlineData("$.a[?search(@, '(')]")]
    public void What_is_no_path_is_refused(string path)
        => Assert.Equal(
            $"failed to parse role-claim-key value ({path})", Assert.Throws<FormatException>(() => ClaimPath.Parse(path)).Message);
}
