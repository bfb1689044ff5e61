using Evolv.Rest.Request;

namespace Evolv.Tests.Rest.Request;

public sealed class MediaTypeParserTests
{
    [Theory]
    [InlineData("application/json", "Named application/json")]
    [InlineData("application/json; charset=utf-8", "Named application/json")]
    [InlineData("APPLICATION/Json", "Named application/json")]
    [InlineData("application/geo+json", "Named application/geo+json")]
    [InlineData("text/csv;header=present", "Named text/csv")]
    [InlineData("text/plain", "Named text/plain")]
    [InlineData("text/xml", "Named text/xml")]
    [InlineData("application/openapi+json", "Named application/openapi+json")]
    [InlineData("application/x-www-form-urlencoded", "Named application/x-www-form-urlencoded")]
    [InlineData("application/octet-stream", "Named application/octet-stream")]
    [InlineData("*/*", "Named */*")]
    [InlineData("application/vnd.pgrst.object+json", "Singular application/vnd.pgrst.object+json")]
    [InlineData("ApplicatIon/vnd.PgRsT.object+json", "Singular application/vnd.pgrst.object+json")]
    [InlineData("application/vnd.pgrst.object", "Singular application/vnd.pgrst.object+json")]
    [InlineData("application/vnd.pgrst.object+json;nulls=stripped", "Singular application/vnd.pgrst.object+json;nulls=stripped")]
    [InlineData("application/vnd.pgrst.object+json ; Nulls=stripped ;", "Singular application/vnd.pgrst.object+json;nulls=stripped")]
    [InlineData("application/vnd.pgrst.object+json;nulls=Stripped", "Singular application/vnd.pgrst.object+json")]
    [InlineData("application/vnd.pgrst.array+json", "Named application/json")]
    [InlineData("application/vnd.pgrst.array", "Named application/json")]
    [InlineData("application/vnd.pgrst.array+json;nulls=\"stripped\"", "ArrayStripped application/vnd.pgrst.array+json;nulls=stripped")]
    [InlineData("application/vnd.pgrst.plan;", "Plan application/vnd.pgrst.plan+text; for=\"application/json\"")]
    [InlineData("application/vnd.pgrst.plan+json;for=\"text/csv\"", "Plan application/vnd.pgrst.plan+json; for=\"text/csv\"")]
    [InlineData("application/vnd.pgrst.plan ; for=\"text/xml\" ; options=wal|analyze|what",
        "Plan application/vnd.pgrst.plan+text; for=\"text/xml\"; options=analyze|wal")]
    [InlineData("application/vnd.pgrst.plan+text; for=\"text/xml\"; options=analyze|verbose|settings|buffers|wal",
        "Plan application/vnd.pgrst.plan+text; for=\"text/xml\"; options=analyze|verbose|settings|buffers|wal")]
    [InlineData("application/vnd.pgrst.plan; for=\"application/vnd.pgrst.object+json;nulls=stripped\"",
        "Plan application/vnd.pgrst.plan+text; for=\"application/vnd.pgrst.object+json;nulls=stripped\"")]
    [InlineData("application/vnd.pgrst.plan;wat=\"application/json;text/csv\"", "Plan application/vnd.pgrst.plan+text; for=\"application/json\"")]
    [InlineData("application/vnd.pgrst.plan; for=\"text/csv", "Plan application/vnd.pgrst.plan+text; for=\"application/json\"")]
    [InlineData("application/vnd.twkb", "Other application/vnd.twkb")]
    [InlineData("Application/Vnd.Twkb; a=b", "Other Application/Vnd.Twkb; a=b")]
    [InlineData("image/*", "Other image/*")]
    [InlineData("json", "Other json")]
    [InlineData(" application/json", "Other  application/json")]
    [InlineData("x-type/json", "Other x-type/json")]
    [InlineData("", "Other ")]
    public void A_media_type_is_read_as_PostgREST_reads_it(string text, string expected)
        => Assert.Equal(expected, Describe(MediaTypeParser.Parse(text)));

    [Theory]
    [InlineData("", "")]
    [InlineData("text/csv", "Named text/csv")]
    [InlineData("text/csv, application/json", "Named text/csv|Named application/json")]
    [InlineData("text/csv;q=0.5, application/json", "Named application/json|Named text/csv")]
    [InlineData("text/csv;q=0.5,application/json;q=0.8,text/xml;q=0.8", "Named application/json|Named text/xml|Named text/csv")]
    [InlineData("*/*, text/csv", "Named text/csv|Named */*")]
    [InlineData("text/csv, application/vnd.pgrst.object+json;nulls=stripped",
        "Singular application/vnd.pgrst.object+json;nulls=stripped|Named text/csv")]
    [InlineData("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
        "Other text/html|Other application/xhtml+xml|Other application/xml|Named */*")]
    [InlineData("text/csv;q=.5, application/json;q=0.9", "Named text/csv|Named application/json")]
    [InlineData("text/csv;q=0.1;a=b, application/json;q=high", "Named application/json|Named text/csv")]
    [InlineData("text/csv;q=-1, application/json;q=0", "Named application/json|Named text/csv")]
    public void What_a_client_accepts_is_put_into_its_order(string header, string expected)
        => Assert.Equal(expected, string.Join('|', MediaTypeParser.ParseAccept(header).Select(Describe)));

    [Fact]
    public void Equal_types_are_equal()
    {
        Assert.Equal(MediaTypeParser.Parse("application/vnd.pgrst.plan; options=analyze"), MediaTypeParser.Parse("application/vnd.pgrst.plan+text;options=analyze"));
        Assert.Equal(MediaTypeParser.Parse("a/b"), new MediaType.Other("a/b"));
    }

    static string Describe(MediaType type) => $"{type.GetType().Name} {type.Mime}";
}
