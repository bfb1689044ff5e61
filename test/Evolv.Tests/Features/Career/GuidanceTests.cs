using Evolv.Platform.Data;
using Evolv.Tests.Support;
using Npgsql;

namespace Evolv.Tests.Features.Career;

public sealed class GuidanceTests(EvolvCluster cluster, SharedDatabase shared) : IClassFixture<SharedDatabase>
{
    const string Assessment = "insert into career_assessments (user_id, user_profile, analysis_depth, career_paths, ai_provider, ai_model_version)";

    [Fact]
    [Trait("defect", "16")]
    [Trait("defect", "46")]
    [Trait("probe", "8")]
    public async Task Only_the_person_reads_what_the_guidance_said()
    {
        await using var database = await cluster.CreateDatabaseAsync();
        var (ada, grace) = (await database.PersonAsync("ada"), await database.PersonAsync("grace", "admin", "teacher"));
        await database.ExecuteAsync(ada, ActingAs.Raw($"{Assessment} values ('{ada.UserId}', '{"{}"}', 'quick', '[]', 'grok', 'grok-4')"));
        await database.ExecuteAsync(ada, $"insert into skill_recommendations (current_skills, recommendations) values ('[]', '[]')");
        await database.ExecuteAsync(ada, $"insert into ai_generated_paths (goal, current_level, path_data) values ('Fly', 'expert', '{{}}')");

        foreach (var table in new[] { "career_assessments", "skill_recommendations", "ai_generated_paths" })
        {
            Assert.Single(await database.ColumnAsync<Guid>(ada, ActingAs.Raw($"select id from {table}")));
            Assert.Equal([], await database.ColumnAsync<Guid>(grace, ActingAs.Raw($"select id from {table}")));
            await database.AssertRefusedAsync(Caller.Anonymous, ActingAs.Raw($"select from {table}"));
            Assert.Equal(0, await database.ExecuteAsync(grace, ActingAs.Raw($"delete from {table}")));
        }

        await database.AssertRefusedAsync(grace, ActingAs.Raw($"{Assessment} values ('{ada.UserId}', '{"{}"}', 'quick', '[]', 'x', 'x')"));
    }

    [Theory]
    [InlineData("'[]', 'quick', '[]'")]
    [InlineData("'{}', 'deep', '[]'")]
    [InlineData("'{}', 'quick', '{}'")]
    [InlineData("'{}', 'quick', '\"not an array\"'")]
    [Trait("defect", "46")]
    [Trait("defect", "50")]
    public async Task An_answer_of_another_shape_is_not_stored(string values)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");

        await database.AssertRefusedAsync(
            ada, ActingAs.Raw($"insert into career_assessments (user_profile, analysis_depth, career_paths) values ({values})"),
            PostgresErrorCodes.CheckViolation);
    }

    [Theory]
    [InlineData("' ', 'expert'")]
    [InlineData("repeat('x', 1001), 'expert'")]
    [InlineData("'Fly', 'genius'")]
    [Trait("defect", "50")]
    public async Task A_goal_says_something_and_a_level_is_one_of_four(string values)
    {
        var database = shared.Database;
        var ada = await database.PersonAsync("ada");

        await database.AssertRefusedAsync(
            ada, ActingAs.Raw($"insert into ai_generated_paths (goal, current_level, path_data) values ({values}, '{"{}"}')"),
            PostgresErrorCodes.CheckViolation);
    }
}
