using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Certification;

public sealed class CertificateTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    [Theory]
    [InlineData("is_revoked = false", "valid", true)]
    [InlineData("expires_at = now() + interval '1 day'", "valid", true)]
    [InlineData("issued_at = now() - interval '2 days', expires_at = now() - interval '1 day'", "expired", false)]
    [InlineData("is_revoked = true, revoked_at = now(), revocation_reason = 'Copied'", "revoked", false)]
    [Trait("defect", "45")]
    [Trait("probe", "25")]
    [Trait("probe", "26")]
    public async Task Whoever_has_the_number_learns_what_became_of_the_certificate(string change, string status, bool listed)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");
        var grace = await database.PersonAsync("grace");
        var number = await IssueAsync(database, ada);
        await database.ExecuteAsync($"update certifications set {change} where certificate_number = '{number}'");

        foreach (var caller in new[] { Caller.Anonymous, grace, ada, Caller.Service })
        {
            Assert.Equal($"{status} ada {(status == "revoked" ? "Copied" : "")}", await database.ScalarAsync<string>(
                caller, $"select status || ' ' || holder_name || ' ' || coalesce(revocation_reason, '') from verify_certificate({number.ToLowerInvariant()})"));
        }

        foreach (var caller in new[] { Caller.Anonymous, grace })
        {
            Assert.Equal(listed ? [number] : [], await database.ColumnAsync<string>(
                caller, $"select certificate_number from certifications where user_id = {ada.UserId}"));
        }

        Assert.Equal([number], await database.ColumnAsync<string>(
            ada, $"select certificate_number from certifications where user_id = {ada.UserId}"));
        Assert.Equal([], await database.ColumnAsync<string>(Caller.Anonymous, $"select status from verify_certificate('EVOLV-0')"));
    }

    [Fact]
    [Trait("defect", "44")]
    public async Task Numbers_are_random_unique_and_made_by_the_database()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        var number = await IssueAsync(database, ada);

        Assert.Matches("^EVOLV-[0-9A-F]{24}$", number);
        Assert.Equal($"/verify/{number}", await database.ScalarAsync<string>("select verification_url from certifications"));
        Assert.Equal(10_000L, await database.ScalarAsync<long>(
            "select count(distinct evolv.generate_certificate_number()) from generate_series(1, 10000)"));
        var again = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(
            "insert into certifications (user_id, skill_id, level, certificate_number) select user_id, skill_id, level, certificate_number from certifications"));
        Assert.Equal(PostgresErrorCodes.UniqueViolation, again.SqlState);
    }

    [Fact]
    [Trait("defect", "45")]
    public async Task A_revocation_has_date_and_reason()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await IssueAsync(database, await database.PersonAsync("ada"));

        foreach (var change in new[] { "is_revoked = true", "is_revoked = true, revoked_at = now()", "is_revoked = null" })
            await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync($"update certifications set {change}"));
        await database.AssertRefusedAsync(Caller.Service, $"delete from certifications");
    }

    // The link is made of the number, so there is none that somebody could set.
    [Fact]
    [Trait("defect", "26")]
    public async Task Nobody_sets_the_verification_link()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        await IssueAsync(database, await database.PersonAsync("ada"));

        await database.AssertRefusedAsync(
            Caller.Service, $"update certifications set verification_url = 'javascript:alert(1)'", "428C9");
    }

    static Task<string> IssueAsync(TestDatabase database, Caller holder) => database.ScalarAsync<string>(
        $"insert into certifications (user_id, skill_id, level) select '{holder.UserId}', id, 'expert' from skills where slug = 'sql' returning certificate_number");
}
