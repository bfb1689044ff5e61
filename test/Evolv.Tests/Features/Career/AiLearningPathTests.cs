using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career;

/// <summary>POST /functions/v1/ai-learning-path and accept-ai-learning-path.</summary>
public sealed class AiLearningPathTests(EvolvCluster cluster)
{
    const string Draft = "ai-learning-path";
    const string Accept = "accept-ai-learning-path";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_goal_becomes_a_draft_with_steps_that_lead_into_paths_of_the_platform()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            "insert into learning_paths (title, difficulty_level, duration_hours, skills_covered) values ('Pages', 'beginner', 16, '{HTML and CSS,JavaScript}')");

        var answer = await ada.Http.CallAsync(Draft, new { goal = "Build a shop with HTML, JavaScript and SQL", current_level = "intermediate" });

        Assert.Equal(("Build a shop with HTML, JavaScript and SQL", "intermediate", ""), (answer.At("path_data", "title"), answer.At("current_level"), answer.At("linked_path_id")));
        var steps = answer.Data.GetProperty("path_data").GetProperty("steps").EnumerateArray().ToArray();
        Assert.Single(steps, step => step.GetProperty("linked_path_title").GetString() == "Pages"); // once, though it teaches two of the skills
        Assert.Contains(steps, step => step.GetProperty("skill").GetString() == "SQL");
        Assert.All(steps, step => Assert.Contains(step.GetProperty("step_type").GetString(), new[] { "lesson", "reading" }));
        Assert.Equal("True", (await ada.Http.CallAsync(Draft, new { goal = "build a shop with html, javascript and sql!", current_level = "intermediate" })).At("cached"));
    }

    [Theory]
    [InlineData("Become a nurse", "Nursing")]
    [InlineData("qwertz uiop", null)]
    [InlineData("🎪", null)]
    public async Task An_occupation_is_a_goal_as_well_and_what_nobody_knows_has_a_draft_too(string goal, string? skill)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await ada.Http.CallAsync(Draft, new { goal });

        Assert.True(answer.Data.GetProperty("path_data").GetProperty("steps").GetArrayLength() >= 3);
        if (skill is null)
            Assert.Equal("[]", answer.At("path_data", "skills_covered"));
        else
            Assert.Contains(answer.Data.GetProperty("path_data").GetProperty("skills_covered").EnumerateArray(), covered => covered.GetString() == skill);
    }

    [Fact]
    public async Task One_call_makes_a_draft_a_path_that_only_its_owner_sees_and_can_complete()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var grace = await server.SignUpAsync("grace", "teacher");
        await server.Database.ExecuteAsync("insert into learning_paths (title, difficulty_level, skills_covered) values ('SQL for All', 'beginner', '{SQL}')");
        var draft = await ada.Http.CallAsync(Draft, new { goal = "Understand SQL and Statistics" });

        var accepted = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => ada.Http.CallAsync(Accept, new { generated_path_id = draft.At("generated_path_id") })));

        Assert.All(accepted, answer => Assert.Equal(200, answer.Status));
        var path = Assert.Single(accepted.Select(answer => answer.At("path_id")).Distinct());
        Assert.Single(accepted, answer => answer.At("is_new") == "True");
        var mine = await ada.Http.GetFromJsonAsync<JsonElement>(
            $"/rest/v1/learning_paths?id=eq.{path}&select=title,is_active,instructor_id,total_steps,skills_covered,learning_path_steps(id,step_type,linked_path)", Token);
        Assert.Equal((1, false, ada.Id), (mine.GetArrayLength(), mine[0].GetProperty("is_active").GetBoolean(), mine[0].GetProperty("instructor_id").GetGuid()));
        Assert.Equal("[]", await grace.Http.GetStringAsync($"/rest/v1/learning_paths?id=eq.{path}", Token));
        var steps = mine[0].GetProperty("learning_path_steps").EnumerateArray().ToArray();
        Assert.Single(steps, step => step.GetProperty("linked_path").ValueKind != JsonValueKind.Null);
        await server.Database.ExecuteAsync("delete from learning_paths where title = 'SQL for All'");
        Assert.Equal(0L, await server.Database.ScalarAsync<long>("select count(*) from learning_path_steps where linked_path is not null"));

        var enrollment = await server.Database.ScalarAsync<Guid>($"select id from learning_path_enrollments where path_id = '{path}'");
        foreach (var step in steps)
        {
            using var done = await ada.Http.PostAsJsonAsync(
                "/rest/v1/learning_path_step_progress", new { enrollment_id = enrollment, step_id = step.GetProperty("id").GetGuid(), status = "completed" }, Token);
            Assert.True(done.IsSuccessStatusCode, await done.Content.ReadAsStringAsync(Token));
        }

        Assert.Equal(100m, await server.Database.ScalarAsync<decimal>($"select completion_percentage from learning_path_enrollments where id = '{enrollment}'"));
        Assert.Equal(path, (await ada.Http.CallAsync(Draft, new { goal = "Understand SQL and Statistics" })).At("linked_path_id"));
    }

    [Fact]
    public async Task A_path_of_ones_own_is_not_shown_to_all_unless_one_teaches_and_brings_no_reward()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var grace = await server.SignUpAsync("grace", "teacher");

        foreach (var person in new[] { ada, grace })
        {
            var draft = await person.Http.CallAsync(Draft, new { goal = "Juggle" });
            await person.Http.CallAsync(Accept, new { generated_path_id = draft.At("generated_path_id") });
        }

        await server.Database.AssertRefusedAsync(Caller.User(ada.Id), $"update learning_paths set is_active = true where instructor_id = {ada.Id}");
        Assert.Equal(1, await server.Database.ExecuteAsync(Caller.User(ada.Id), $"update learning_paths set title = 'Juggling' where instructor_id = {ada.Id}"));
        Assert.Equal(1, await server.Database.ExecuteAsync(Caller.User(grace.Id), $"update learning_paths set is_active = true where instructor_id = {grace.Id}"));
        Assert.Equal(0, await server.Database.ExecuteAsync(Caller.User(ada.Id), $"delete from learning_paths where instructor_id = {ada.Id}")); // she is on it
    }

    [Fact]
    public async Task Paths_of_ones_own_go_with_the_account_and_those_that_others_are_on_stay()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada", "teacher");
        var grace = await server.SignUpAsync("grace");
        var draft = await ada.Http.CallAsync(Draft, new { goal = "My secret plan" });
        await ada.Http.CallAsync(Accept, new { generated_path_id = draft.At("generated_path_id") });
        await server.Database.ExecuteAsync(
            $"""
            insert into learning_paths (title, difficulty_level, instructor_id) values ('For all', 'beginner', '{ada.Id}');
            insert into learning_path_enrollments (user_id, path_id) select '{grace.Id}', id from learning_paths where title = 'For all';
            update learning_paths set is_active = false where title = 'For all';
            """);

        await server.Database.ExecuteAsync($"delete from auth.users where id = '{ada.Id}'");

        Assert.Equal("For all", await server.Database.ScalarAsync<string>("select string_agg(title, ', ') from learning_paths"));
    }

    [Fact]
    public async Task A_hundred_paths_of_ones_own_wait_to_be_completed_at_most()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            $"insert into learning_paths (title, difficulty_level, instructor_id, is_active) select 'Own', 'beginner', '{ada.Id}', false from generate_series(1, 100)");
        var draft = await ada.Http.CallAsync(Draft, new { goal = "One more" });

        var refused = await ada.Http.CallAsync(Accept, new { generated_path_id = draft.At("generated_path_id") });
        await server.Database.ExecuteAsync("delete from learning_paths where id = (select min(id::text)::uuid from learning_paths)");
        var accepted = await ada.Http.CallAsync(Accept, new { generated_path_id = draft.At("generated_path_id") });

        Assert.Equal((409, "too_many_paths"), (refused.Status, refused.Code));
        Assert.Equal((200, "True"), (accepted.Status, accepted.At("is_new")));
    }

    [Fact]
    public async Task A_path_of_absurd_length_is_a_step_like_others()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync("insert into learning_paths (title, difficulty_level, duration_hours, skills_covered) values ('Long', 'expert', 10000, '{SQL}')");

        var answer = await ada.Http.CallAsync(Draft, new { goal = "Learn SQL" });

        Assert.Equal((200, "504"), (answer.Status, answer.At("path_data", "duration_hours")));
    }

    [Fact]
    public async Task A_draft_is_accepted_by_nobody_else_and_only_if_it_can_be_used()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var grace = await server.SignUpAsync("grace", "admin", "teacher");
        var draft = await ada.Http.CallAsync(Draft, new { goal = "Juggle" });
        await server.Database.ExecuteAsync(
            $$"""
            insert into ai_generated_paths (id, user_id, goal, current_level, path_data)
            values
                ('22222222-2222-4222-8222-222222222222', '{{ada.Id}}', 'Nothing', 'beginner', '{"steps": "many"}'),
                ('33333333-3333-4333-8333-333333333333', '{{ada.Id}}', 'Odd', 'expert', '{"title": " ", "skills_covered": 7, "steps": [{}, {"title": "A", "estimated_minutes": "1e9", "step_type": "exam", "linked_path_id": "x"}, 5]}');
            """);

        async Task<FunctionAnswer> AcceptAsync(HttpClient client, object id) => await client.CallAsync(Accept, new { generated_path_id = id });
        var stranger = await AcceptAsync(grace.Http, draft.At("generated_path_id"));
        var service = await AcceptAsync(server.Service, draft.At("generated_path_id"));
        var missing = await AcceptAsync(ada.Http, Guid.NewGuid());
        var wrong = await AcceptAsync(ada.Http, "first");
        var empty = await AcceptAsync(ada.Http, "22222222-2222-4222-8222-222222222222");
        var odd = await AcceptAsync(ada.Http, "33333333-3333-4333-8333-333333333333");

        Assert.Equal((404, "draft_not_found"), (stranger.Status, stranger.Code));
        Assert.Equal((401, "unauthorized"), (service.Status, service.Code));
        Assert.Equal((404, "draft_not_found"), (missing.Status, missing.Code));
        Assert.Equal((400, "generated_path_id must be a UUID"), (wrong.Status, wrong.Error));
        Assert.Equal((422, "draft_unusable"), (empty.Status, empty.Code));
        Assert.Equal(200, odd.Status);
        Assert.Equal(
            "Odd: Step 1 lesson 60, A lesson 60, Step 3 lesson 60",
            await server.Database.ScalarAsync<string>(
                """
                select p.title || ': ' || string_agg(concat_ws(' ', s.title, s.step_type, s.estimated_minutes), ', ' order by s.order_num)
                from learning_paths p join learning_path_steps s on s.path_id = p.id group by p.id
                """));
    }

    [Fact]
    public async Task A_draft_is_no_way_onto_a_hidden_path_of_somebody_else()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var hidden = Guid.NewGuid();
        await server.Database.ExecuteAsync($"insert into learning_paths (id, title, difficulty_level, is_active) values ('{hidden}', 'Hidden', 'beginner', false)");

        using var inserted = await ada.Http.PostAsJsonAsync("/rest/v1/ai_generated_paths", new
        {
            goal = "x",
            current_level = "beginner",
            path_data = new { },
            linked_path_id = hidden,
        }, Token);
        Assert.Equal(HttpStatusCode.Forbidden, inserted.StatusCode);
        using var draft = await ada.Http.PostAsJsonAsync("/rest/v1/ai_generated_paths", new
        {
            goal = "x",
            current_level = "beginner",
            path_data = new { steps = new[] { new { title = "In", linked_path_id = hidden } } },
        }, Token);
        Assert.True(draft.IsSuccessStatusCode);
        var id = await server.Database.ScalarAsync<Guid>("select id from ai_generated_paths");
        await ada.Http.CallAsync(Accept, new { generated_path_id = id });

        Assert.Equal(0L, await server.Database.ScalarAsync<long>($"select count(*) from learning_path_steps where linked_path = '{hidden}'"));
        Assert.Equal(0L, await server.Database.ScalarAsync<long>($"select count(*) from learning_path_enrollments where path_id = '{hidden}'"));
    }

    [Theory]
    [InlineData(null, null, "goal must be text of 1 to 1000 characters")]
    [InlineData("   ", null, "goal must be text of 1 to 1000 characters")]
    [InlineData("Juggle", "genius", "current_level must be one of beginner, intermediate, advanced, expert")]
    public async Task A_wrong_question_is_told_what_and_where(string? goal, string? level, string error)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await ada.Http.CallAsync(Draft, new { goal, current_level = level });

        Assert.Equal((400, "invalid_field", error), (answer.Status, answer.Code, answer.Error));
    }
}
