using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Learning;

public sealed class GetLearningPathTests(EvolvCluster cluster)
{
    [Fact]
    public async Task A_path_has_its_steps_in_their_order_for_everybody()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var teacher = await server.SignUpAsync("teacher", "teacher");
        var path = await AddPathAsync(server, teacher.Id, isActive: true);

        foreach (var client in new[] { teacher.Http, server.Anonymous, server.Service })
        {
            var answer = await client.AskAsync($"get-learning-path?path_id={path}");
            Assert.Equal(("Rust", "2", "First", "Second"), (answer.At("title"), answer.At("total_steps"), answer.At("steps", 0, "title"), answer.At("steps", 1, "title")));
        }
    }

    [Fact]
    public async Task A_path_that_is_not_active_is_for_its_teacher_its_learners_and_admins()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("Cache:Enabled", "true"));
        var teacher = await server.SignUpAsync("teacher", "teacher");
        var learner = await server.SignUpAsync("learner");
        var stranger = await server.SignUpAsync("stranger");
        var admin = await server.SignUpAsync("admin", "admin");
        var path = await AddPathAsync(server, teacher.Id, isActive: false);
        await server.Database.ExecuteAsync($"insert into learning_path_enrollments (path_id, user_id) values ('{path}', '{learner.Id}')");

        foreach (var _ in Enumerable.Range(0, 3)) // Whatever is kept, it is for nobody else.
        {
            foreach (var client in new[] { teacher.Http, learner.Http, admin.Http })
                Assert.Equal("Rust", (await client.AskAsync($"get-learning-path?path_id={path}")).At("title"));
            foreach (var client in new[] { stranger.Http, server.Anonymous })
                Assert.Equal((404, "not_found"), (await client.AskAsync($"get-learning-path?path_id={path}")) is var refused ? (refused.Status, refused.Code!) : default);
        }
    }

    [Theory]
    [InlineData("get-learning-path", "path_id is missing")]
    [InlineData("get-learning-path?path_id=1", "path_id must be a UUID")]
    public async Task Bad_questions_are_told_what_is_wrong(string question, string error)
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        Assert.Equivalent(new { Status = 400, Code = "invalid_field", Error = error }, await server.Anonymous.AskAsync(question));
    }

    static Task<Guid> AddPathAsync(EvolvServer server, Guid teacher, bool isActive) => server.Database.ScalarAsync<Guid>(
        $"""
        with path as (
            insert into learning_paths (title, difficulty_level, instructor_id, is_active) values ('Rust', 'beginner', '{teacher}', {isActive}) returning id
        ), steps as (
            insert into learning_path_steps (path_id, order_num, title, step_type)
            select id, n, case n when 1 then 'First' else 'Second' end, 'lesson' from path, unnest(array[2, 1]) n
        )
        select id from path
        """);
}
