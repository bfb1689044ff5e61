using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Learning;

public sealed class PathTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    [Fact]
    [Trait("defect", "17")]
    [Trait("probe", "21")]
    public async Task Only_teachers_make_paths_and_only_in_their_own_name()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));

        await database.AssertRefusedAsync(ada, $"insert into learning_paths (title, difficulty_level) values ('x', 'expert')");
        await database.AssertRefusedAsync(
            teacher, $"insert into learning_paths (title, difficulty_level, instructor_id) values ('x', 'expert', {ada.UserId})");
        foreach (var column in new[] { "rating", "enrollment_count", "reviews_count", "total_steps" })
            await database.AssertRefusedAsync(teacher, ActingAs.Raw($"insert into learning_paths (title, difficulty_level, {column}) values ('x', 'expert', 5)"));
        var path = await AddPathAsync(database, teacher);
        await database.AssertRefusedAsync(teacher, $"update learning_paths set rating = 5 where id = {path}");
        await database.AssertRefusedAsync(teacher, $"update learning_paths set instructor_id = {ada.UserId} where id = {path}");
        Assert.Equal(0, await database.ExecuteAsync(ada, $"update learning_paths set title = 'x'"));
    }

    [Fact]
    [Trait("defect", "8")]
    [Trait("probe", "20")]
    public async Task Teacher_retires_the_own_path_and_keeps_seeing_it()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var path = await AddPathAsync(database, teacher);

        Assert.Equal(1, await database.ExecuteAsync(teacher, $"update learning_paths set is_active = false where id = {path}"));

        Assert.Equal([path], await database.ColumnAsync<Guid>(teacher, $"select id from learning_paths"));
        foreach (var caller in new[] { Caller.Anonymous, ada })
            Assert.Equal([], await database.ColumnAsync<Guid>(caller, $"select id from learning_paths"));
        await database.AssertRefusedAsync(ada, $"insert into learning_path_enrollments (path_id) values ({path})");
        Assert.Equal(1, await database.ExecuteAsync(teacher, $"update learning_paths set is_active = true where id = {path}"));
    }

    [Fact]
    [Trait("defect", "38")]
    public async Task Steps_learners_and_ratings_are_counted_and_edits_are_dated()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var (path, steps) = await AddPathWithStepsAsync(database, teacher, "lesson", "quiz");
        var enrollment = await EnrolAsync(database, ada, path);
        await database.ExecuteAsync(ada, $"insert into learning_path_step_progress (enrollment_id, step_id, status) values ({enrollment}, {steps[0]}, 'completed')");
        var review = await database.ScalarAsync<Guid>(ada, $"insert into path_reviews (path_id, rating) values ({path}, 4) returning id");

        Assert.Equal("2 1 4.00 1", await CountsAsync());
        await database.ExecuteAsync(ada, $"update path_reviews set rating = 1 where id = {review}");
        await database.ExecuteAsync(teacher, $"delete from learning_path_steps where id = {steps[1]}");
        Assert.Equal("1 1 1.00 1", await CountsAsync());
        await database.ExecuteAsync(ada, $"delete from path_reviews where id = {review}");
        Assert.Equal("1 1 0.00 0", await CountsAsync());

        var before = await database.ScalarAsync<DateTime>("select updated_at from learning_paths");
        await database.ExecuteAsync(teacher, $"update learning_paths set title = 'Better' where id = {path}");
        Assert.NotEqual(before, await database.ScalarAsync<DateTime>("select updated_at from learning_paths"));
        await database.AssertInvariantsAsync();

        Task<string> CountsAsync() => database.ScalarAsync<string>(
            "select total_steps || ' ' || enrollment_count || ' ' || rating || ' ' || reviews_count from learning_paths");
    }

    [Fact]
    [Trait("defect", "17")]
    public async Task Only_learners_who_have_begun_review_a_path_and_the_instructor_never_does()
    {
        var database = shared.Database;
        var (ada, teacher) = (await database.PersonAsync("ada"), await database.PersonAsync("teacher", "teacher"));
        var (path, steps) = await AddPathWithStepsAsync(database, teacher, "lesson");

        await database.AssertRefusedAsync(ada, $"insert into path_reviews (path_id, rating) values ({path}, 5)");
        foreach (var person in new[] { ada, teacher })
        {
            var enrollment = await EnrolAsync(database, person, path);
            await database.AssertRefusedAsync(person, $"insert into path_reviews (path_id, rating) values ({path}, 5)");
            await database.ExecuteAsync(person, $"insert into learning_path_step_progress (enrollment_id, step_id, status) values ({enrollment}, {steps[0]}, 'completed')");
        }

        await database.AssertRefusedAsync(teacher, $"insert into path_reviews (path_id, rating) values ({path}, 5)");
        Assert.Equal(1, await database.ExecuteAsync(ada, $"insert into path_reviews (path_id, rating) values ({path}, 5)"));
        await database.AssertRefusedAsync(ada, $"insert into path_reviews (path_id, rating) values ({path}, 5)", PostgresErrorCodes.UniqueViolation);
    }

    [Theory]
    [InlineData("learning_paths", "thumbnail_url = 'javascript:alert(1)'")]
    [InlineData("learning_paths", "title = ' '")]
    [InlineData("learning_paths", "difficulty_level = 'easy'")]
    [InlineData("learning_path_steps", """resources = '[{"url": "file:///etc/passwd"}]'""")]
    [InlineData("learning_path_steps", "step_type = 'game'")]
    [Trait("defect", "26")]
    [Trait("defect", "50")]
    public async Task Unsafe_and_meaningless_values_are_refused(string table, string change)
    {
        var database = shared.Database;
        var teacher = await database.PersonAsync("teacher", "teacher");
        await AddPathWithStepsAsync(database, teacher, "lesson");

        await database.AssertRefusedAsync(teacher, ActingAs.Raw($"update {table} set {change}"), PostgresErrorCodes.CheckViolation);
    }

    internal static Task<Guid> AddPathAsync(TestDatabase database, Caller teacher) => database.ScalarAsync<Guid>(
        teacher, $"insert into learning_paths (title, difficulty_level) values ('A path', 'beginner') returning id");

    internal static async Task<(Guid Path, List<Guid> Steps)> AddPathWithStepsAsync(TestDatabase database, Caller teacher, params string[] types)
    {
        var path = await AddPathAsync(database, teacher);
        var steps = new List<Guid>();
        foreach (var type in types)
        {
            steps.Add(await database.ScalarAsync<Guid>(
                teacher,
                $"""
                insert into learning_path_steps (path_id, order_num, title, step_type)
                values ({path}, {steps.Count + 1}, 'A step', {type}) returning id
                """));
        }

        return (path, steps);
    }

    internal static Task<Guid> EnrolAsync(TestDatabase database, Caller learner, Guid path) => database.ScalarAsync<Guid>(
        learner, $"insert into learning_path_enrollments (path_id, user_id) values ({path}, {learner.UserId}) returning id");
}
