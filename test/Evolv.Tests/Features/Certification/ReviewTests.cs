using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Certification;

public sealed class ReviewTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    [Theory]
    [InlineData("status", "'approved'")]
    [InlineData("reviewed_by", "(select min(id::text)::uuid from profiles)")]
    [InlineData("reviewed_at", "now()")]
    [InlineData("review_notes", "'Well done'")]
    [Trait("defect", "18")]
    [Trait("probe", "15")]
    public async Task Applicant_cannot_decide(string column, string value)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");
        var request = await ApplyAsync(database, ada);

        await database.AssertRefusedAsync(ada, ActingAs.Raw(
            $"""
            insert into certification_requests (skill_id, requested_level, evidence_type, {column})
            values ((select id from skills where slug = 'go'), 'expert', 'project', {value})
            """));
        await database.AssertRefusedAsync(ada, ActingAs.Raw($"update certification_requests set {column} = {value}"));
        await database.AssertRefusedAsync(ada, $"select review_certification_request({request}, 'approved')");
        await database.AssertRefusedAsync(Caller.Anonymous, $"select review_certification_request({request}, 'approved')");
        await database.AssertRefusedAsync(ada, $"insert into certifications (user_id, skill_id, level) select user_id, skill_id, 'expert' from certification_requests");
        Assert.Equal(["pending"], await database.ColumnAsync<string>(ada, $"select status from certification_requests"));
    }

    [Theory]
    [InlineData("teacher")]
    [InlineData("reviewer")]
    [InlineData("admin")]
    [Trait("defect", "7")]
    [Trait("probe", "19")]
    public async Task Reviewers_see_requests_and_decide(string role)
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, reviewer) = (await database.PersonAsync("ada"), await database.PersonAsync("grace", role));
        var request = await ApplyAsync(database, ada);

        Assert.Equal([request], await database.ColumnAsync<Guid>(reviewer, $"select id from certification_requests"));
        await database.ScalarAsync<Guid>(reviewer, $"select id from review_certification_request({request}, 'under_review')");
        await database.ScalarAsync<Guid>(reviewer, $"select id from review_certification_request({request}, 'approved', 'Convincing')");

        Assert.Equal($"approved {reviewer.UserId}", await database.ScalarAsync<string>(ada, $"select status || ' ' || reviewed_by from certification_requests"));
        Assert.Equal("expert expert", await database.ScalarAsync<string>(
            Caller.Anonymous, $"select c.level || ' ' || s.verified_level from certifications c join user_skills s using (user_id, skill_id)"));
        foreach (var decision in new[] { "pending", "under_review", "approved", "rejected", null })
            await database.AssertRefusedAsync(reviewer, $"select review_certification_request({request}, {decision})", "PT409");
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "18")]
    public async Task Nobody_reviews_the_own_request_and_no_decision_is_not_one()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (teacher, other) = (await database.PersonAsync("ada", "teacher", "admin"), await database.PersonAsync("grace", "teacher"));
        var request = await ApplyAsync(database, teacher);

        await database.AssertRefusedAsync(teacher, $"select review_certification_request({request}, 'approved')");
        await database.AssertRefusedAsync(other, $"select review_certification_request({Guid.NewGuid()}, 'approved')", "PT404");
        foreach (var decision in new[] { "pending", "issued", "", null })
            await database.AssertRefusedAsync(other, $"select review_certification_request({request}, {decision})", "PT409");
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from certifications"));
    }

    [Fact]
    public async Task Two_reviewers_at_once_issue_one_certificate()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        var reviewers = new[] { await database.PersonAsync("grace", "reviewer"), await database.PersonAsync("linus", "reviewer") };
        var request = await ApplyAsync(database, ada);

        var answers = await Task.WhenAll(reviewers.Select(reviewer => Record.ExceptionAsync(
            () => database.ExecuteAsync(reviewer, $"select review_certification_request({request}, 'approved')")).AsTask()));

        Assert.Equal(["", "PT409"], answers.Select(answer => (answer as PostgresException)?.SqlState ?? "").Order());
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from certifications"));
    }

    [Theory]
    [InlineData("evidence_urls", "'{javascript:alert(1)}'")]
    [InlineData("evidence_urls", "'{https://example.com,file:///etc/passwd}'")]
    [InlineData("evidence_urls", "'{NULL}'")]
    [InlineData("evidence_urls", "array_fill('https://example.com'::text, array[21])")]
    [InlineData("evidence_type", "'rumour'")]
    [InlineData("requested_level", "'master'")]
    [Trait("defect", "26")]
    [Trait("defect", "50")]
    public async Task Unsafe_and_meaningless_evidence_is_refused(string column, string value)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");
        var columns = new Dictionary<string, string> { ["evidence_type"] = "'project'", ["requested_level"] = "'expert'", [column] = value };

        await database.AssertRefusedAsync(
            ada,
            ActingAs.Raw($"insert into certification_requests (skill_id, {string.Join(", ", columns.Keys)}) select id, {string.Join(", ", columns.Values)} from skills where slug = 'go'"),
            PostgresErrorCodes.CheckViolation);
    }

    internal static Task<Guid> ApplyAsync(TestDatabase database, Caller applicant) => database.ScalarAsync<Guid>(
        applicant,
        $"""
        insert into certification_requests (skill_id, requested_level, evidence_type, evidence_urls)
        select id, 'expert', 'project', array['https://example.com/work'] from skills where slug = 'sql'
        returning id
        """);
}
