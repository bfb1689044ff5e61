using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career;

/// <summary>POST /functions/v1/ai-skill-recommendations with Evolv's own guidance.</summary>
public sealed class AiSkillRecommendationsTests(EvolvCluster cluster)
{
    const string Function = "ai-skill-recommendations";

    [Fact]
    public async Task A_named_role_is_known_and_what_is_missing_comes_in_phases_with_the_paths_that_teach_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            "insert into learning_paths (title, difficulty_level, duration_hours, skills_covered) values ('Python at Last', 'beginner', 20, '{Python}')");

        var answer = await ada.Http.CallAsync(Function, new { target_role = "data scientist", current_skills = new[] { "SQL", "Statistics" }, hours_per_week = 10 });

        Assert.Equal((200, "15-2051", "0.950"), (answer.Status, answer.At("learning_roadmap", "occupation", "code"), answer.At("confidence_score")));
        var skills = answer.Data.GetProperty("recommendations").EnumerateArray().ToDictionary(skill => skill.GetProperty("slug").GetString()!);
        Assert.DoesNotContain("sql", skills.Keys);
        Assert.Equal("Python at Last", skills["python"].GetProperty("learning_paths")[0].GetProperty("title").GetString());
        Assert.Equal(("high", 5.0), (skills["python"].GetProperty("priority").GetString(), skills["python"].GetProperty("importance").GetDouble()));
        var phases = answer.Data.GetProperty("learning_roadmap").GetProperty("phases").EnumerateArray().ToArray();
        Assert.Equal(skills.Count, phases.Sum(phase => phase.GetProperty("skills").GetArrayLength()));
        Assert.Equal(
            skills.Values.Sum(skill => skill.GetProperty("estimated_hours").GetInt32()), phases.Sum(phase => phase.GetProperty("estimated_hours").GetInt32()));
        Assert.Equal(
            $"data scientist|builtin|{answer.At("recommendation_id")}",
            await server.Database.ScalarAsync<string>("select concat_ws('|', target_role, ai_provider, id) from skill_recommendations"));
    }

    [Fact]
    public async Task Without_a_role_it_is_the_occupation_that_fits_best_and_it_is_less_sure()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var open = await ada.Http.CallAsync(Function, new { current_skills = new[] { "Plumbing", "Welding" } });
        var vague = await ada.Http.CallAsync(Function, new { target_role = "something with animals" });
        var code = await ada.Http.CallAsync(Function, new { target_role = "29-1141" });

        Assert.Equal(("Plumber", "47-2152"), (open.At("target_role"), open.At("learning_roadmap", "occupation", "code")));
        Assert.InRange(double.Parse(open.At("confidence_score"), null), 0.05, 0.9);
        Assert.InRange(double.Parse(vague.At("confidence_score"), null), 0.05, 0.9);
        Assert.Equal("Registered Nurse", code.At("learning_roadmap", "occupation", "title"));
        Assert.Equal("True", (await ada.Http.CallAsync(Function, new { current_skills = new[] { "welding", "PLUMBING" } })).At("cached"));
    }

    [Theory]
    [InlineData(null, null, null, "target_role or current_skills must say something to go by")]
    [InlineData("  ", null, null, "target_role or current_skills must say something to go by")]
    [InlineData("nurse", 0, null, "hours_per_week must be an integer from 1 to 80")]
    [InlineData("nurse", null, "x", "current_skills must be a list of at most 100 texts of at most 100 characters")]
    public async Task A_wrong_question_is_told_what_and_where(string? role, int? hours, string? skills, string error)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await ada.Http.CallAsync(Function, new { target_role = role, hours_per_week = hours, current_skills = skills });

        Assert.Equal((400, "invalid_field", error), (answer.Status, answer.Code, answer.Error));
    }
}
