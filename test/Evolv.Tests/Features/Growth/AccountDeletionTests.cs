using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Growth;

public sealed class AccountDeletionTests(EvolvCluster cluster)
{
    [Fact]
    [Trait("defect", "29")]
    public async Task The_account_goes_and_ledger_and_certificates_stay_without_the_name()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        await database.ScalarAsync<string>(
            Caller.Service, $"select data::text from evolv.add_xp({ada.UserId}, 5000, 'course_completion', '{{}}', null)");
        await database.ExecuteAsync(
            $"insert into certifications (user_id, skill_id, level) select '{ada.UserId}', id, 'expert' from skills limit 1");
        var number = await database.ScalarAsync<string>("select certificate_number from certifications");
        var total = await database.ScalarAsync<long>($"select total_xp from user_levels where user_id = '{ada.UserId}'");
        await database.ExecuteAsync(ada, $"insert into posts (content) values ('Ada was here')");
        await database.ExecuteAsync(grace, $"insert into user_follows (follower_id, following_id) values ({grace.UserId}, {ada.UserId})");

        await database.ExecuteAsync($"delete from auth.users where id = '{ada.UserId}'");

        Assert.Equal("Deleted user valid", await database.ScalarAsync<string>(
            Caller.Anonymous, $"select holder_name || ' ' || status from verify_certificate({number})"));
        Assert.Equal(total, await database.ScalarAsync<long>($"select sum(amount)::bigint from xp_transactions where user_id = '{ada.UserId}'"));
        Assert.Equal([], await database.ColumnAsync<Guid>(Caller.Anonymous, $"select id from profiles where id = {ada.UserId}"));
        Assert.Equal(0L, await database.ScalarAsync<long>(
            "select (select count(*) from posts) + (select count(*) from user_follows) + (select count(*) from feed_items)"));
        Assert.False(await database.ScalarAsync<bool>(
            "select exists (select from profiles where full_name ilike '%ada%' or handle is not null or avatar_url is not null)"));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "29")]
    public async Task What_was_private_goes_with_the_account()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var path = await database.ScalarAsync<Guid>(
            teacher, $"insert into learning_paths (title, difficulty_level) values ('A path', 'beginner') returning id");
        await database.ExecuteAsync(ada, $"""insert into learning_path_enrollments (path_id, goals) values ({path}, '["Secret"]')""");
        await database.ExecuteAsync(
            ada,
            $"""
            insert into certification_requests (skill_id, requested_level, evidence_type, description)
            select id, 'expert', 'other', 'Secret' from skills limit 1
            """);
        await database.ExecuteAsync(ada, $"insert into skill_recommendations (current_skills, recommendations) values ('[]', '[]')");

        await database.ExecuteAsync($"delete from auth.users where id = '{ada.UserId}'");

        Assert.Equal(0L, await database.ScalarAsync<long>(
            """
            select (select count(*) from learning_path_enrollments) + (select count(*) from certification_requests)
                + (select count(*) from skill_recommendations) + (select enrollment_count from learning_paths)
            """));
        await database.AssertInvariantsAsync();
    }

    // An access token outlives the account by up to an hour.
    [Fact]
    [Trait("defect", "29")]
    public async Task A_deleted_person_cannot_take_the_name_back()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var ada = await database.PersonAsync("ada");
        await database.ExecuteAsync($"delete from auth.users where id = '{ada.UserId}'");

        await database.ExecuteAsync(ada, $"update profiles set full_name = 'ada', bio = 'I am back'");

        Assert.Equal("Deleted user", await database.ScalarAsync<string>($"select full_name || bio from profiles where id = '{ada.UserId}'"));
    }
}
