using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

public sealed class GetUserLevelTests(EvolvCluster cluster)
{
    [Fact]
    public async Task Everybody_sees_where_a_person_stands()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var bob = await server.SignUpAsync("bob");
        await server.Service.CallAsync("add-xp", new { user_id = ada.Id, amount = 250, source = "quiz_completion" });

        foreach (var client in new[] { ada.Http, bob.Http, server.Anonymous, server.Service })
        {
            var level = await client.AskAsync($"get-user-level?user_id={ada.Id}");
            Assert.Equal(200, level.Status);
            Assert.Equal($"{ada.Id}", level.At("user_id"));
            Assert.Equal("2", level.At("current_level"));
            Assert.Equal((await ada.Http.AskAsync("get-progress")).At("level_progress"), level.At("level_progress"));
        }

        Assert.Equal("2", (await ada.Http.AskAsync("get-user-level")).At("current_level"));
        Assert.Equal("1", (await bob.Http.AskAsync("get-user-level")).At("current_level"));
    }

    [Theory]
    [InlineData("get-user-level", 400, "invalid_field", "user_id is missing: whoever is not signed in has no level")]
    [InlineData("get-user-level?user_id=x", 400, "invalid_field", "user_id must be a UUID")]
    [InlineData("get-user-level?user_id=00000000-0000-0000-0000-000000000001", 404, "not_found", "There is no such person, or you may not see it.")]
    public async Task Bad_questions_are_told_what_is_wrong(string question, int status, string code, string error)
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        Assert.Equivalent(new { Status = status, Code = code, Error = error }, await server.Anonymous.AskAsync(question));
    }
}
