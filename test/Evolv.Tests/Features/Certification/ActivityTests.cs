using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Certification;

/// <summary>What the history is told of certification.</summary>
public sealed class ActivityTests(EvolvCluster cluster)
{
    const string Requested = """certification.requested of ada, certification_request new, {"level": "expert", "skill_id": "s"}""";

    [Fact]
    public async Task A_request_is_told_and_the_certificate_with_the_skill()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, reviewer, history) = await WorldAsync(database);

        var request = await ReviewTests.ApplyAsync(database, ada);
        Assert.Equal([Requested], await history.NewAsync());
        await history.ActAsync(reviewer, $"select review_certification_request('{request}', 'under_review')");
        Assert.Equal([], await history.NewAsync());
        await history.ActAsync(reviewer, $"select review_certification_request('{request}', 'approved')");

        Assert.Equal(
            [
                """certification.issued of ada by grace, certification new, {"level": "expert", "skill_id": "s"}""",
                """skill.verified of ada by grace, skill s, {"level": "expert"}""",
            ],
            await history.NewAsync());
        await history.ActAsync(
            Caller.Service, "update certifications set is_revoked = true, revoked_at = now(), revocation_reason = 'A mistake'");
        Assert.Equal([], await history.NewAsync());
    }

    [Fact]
    public async Task A_rejection_tells_nothing()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, reviewer, history) = await WorldAsync(database);
        var request = await ReviewTests.ApplyAsync(database, ada);
        await history.NewAsync();

        await history.ActAsync(reviewer, $"select review_certification_request('{request}', 'rejected', 'No')");

        Assert.Equal([], await history.NewAsync());
    }

    [Fact]
    public async Task An_import_keeps_its_times()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (_, _, history) = await WorldAsync(database);

        await history.ActAsync(
            Caller.Service,
            """
            insert into certification_requests (user_id, skill_id, requested_level, evidence_type, created_at)
            values ('{ada}', '{s}', 'expert', 'exam', '2020-02-28 12:00+00')
            """);
        await history.ActAsync(
            Caller.Service, "insert into certifications (user_id, skill_id, level, issued_at) values ('{ada}', '{s}', 'expert', '2020-02-29 12:00+00')");

        Assert.Equal(
            [Requested, """certification.issued of ada, certification new, {"level": "expert", "skill_id": "s"}"""], await history.NewAsync());
        Assert.Equal("2020-02-28 2020-02-29", await database.ScalarAsync<string>(
            "select string_agg(local_date::text, ' ' order by id) from activity_events"));
    }

    static async Task<(Caller Ada, Caller Reviewer, History History)> WorldAsync(TestDatabase database)
    {
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace", "reviewer"));
        var skill = await database.ScalarAsync<Guid>("select id from skills where slug = 'sql'");
        return (ada, grace, await History.WatchAsync(database, (ada.UserId, "ada"), (grace.UserId, "grace"), (skill, "s")));
    }
}
