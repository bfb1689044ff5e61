using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Learning;

/// <summary>What the history is told of learning.</summary>
public sealed class ActivityTests(EvolvCluster cluster)
{
    const string Enrolled = """path.enrolled of ada, path p, {"difficulty": "beginner"}""";
    const string Completed = """path.completed of ada, path p, {"difficulty": "beginner"}""";
    const string LessonCompleted = """step.completed of ada, step s1, {"path_id": "p", "step_type": "lesson"}""";

    [Fact]
    public async Task A_path_is_told_from_the_enrolment_to_the_review()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, history) = await WorldAsync(database, "lesson", "quiz");
        await database.ExecuteAsync("update learning_path_steps set estimated_minutes = 20 where step_type = 'quiz'");
        await database.ExecuteAsync("update learning_paths set duration_hours = 3");

        await history.ActAsync(ada, "insert into learning_path_enrollments (path_id) values ('{p}')");
        Assert.Equal([Enrolled], await history.NewAsync());

        await history.ActAsync(ada, Progress("s1", "in_progress"));
        await history.ActAsync(ada, "update learning_path_step_progress set time_spent_minutes = 1000000, completion_percentage = 100");
        Assert.Equal([], await history.NewAsync());
        await history.ActAsync(ada, Progress("s1", "completed"));
        Assert.Equal([LessonCompleted], await history.NewAsync());

        await history.ActAsync(Caller.Service, Progress("s2", "completed"));
        Assert.Equal(
            [
                """step.completed of ada, step s2, {"minutes": 20, "path_id": "p", "step_type": "quiz"}""",
                """path.completed of ada, path p, {"difficulty": "beginner", "duration_hours": 3}""",
            ],
            await history.NewAsync());

        await history.ActAsync(ada, "insert into path_reviews (path_id, rating) values ('{p}', 4)");
        await history.ActAsync(ada, "update path_reviews set rating = 5");
        Assert.Equal(["""path.reviewed of ada, path p, {"rating": 4}"""], await history.NewAsync());
    }

    [Fact]
    public async Task Teachers_earn_nothing_by_completing_their_own_paths()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, history) = await WorldAsync(database, "lesson");
        await database.ExecuteAsync($"update learning_paths set instructor_id = '{ada.UserId}'");
        await history.ActAsync(ada, "insert into learning_path_enrollments (path_id) values ('{p}')");
        await history.ActAsync(ada, Progress("s1", "completed"));

        Assert.Equal(
            [
                """path.enrolled of ada, path p, {"is_own": true, "difficulty": "beginner"}""",
                """step.completed of ada, step s1, {"is_own": true, "path_id": "p", "step_type": "lesson"}""",
                """path.completed of ada, path p, {"is_own": true, "difficulty": "beginner"}""",
            ],
            await history.NewAsync());
        await database.ExecuteAsync($"select evolv.settle_now('{ada.UserId}')");
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from xp_transactions where source = 'course_completion'"));
    }

    [Fact]
    public async Task What_is_undone_and_done_again_is_not_told_again()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, history) = await WorldAsync(database, "lesson", "lesson");
        for (var times = 0; times < 2; times++)
        {
            await history.ActAsync(ada, "insert into learning_path_enrollments (path_id) values ('{p}')");
            foreach (var status in new[] { "completed", "in_progress", "completed" })
                await history.ActAsync(ada, Progress("s1", status));
            await history.ActAsync(ada, "insert into path_reviews (path_id, rating) values ('{p}', 4)");
            Assert.Equal(1, await history.ActAsync(ada, "delete from path_reviews"));
            Assert.Equal(1, await history.ActAsync(ada, "delete from learning_path_enrollments"));
        }

        Assert.Equal([Enrolled, LessonCompleted, """path.reviewed of ada, path p, {"rating": 4}"""], await history.NewAsync());
    }

    [Fact]
    public async Task A_skipped_step_is_not_completed_but_ends_the_path()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, history) = await WorldAsync(database, "lesson");
        await history.ActAsync(ada, "insert into learning_path_enrollments (path_id) values ('{p}')");

        await history.ActAsync(ada, Progress("s1", "skipped"));
        Assert.Equal([Enrolled, Completed], await history.NewAsync());
        // Reading it afterwards counts.
        await history.ActAsync(ada, Progress("s1", "completed"));
        Assert.Equal([LessonCompleted], await history.NewAsync());
    }

    [Fact]
    public async Task A_path_that_ends_because_steps_go_is_completed_now()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, history) = await WorldAsync(database, "lesson", "lesson");
        await history.ActAsync(ada, "insert into learning_path_enrollments (path_id) values ('{p}')");
        await history.ActAsync(ada, Progress("s1", "completed"));
        await history.NewAsync();

        await history.ActAsOwnerAsync("delete from learning_path_steps where id = '{s2}'");

        Assert.Equal([Completed], await history.NewAsync());
        Assert.True(await database.ScalarAsync<bool>("select e.completed_at > p.completed_at from learning_path_enrollments e, learning_path_step_progress p"));
        // With the whole path nothing is completed.
        await history.ActAsOwnerAsync("delete from learning_paths");
        Assert.Equal([], await history.NewAsync());
    }

    [Fact]
    public async Task An_import_keeps_its_times()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (_, history) = await WorldAsync(database, "lesson");

        await history.ActAsync(
            Caller.Service,
            """
            insert into learning_path_enrollments (user_id, path_id, enrolled_at, completed_at)
            values ('{ada}', '{p}', '2020-02-28 12:00+00', '2020-02-29 12:00+00')
            """);
        await history.ActAsync(
            Caller.Service, "insert into path_reviews (path_id, user_id, rating, created_at) values ('{p}', '{ada}', 1, '2020-03-01 12:00+00')");

        Assert.Equal([Enrolled, Completed, """path.reviewed of ada, path p, {"rating": 1}"""], await history.NewAsync());
        Assert.Equal("2020-02-28 2020-02-29 2020-03-01", await database.ScalarAsync<string>(
            "select string_agg(local_date::text, ' ' order by id) from activity_events"));
    }

    static string Progress(string step, string status) =>
        $$"""
        insert into learning_path_step_progress (enrollment_id, step_id, status)
        select id, '{{{step}}}', '{{status}}' from learning_path_enrollments
        on conflict (enrollment_id, step_id) do update set status = excluded.status
        """;

    static async Task<(Caller Ada, History History)> WorldAsync(TestDatabase database, params string[] steps)
    {
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var (path, ids) = await PathTests.AddPathWithStepsAsync(database, teacher, steps);
        var names = ids.Select((id, index) => ((Guid?)id, $"s{index + 1}"));
        return (ada, await History.WatchAsync(database, [(ada.UserId, "ada"), (path, "p"), .. names]));
    }
}
