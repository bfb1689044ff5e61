using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Certification;

/// <summary>What applicants are told on <c>notifications:&lt;user_id&gt;</c>.</summary>
public sealed class NotificationTests(EvolvCluster cluster)
{
    [Theory]
    [InlineData("approved")]
    [InlineData("rejected")]
    public async Task Applicant_is_told_of_the_decision_and_not_of_the_notes(string decision)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, reviewer) = (await database.PersonAsync("Ada"), await database.PersonAsync("Grace", "reviewer"));
        var (request, skill) = (await ReviewTests.ApplyAsync(database, ada), await database.ScalarAsync<Guid>("select skill_id from public.certification_requests"));
        // A block does not keep the decision away.
        await database.ExecuteAsync(ada, $"insert into user_blocks (blocked_id) values ({reviewer.UserId})");

        await database.ScalarAsync<Guid>(reviewer, $"select id from review_certification_request({request}, 'under_review')");
        Assert.Empty(await database.TakeNotificationsAsync());

        await database.ScalarAsync<Guid>(reviewer, $"select id from review_certification_request({request}, {decision}, 'Between us')");
        Assert.Equal(
            [$$"""Ada certification_{{decision}} {"skill_id": "{{skill}}", "request_id": "{{request}}"}"""], await database.TakeNotificationsAsync());
    }
}
