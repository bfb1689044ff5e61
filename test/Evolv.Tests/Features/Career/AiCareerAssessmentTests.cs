using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career;

/// <summary>POST /functions/v1/ai-career-assessment with Evolv's own guidance.</summary>
public sealed class AiCareerAssessmentTests(EvolvCluster cluster)
{
    const string Function = "ai-career-assessment";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    // The seed's request.
    static object Nurse(string depth = "standard", bool salaries = true) => new
    {
        user_profile = new
        {
            education_level = "bachelor",
            major = "nursing",
            interests = new[] { "helping patients", "medicine" },
            experience_years = 3,
            current_skills = new[] { "First Aid and Emergency Care", "Pharmacology" },
            career_goals = "Care for seriously ill people in a hospital.",
        },
        analysis_depth = depth,
        include_salary_insights = salaries,
    };

    [Fact]
    [Trait("defect", "46")]
    public async Task The_seeds_request_gives_the_seeds_answer_with_sourced_figures_and_is_stored()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await ada.Http.CallAsync(Function, Nurse());

        Assert.Equal(200, answer.Status);
        Assert.Equal(
            [
                "ai_model_version", "ai_provider", "analysis_depth", "areas_for_improvement", "assessment_id", "cached", "career_paths", "fallback", "generated_at",
                "market_insights", "recommended_next_steps", "strengths",
            ],
            answer.Data.EnumerateObject().Select(field => field.Name).Order());
        var paths = answer.Data.GetProperty("career_paths");
        Assert.Equal(5, paths.GetArrayLength());
        Assert.Equal(("29-1141", "Registered Nurse"), (answer.At("career_paths", 0, "occupation_code"), answer.At("career_paths", 0, "title")));
        Assert.All(paths.EnumerateArray(), path =>
        {
            Assert.InRange(path.GetProperty("match_score").GetInt32(), 0, 100);
            Assert.NotEqual(0, path.GetProperty("required_skills").GetArrayLength());
            Assert.NotEqual("", path.GetProperty("time_to_readiness").GetString());
            Assert.Equal(2024, path.GetProperty("salary_range").GetProperty("source").GetProperty("year").GetInt32());
            Assert.Equal("https://www.bls.gov/emp/tables/occupational-projections-and-characteristics.htm", path.GetProperty("growth_outlook").GetProperty("source").GetProperty("url").GetString());
        });
        Assert.Equal(("66030", "93600", "135320", "USD", "US"), (
            answer.At("career_paths", 0, "salary_range", "low"), answer.At("career_paths", 0, "salary_range", "median"),
            answer.At("career_paths", 0, "salary_range", "high"), answer.At("career_paths", 0, "salary_range", "currency"), answer.At("career_paths", 0, "salary_range", "region")));
        Assert.Equal(("builtin", "builtin-1", "", "False"), (answer.At("ai_provider"), answer.At("ai_model_version"), answer.At("fallback"), answer.At("cached")));
        Assert.Equal(
            $"{answer.At("assessment_id")} {ada.Id} standard builtin nursing",
            await server.Database.ScalarAsync<string>(
                "select concat_ws(' ', id, user_id, analysis_depth, ai_provider, user_profile ->> 'major') from career_assessments"));
    }

    [Fact]
    [Trait("defect", "46")]
    public async Task Depth_and_salaries_are_what_was_asked_for()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var quick = await ada.Http.CallAsync(Function, Nurse("quick", salaries: false));
        var deep = await ada.Http.CallAsync(Function, Nurse("comprehensive"));

        Assert.All(quick.Data.GetProperty("career_paths").EnumerateArray(), path => Assert.Equal(JsonValueKind.Null, path.GetProperty("salary_range").ValueKind));
        Assert.InRange(quick.Data.GetProperty("recommended_next_steps").GetArrayLength(), 1, 3);
        Assert.Equal(("[]", "[]"), (quick.At("market_insights", "growing_occupations"), quick.At("market_insights", "alternatives")));
        Assert.Equal(5, deep.Data.GetProperty("market_insights").GetProperty("alternatives").GetArrayLength());
        Assert.Equal(3, deep.Data.GetProperty("market_insights").GetProperty("growing_occupations").GetArrayLength());
        Assert.NotEqual(quick.At("assessment_id"), deep.At("assessment_id"));
    }

    [Fact]
    [Trait("defect", "25")]
    public async Task What_is_not_said_is_not_needed()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answer = await ada.Http.CallAsync(Function, new { user_profile = new { major = "", interests = (string[]?)null, career_goals = "Repair cars" } });

        Assert.Equal((200, "Auto Mechanic"), (answer.Status, answer.At("career_paths", 0, "title")));
    }

    [Fact]
    public async Task Verified_skills_of_the_profile_count_and_paths_of_the_platform_are_the_next_steps()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        await server.Database.ExecuteAsync(
            $"""
            insert into user_skills (user_id, skill_id, verified, verified_level, verified_at)
            select '{ada.Id}', id, true, 'expert', now() from skills where slug in ('welding', 'blueprint-reading');
            insert into learning_paths (id, title, difficulty_level, duration_hours, skills_covered)
            values ('11111111-1111-4111-8111-111111111111', 'Metal for Beginners', 'beginner', 16, array['materials science', 'Working with Animals']);
            insert into learning_paths (title, difficulty_level, skills_covered, is_active) values ('Hidden', 'beginner', array['Materials Science'], false);
            """);

        var answer = await ada.Http.CallAsync(Function, new { user_profile = new { interests = new[] { "metal" } } });

        Assert.Equal("Welder", answer.At("career_paths", 0, "title"));
        Assert.Equal("""["Welding","Blueprint Reading"]""", answer.At("career_paths", 0, "verified_skills").Replace(", ", ",", StringComparison.Ordinal));
        var paths = answer.Data.GetProperty("career_paths")[0].GetProperty("learning_paths").EnumerateArray().Select(path => path.GetProperty("title").GetString());
        Assert.Equal(["Metal for Beginners"], paths);
        Assert.Contains(answer.Data.GetProperty("recommended_next_steps").EnumerateArray(), step =>
            step.GetProperty("path_id").GetString() == "11111111-1111-4111-8111-111111111111" && step.GetProperty("path_title").GetString() == "Metal for Beginners");
        Assert.StartsWith("Welding, verified", answer.Data.GetProperty("strengths").EnumerateArray().First(text => text.GetString()!.StartsWith("Welding", StringComparison.Ordinal)).GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_question_within_a_day_is_answered_by_the_same_assessment()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var grace = await server.SignUpAsync("grace");
        static object Question(params string[] interests) => new { user_profile = new { interests, education_level = "High School" } };

        var first = await ada.Http.CallAsync(Function, Question("cars", "engines"));
        var again = await ada.Http.CallAsync(Function, Question(" Engines", "cars", "CARS"));
        var hers = await grace.Http.CallAsync(Function, Question("cars", "engines"));
        var other = await ada.Http.CallAsync(Function, Question("cars", "planes"));

        Assert.Equal((first.At("assessment_id"), "True"), (again.At("assessment_id"), again.At("cached")));
        Assert.Equal(first.At("career_paths"), again.At("career_paths"));
        Assert.All([hers, other], answer => Assert.Equal("False", answer.At("cached")));
        Assert.Equal(3L, await server.Database.ScalarAsync<long>("select count(*) from career_assessments"));

        // What is known of her has changed; a day has gone; she has erased it.
        await server.Database.ExecuteAsync($"insert into user_skills (user_id, skill_id) select '{ada.Id}', id from skills where slug = 'vehicle-repair'");
        var wiser = await ada.Http.CallAsync(Function, Question("cars", "engines"));
        Assert.Equal(("False", "True"), (wiser.At("cached"), (await ada.Http.CallAsync(Function, Question("cars", "engines"))).At("cached")));
        await server.Database.ExecuteAsync("update career_assessments set created_at = created_at - interval '24 hours'");
        Assert.Equal("False", (await ada.Http.CallAsync(Function, Question("cars", "engines"))).At("cached"));
        using var erased = await ada.Http.DeleteAsync("/rest/v1/career_assessments?id=not.is.null", Token);
        Assert.Equal(HttpStatusCode.NoContent, erased.StatusCode);
        Assert.Equal("False", (await ada.Http.CallAsync(Function, Question("cars", "engines"))).At("cached"));
    }

    [Fact]
    public async Task Twenty_of_the_same_question_at_once_are_one_assessment()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ada.Http.CallAsync(Function, Nurse())));

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Single(answers.Select(answer => answer.At("assessment_id")).Distinct());
        Assert.Equal(1L, await server.Database.ScalarAsync<long>("select count(*) from career_assessments"));
    }

    [Fact]
    public async Task The_owner_reads_and_erases_their_history_and_a_stranger_sees_none_of_it()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var grace = await server.SignUpAsync("grace", "admin", "teacher");
        var answer = await ada.Http.CallAsync(Function, Nurse());
        var one = $"/rest/v1/career_assessments?id=eq.{answer.At("assessment_id")}";

        Assert.Equal("[]", await grace.Http.GetStringAsync(one, Token));
        using (await grace.Http.DeleteAsync(one, Token))
        using (var anonymous = await server.Anonymous.GetAsync(one, Token))
            Assert.Equal(HttpStatusCode.Unauthorized, anonymous.StatusCode);
        var mine = await ada.Http.GetFromJsonAsync<JsonElement>($"{one}&select=analysis_depth,career_paths", Token);
        Assert.Equal(5, mine[0].GetProperty("career_paths").GetArrayLength());
        using (await ada.Http.DeleteAsync(one, Token))
            Assert.Equal("[]", await ada.Http.GetStringAsync("/rest/v1/career_assessments", Token));
    }

    [Fact]
    public async Task Who_wants_events_hears_how_far_it_is_and_then_the_answer()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        var events = await EventsAsync(ada, Nurse());
        var again = await EventsAsync(ada, Nurse());
        var nothing = await EventsAsync(ada, new { user_profile = new { } });

        Assert.Equal(["progress", "progress", "progress", "result"], events.Select(one => one.Name));
        Assert.Equal(["reading", "matching", "storing"], events[..3].Select(one => one.Data.GetProperty("stage").GetString()));
        Assert.Equal("29-1141", events[3].Data.GetProperty("data").GetProperty("career_paths")[0].GetProperty("occupation_code").GetString());
        Assert.True(again[^1].Data.GetProperty("data").GetProperty("cached").GetBoolean());
        Assert.Equal(("error", "invalid_field"), (nothing[^1].Name, nothing[^1].Data.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task Without_a_person_there_is_no_career()
    {
        await using var server = await EvolvServer.StartAsync(cluster);

        foreach (var client in new[] { server.Keyless, server.Anonymous, server.Service })
        {
            var answer = await client.CallAsync(Function, Nurse());
            Assert.Equal((401, "unauthorized"), (answer.Status, answer.Code));
        }
    }

    [Theory]
    [InlineData("""[]""", "The body must be a JSON object.")]
    [InlineData("""{}""", "user_profile must be a JSON object")]
    [InlineData("""{"user_profile": []}""", "user_profile must be a JSON object")]
    [InlineData("""{"user_profile": {}}""", "user_profile needs an interest, a skill, a major or a goal, or skills in your profile, to go by")]
    [InlineData("""{"user_profile": {"interests": [" ", ""], "career_goals": "  "}}""", "user_profile needs an interest, a skill, a major or a goal, or skills in your profile, to go by")]
    [InlineData("""{"user_profile": {"interests": "cars"}}""", "user_profile.interests must be a list of at most 30 texts of at most 100 characters")]
    [InlineData("""{"user_profile": {"interests": ["cars", 1]}}""", "user_profile.interests must be a list of at most 30 texts of at most 100 characters")]
    [InlineData("""{"user_profile": {"current_skills": {"a": "b"}}}""", "user_profile.current_skills must be a list of at most 100 texts of at most 100 characters")]
    [InlineData("""{"user_profile": {"interests": ["a\u0000b"]}}""", "user_profile.interests must not contain U+0000")]
    [InlineData("""{"user_profile": {"major": "\ud800"}}""", "user_profile.major is not valid Unicode")]
    [InlineData("""{"user_profile": {"major": 7}}""", "user_profile.major must be text of at most 200 characters")]
    [InlineData("""{"user_profile": {"experience_years": -1}}""", "user_profile.experience_years must be a number from 0 to 80")]
    [InlineData("""{"user_profile": {"experience_years": 1e300}}""", "user_profile.experience_years must be a number from 0 to 80")]
    [InlineData("""{"user_profile": {"experience_years": "3"}}""", "user_profile.experience_years must be a number from 0 to 80")]
    [InlineData("""{"user_profile": {"career_goals": "a"}, "analysis_depth": "deep"}""", "analysis_depth must be one of quick, standard, comprehensive")]
    [InlineData("""{"user_profile": {"career_goals": "a"}, "include_salary_insights": "yes"}""", "include_salary_insights must be true or false")]
    [Trait("defect", "25")]
    public async Task A_wrong_question_is_told_what_and_where_and_stores_nothing(string body, string error)
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");

        using var answer = await ada.Http.PostAsync($"/functions/v1/{Function}", new StringContent(body, null, "application/json"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(error, (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("error").GetString());
        Assert.Equal(0L, await server.Database.ScalarAsync<long>("select count(*) from career_assessments"));
    }

    [Fact]
    [Trait("defect", "25")]
    public async Task Five_questions_a_minute_and_no_more_whichever_function_and_other_functions_are_counted_apart()
    {
        await using var server = await EvolvServer.StartAsync(cluster, ("RateLimits:Enabled", "true"));
        var ada = await server.SignUpAsync("ada");
        var grace = await server.SignUpAsync("grace");

        var answers = new List<FunctionAnswer>();
        for (var i = 0; i < 5; i++)
            answers.Add(await ada.Http.CallAsync(i % 2 == 0 ? Function : "ai-learning-path", new { goal = "Learn SQL", user_profile = new { major = "law" } }));
        var refused = await ada.Http.CallAsync("ai-skill-recommendations", new { target_role = "Lawyer" });
        using var raw = await ada.Http.PostAsJsonAsync($"/functions/v1/{Function}", Nurse(), Token);

        Assert.All(answers, answer => Assert.Equal(200, answer.Status));
        Assert.Equal((429, "rate_limited"), (refused.Status, refused.Code));
        Assert.InRange(int.Parse(raw.Headers.GetValues("Retry-After").Single(), null), 1, 60);
        Assert.Equal(200, (await ada.Http.AskAsync("get-progress")).Status);
        Assert.Equal(200, (await grace.Http.CallAsync(Function, Nurse())).Status);
    }

    static async Task<List<(string Name, JsonElement Data)>> EventsAsync(Person person, object question)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/functions/v1/{Function}") { Content = JsonContent.Create(question) };
        request.Headers.Accept.ParseAdd("text/event-stream");
        using var answer = await person.Http.SendAsync(request, Token);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        var events = new List<(string, JsonElement)>();
        await foreach (var item in System.Net.ServerSentEvents.SseParser.Create(await answer.Content.ReadAsStreamAsync(Token)).EnumerateAsync(Token))
        {
            using var json = JsonDocument.Parse(item.Data);
            events.Add((item.EventType, json.RootElement.Clone()));
        }

        return events;
    }
}
