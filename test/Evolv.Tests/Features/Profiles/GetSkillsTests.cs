using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Profiles;

public sealed class GetSkillsTests(EvolvCluster cluster)
{
    [Fact]
    public async Task The_catalogue_is_for_everybody_whole_or_by_category()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var all = await server.Database.ScalarAsync<long>("select count(*) from skills");
        var category = await server.Database.ScalarAsync<string>("select category from skills order by category limit 1");
        var some = await server.Database.ScalarAsync<long>($"select count(*) from skills where category = '{category}'");

        foreach (var client in new[] { ada.Http, server.Anonymous, server.Service })
        {
            Assert.Equal(all, (await client.AskAsync("get-skills")).Data.GetProperty("skills").GetArrayLength());
            var listed = (await client.AskAsync($"get-skills?category={Uri.EscapeDataString(category)}")).Data.GetProperty("skills");
            Assert.Equal(some, listed.GetArrayLength());
            Assert.All(listed.EnumerateArray(), skill => Assert.Equal(category, skill.GetProperty("category").GetString()));
        }

        Assert.Equal(0, (await ada.Http.AskAsync("get-skills?category=there is none")).Data.GetProperty("skills").GetArrayLength());
    }

    [Theory]
    [InlineData("get-skills?category=")]
    [InlineData("get-skills?category=%00")]
    [InlineData("get-skills?category=01234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890")]
    public async Task Bad_questions_are_told_what_is_wrong(string question)
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        Assert.Equivalent(
            new { Status = 400, Code = "invalid_field", Error = "category must be a text of 1 to 100 characters" }, await server.Anonymous.AskAsync(question));
    }
}
