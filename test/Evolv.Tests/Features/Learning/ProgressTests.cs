using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Learning;

public sealed class ProgressTests(SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    [Fact]
    [Trait("defect", "36")]
    [Trait("probe", "17")]
    public async Task Progress_is_only_on_steps_of_the_own_path()
    {
        var database = shared.Database;
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var (path, _) = await PathTests.AddPathWithStepsAsync(database, teacher);
        var (_, foreign) = await PathTests.AddPathWithStepsAsync(database, teacher, "lesson");
        var enrollment = await PathTests.EnrolAsync(database, ada, path);

        await database.AssertRefusedAsync(
            ada, $"insert into learning_path_step_progress (enrollment_id, step_id, status) values ({enrollment}, {foreign[0]}, 'completed')",
            PostgresErrorCodes.ForeignKeyViolation);
        await database.AssertRefusedAsync(
            teacher, $"insert into learning_path_step_progress (enrollment_id, step_id) values ({enrollment}, {foreign[0]})");
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "37")]
    public async Task A_completion_stays_whatever_happens_to_the_path_or_the_notes()
    {
        var database = shared.Database;
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var (path, steps) = await PathTests.AddPathWithStepsAsync(database, teacher, "lesson", "reading");
        var enrollment = await PathTests.EnrolAsync(database, ada, path);

        await SetAsync(database, ada, enrollment, steps[0], "completed");
        Assert.Equal("50.00 open", await StateAsync(database, ada));
        await SetAsync(database, ada, enrollment, steps[1], "skipped");
        Assert.Equal("100.00 done", await StateAsync(database, ada));
        var completed = await database.ScalarAsync<DateTime>(ada, $"select completed_at from learning_path_enrollments");

        await database.ExecuteAsync(ada, $"update learning_path_step_progress set notes = 'Nice'");
        await SetAsync(database, ada, enrollment, steps[0], "in_progress");
        await database.ExecuteAsync(
            teacher, $"insert into learning_path_steps (path_id, order_num, title, step_type) values ({path}, 3, 'More', 'lesson')");

        Assert.Equal("100.00 done", await StateAsync(database, ada));
        Assert.Equal(completed, await database.ScalarAsync<DateTime>(ada, $"select completed_at from learning_path_enrollments"));
        Assert.Equal(2L, await database.ScalarAsync<long>(ada, $"select count(*) from learning_path_step_progress where completed_at is not null"));
        Assert.Equal(0, await database.ExecuteAsync(ada, $"delete from learning_path_enrollments")); // a record
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "37")]
    public async Task Progress_follows_the_steps_of_an_open_path()
    {
        var database = shared.Database;
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var (path, steps) = await PathTests.AddPathWithStepsAsync(database, teacher, "lesson", "lesson");
        var enrollment = await PathTests.EnrolAsync(database, ada, path);
        await SetAsync(database, ada, enrollment, steps[0], "completed");

        await database.ExecuteAsync(
            teacher, $"insert into learning_path_steps (path_id, order_num, title, step_type) values ({path}, 3, 'More', 'lesson')");
        Assert.Equal("33.33 open", await StateAsync(database, ada));
        await database.ExecuteAsync(teacher, $"delete from learning_path_steps where path_id = {path} and order_num = 3");
        Assert.Equal("50.00 open", await StateAsync(database, ada));
        await database.ExecuteAsync(teacher, $"delete from learning_path_steps where id = {steps[1]}");
        Assert.Equal("100.00 done", await StateAsync(database, ada));
        await database.AssertInvariantsAsync();
    }

    [Theory]
    [InlineData("quiz", false)]
    [InlineData("project", false)]
    [InlineData("assessment", false)]
    [InlineData("lesson", true)]
    [InlineData("reading", true)]
    [Trait("defect", "37")]
    [Trait("probe", "18")]
    public async Task What_is_proved_by_a_result_is_not_done_by_saying_so(string type, bool allowed)
    {
        var database = shared.Database;
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var (path, steps) = await PathTests.AddPathWithStepsAsync(database, teacher, type);
        var enrollment = await PathTests.EnrolAsync(database, ada, path);
        await SetAsync(database, ada, enrollment, steps[0], "in_progress");

        // Skipping is no way to the end of the path, either.
        foreach (var status in new[] { "completed", "skipped" })
        {
            if (allowed)
                Assert.Equal(1, await database.ExecuteAsync(ada, $"update learning_path_step_progress set status = {status}"));
            else
                await database.AssertRefusedAsync(ada, $"update learning_path_step_progress set status = {status}");
        }

        await database.ExecuteAsync(ada, $"update learning_path_step_progress set completion_percentage = 100");
        await database.AssertRefusedAsync(ada, $"update learning_path_enrollments set completion_percentage = 100");
        await database.AssertRefusedAsync(ada, $"update learning_path_enrollments set completed_at = now()");
        await database.AssertRefusedAsync(ada, $"insert into learning_path_enrollments (path_id, completion_percentage) values ({path}, 100)");
        Assert.Equal(allowed ? "100.00 done" : "0.00 open", await StateAsync(database, ada));

        await database.ExecuteAsync(Caller.Service, $"update learning_path_step_progress set status = 'completed' where enrollment_id = {enrollment}");
        Assert.Equal("100.00 done", await StateAsync(database, ada));
        await database.AssertInvariantsAsync();
    }

    [Fact]
    [Trait("defect", "16")]
    public async Task Others_neither_see_nor_write_what_a_learner_does()
    {
        var database = shared.Database;
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace"));
        var teacher = await database.PersonAsync("teacher", "teacher");
        var (path, steps) = await PathTests.AddPathWithStepsAsync(database, teacher, "lesson");
        var enrollment = await PathTests.EnrolAsync(database, ada, path);
        await SetAsync(database, ada, enrollment, steps[0], "in_progress");

        Assert.Equal([], await database.ColumnAsync<Guid>(grace, $"select id from learning_path_enrollments"));
        Assert.Equal([], await database.ColumnAsync<Guid>(grace, $"select id from learning_path_step_progress"));
        await database.AssertRefusedAsync(grace, $"insert into learning_path_enrollments (user_id, path_id) values ({ada.UserId}, {path})");
        foreach (var person in new[] { grace, teacher })
        {
            Assert.Equal(0, await database.ExecuteAsync(person, $"update learning_path_step_progress set status = 'completed'"));
            Assert.Equal(0, await database.ExecuteAsync(person, $"delete from learning_path_enrollments"));
        }
    }

    static Task<int> SetAsync(TestDatabase database, Caller learner, Guid enrollment, Guid step, string status) => database.ExecuteAsync(
        learner,
        $"""
        insert into learning_path_step_progress (enrollment_id, step_id, status) values ({enrollment}, {step}, {status})
        on conflict (enrollment_id, step_id) do update set status = excluded.status
        """);

    static Task<string> StateAsync(TestDatabase database, Caller learner) => database.ScalarAsync<string>(
        learner, $"select completion_percentage || case when completed_at is null then ' open' else ' done' end from learning_path_enrollments");
}
