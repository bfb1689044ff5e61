using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career;

/// <summary>What the history is told of the guidance.</summary>
public sealed class ActivityTests(EvolvCluster cluster)
{
    [Fact]
    public async Task An_assessment_is_told_without_what_it_says()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        var history = await History.WatchAsync(database, (ada.UserId, "ada"));

        await history.ActAsync(
            ada, """insert into career_assessments (user_profile, analysis_depth, career_paths) values ('{"secret": true}', 'quick', '[]')""");
        await history.ActAsync(ada, "insert into skill_recommendations (current_skills, recommendations) values ('[]', '[]')");
        Assert.Equal(1, await history.ActAsync(ada, "delete from career_assessments"));

        Assert.Equal(["""career.assessed of ada, career_assessment new, {"depth": "quick"}"""], await history.NewAsync());
    }
}
