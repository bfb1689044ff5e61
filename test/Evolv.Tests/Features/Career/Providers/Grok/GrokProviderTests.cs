using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Features.Career.Occupations;
using Evolv.Tests.Features.Career.Occupations;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>What people get when the provider answers, and when it does not .</summary>
public sealed class GrokProviderTests(EvolvCluster cluster, ShippedCatalog shipped) : IClassFixture<ShippedCatalog>
{
    static readonly string[] GoodEnough = [nameof(GrokBehaviour.FencedJson), nameof(GrokBehaviour.ProseAroundJson), nameof(GrokBehaviour.NoUsage), nameof(GrokBehaviour.SlowButFine)];

    /// <summary>What goes wrong, the reason that is told, how often the provider is asked, and whether that costs something.</summary>
    public static TheoryData<string, string, int, bool> Misbehaviours => new()
    {
        { nameof(GrokBehaviour.RefusesConnection), "unavailable", 3, false },
        { nameof(GrokBehaviour.Hangs), "timeout", 1, true },
        { nameof(GrokBehaviour.Unauthorized401), "bad_key", 1, false },
        { nameof(GrokBehaviour.BadKey400), "bad_key", 1, false },
        { nameof(GrokBehaviour.RateLimited429), "rate_limited", 3, false },
        { nameof(GrokBehaviour.ServerError500), "unavailable", 3, false },
        { nameof(GrokBehaviour.Unavailable503), "unavailable", 3, false },
        { nameof(GrokBehaviour.Html200), "bad_answer", 1, true },
        { nameof(GrokBehaviour.OneBytePerSecond), "timeout", 1, true },
        { nameof(GrokBehaviour.ModelGone404), "model_gone", 1, false },
        { nameof(GrokBehaviour.TruncatedAtLength), "truncated", 1, true },
        { nameof(GrokBehaviour.WrongSchema), "bad_answer", 1, true },
        { nameof(GrokBehaviour.NotJson), "bad_answer", 1, true },
        { nameof(GrokBehaviour.EmptyAnswer), "bad_answer", 1, true },
        { nameof(GrokBehaviour.TenMegabytes), "bad_answer", 1, true },
        { nameof(GrokBehaviour.EndlessStream), "bad_answer", 1, true },
        { nameof(GrokBehaviour.ErrorMidStream), "unavailable", 1, true },
        { nameof(GrokBehaviour.CutMidStream), "unavailable", 1, true },
        { nameof(GrokBehaviour.ContentFilter), "refused", 1, true },
        { nameof(GrokBehaviour.Refusal), "refused", 1, true },
        { nameof(GrokBehaviour.GarbageSse), "bad_answer", 1, true },
    };

    [Fact]
    public async Task An_assessment_has_the_order_and_the_words_of_the_model_and_the_figures_of_the_tables()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        var written = "";
        world.Grok.Answer = request => written = ModelAnswers.Of(request, answer => answer["career_paths"] = new JsonArray(
            [.. Codes(request).Reverse().Take(5).Select(code => new JsonObject { ["code"] = code, ["reason"] = $"Because of {Letters(code)}." })]));

        var answer = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment());

        var matches = CareerMatcher.Rank(
            shipped.Catalog, new PersonalProfile("bachelor", "Mathematics", ["statistics", "spreadsheets"], 3, ["SQL", "Python"], "Work with data"), []).Take(12).ToArray();
        CareerMatch[] expected = [.. matches.Reverse().Take(5)];
        Assert.Equal((200, "grok", "grok-4.6", "", "False"), (
            answer.Status, answer.At("ai_provider"), answer.At("ai_model_version"), answer.At("fallback"), answer.At("cached")));
        Assert.Equal(expected.Select(match => match.Occupation.Code), Texts(answer, "career_paths", "occupation_code"));
        Assert.Equal(expected.Select(match => $"Because of {Letters(match.Occupation.Code)}."), Texts(answer, "career_paths", "reason"));
        Assert.Equal(
            expected.Select(match => ((int)Math.Round(match.Score * 100, MidpointRounding.AwayFromZero)).ToString(CultureInfo.InvariantCulture)),
            Texts(answer, "career_paths", "match_score"));
        foreach (var (path, occupation) in answer.Data.GetProperty("career_paths").EnumerateArray().Zip(expected.Select(match => match.Occupation)))
        {
            Assert.Equal(occupation.Title, path.GetProperty("title").GetString());
            Assert.Equal(occupation.Salary!.Median, path.GetProperty("salary_range").GetProperty("median").GetInt32());
            Assert.Equal(occupation.Salary.Source.Name, path.GetProperty("salary_range").GetProperty("source").GetProperty("name").GetString());
            Assert.Equal(occupation.Outlook!.ChangePercent, path.GetProperty("growth_outlook").GetProperty("change_percent").GetDouble());
        }

        var said = JsonNode.Parse(written)!;
        Assert.Equal(said["strengths"]!.AsArray().Select(text => (string?)text), Texts(answer, "strengths"));
        Assert.Equal((string?)said["market_summary"], answer.At("market_insights", "summary"));
        Assert.Equal((string?)said["next_steps"]![0]!["action"], answer.At("recommended_next_steps", 0, "action"));

        var row = Assert.Single(await world.RowsAsync("career_assessments"));
        Assert.Equal((answer.At("assessment_id"), "grok", null), ((string?)row["id"], (string?)row["ai_provider"], (string?)row["ai_fallback"]));
        AssertComplete(Assert.Single(await world.CallsAsync()), ada, Assert.Single(world.Chats), written, "career_assessment");
        await world.AssertSettledAsync();
        await world.Database.AssertInvariantsAsync();
    }

    [Fact]
    public async Task Recommendations_have_the_order_and_the_words_of_the_model()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        var written = "";
        world.Grok.Answer = request => written = ModelAnswers.Of(request, answer =>
            answer["skills"] = new JsonArray([.. Choices(request, "skills", "skill").Reverse().Take(3).Select(slug => new JsonObject { ["skill"] = slug, ["reason"] = $"For {slug}." })]));

        var answer = await ada.Http.CallAsync("ai-skill-recommendations", GrokWorld.QuestionFor("ai-skill-recommendations"));

        var slugs = Choices(world.Chats[0].Json, "skills", "skill").Reverse().Take(3).ToArray();
        Assert.Equal((200, "grok", "grok-4.6", ""), (answer.Status, answer.At("ai_provider"), answer.At("ai_model_version"), answer.At("fallback")));
        Assert.Equal(slugs, Texts(answer, "recommendations", "slug"));
        Assert.Equal(slugs.Select(slug => $"For {slug}."), Texts(answer, "recommendations", "reason"));
        Assert.Equal((string?)JsonNode.Parse(written)!["summary"], answer.At("learning_roadmap", "summary"));
        Assert.Single(await world.RowsAsync("skill_recommendations"));
        AssertComplete(Assert.Single(await world.CallsAsync()), ada, Assert.Single(world.Chats), written, "skill_recommendations");
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task A_draft_has_the_steps_of_the_model()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        var written = "";
        world.Grok.Answer = request => written = ModelAnswers.Of(request, answer => answer["steps"]![1]!["estimated_minutes"] = 90);

        var answer = await ada.Http.CallAsync("ai-learning-path", GrokWorld.QuestionFor("ai-learning-path"));

        var said = JsonNode.Parse(written)!;
        Assert.Equal((200, "grok", "grok-4.6", ""), (answer.Status, answer.At("ai_provider"), answer.At("ai_model_version"), answer.At("fallback")));
        Assert.Equal((string?)said["title"], answer.At("path_data", "title"));
        Assert.Equal(said["steps"]!.AsArray().Select(step => (string?)step!["title"]), Texts(answer.Data.GetProperty("path_data"), "steps", "title"));
        Assert.Equal("90", answer.At("path_data", "steps", 1, "estimated_minutes"));
        Assert.Single(await world.RowsAsync("ai_generated_paths"));
        AssertComplete(Assert.Single(await world.CallsAsync()), ada, Assert.Single(world.Chats), written, "learning_path");
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task Who_misses_nothing_is_answered_by_the_model_too()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        var all = shipped.Catalog.ByCode["15-1252"].Skills.Select(required => required.Skill.Name).ToArray();

        var answer = await ada.Http.CallAsync("ai-skill-recommendations", new { target_role = "15-1252", current_skills = all });

        Assert.Equal(("grok", "", "[]"), (answer.At("ai_provider"), answer.At("fallback"), answer.At("recommendations")));
        Assert.DoesNotContain("\"enum\":[]", Assert.Single(world.Chats).Body, StringComparison.Ordinal); // xAI refuses it
    }

    [Theory]
    [InlineData(nameof(GrokBehaviour.FencedJson))]
    [InlineData(nameof(GrokBehaviour.ProseAroundJson))]
    [InlineData(nameof(GrokBehaviour.NoUsage))]
    [InlineData(nameof(GrokBehaviour.SlowButFine))]
    public async Task What_is_good_enough_is_used(string behaviour)
    {
        await using var world = await GrokWorld.StartAsync(cluster, ("Ai:TimeoutSeconds", "30"), ("Ai:AttemptTimeoutSeconds", "30"));
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Behaviour = Enum.Parse<GrokBehaviour>(behaviour);

        var answer = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment());

        Assert.Equal((200, "grok", ""), (answer.Status, answer.At("ai_provider"), answer.At("fallback")));
        Assert.Single(world.Chats);
        var call = Assert.Single(await world.CallsAsync());
        Assert.Equal(("answered", behaviour == nameof(GrokBehaviour.NoUsage)), ((string?)call["state"], (bool)call["cost_is_estimated"]!));
        Assert.True((long)call["cost_ticks"]! > 0);
        await world.AssertSettledAsync();
    }

    [Theory]
    [MemberData(nameof(Misbehaviours))]
    [Trait("reliability", "R-09")]
    [Trait("reliability", "SEC-35")]
    public async Task Whatever_the_provider_does_people_get_an_answer_in_time(string behaviour, string reason, int asked, bool costs)
    {
        await using var world = await GrokWorld.StartAsync(cluster, ("Ai:Models", "grok-4.6"));
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Behaviour = Enum.Parse<GrokBehaviour>(behaviour);
        var watch = Stopwatch.StartNew();

        var answer = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment());

        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 8 + 2);
        Assert.Equal((200, "builtin", reason, "False"), (answer.Status, answer.At("ai_provider"), answer.At("fallback", "reason"), answer.At("cached")));
        if (behaviour != nameof(GrokBehaviour.RefusesConnection)) // which may come after the first request of a connection that was open
            Assert.Equal(asked, world.Chats.Count);
        Assert.NotEmpty(answer.At("fallback", "message"));
        Assert.Equal(5, answer.Data.GetProperty("career_paths").GetArrayLength());
        var row = Assert.Single(await world.AnswersAsync());
        Assert.Equal((answer.At("assessment_id"), "builtin", reason), ((string?)row["id"], (string?)row["ai_provider"], (string?)row["ai_fallback"]));
        Assert.DoesNotContain("Lorem", await world.DumpAsync(), StringComparison.Ordinal); // what the model said of it

        var call = Assert.Single(await world.CallsAsync());
        Assert.Equal(("failed", reason), ((string?)call["state"], (string?)call["error"]));
        Assert.Equal(asked, (int)call["attempts"]!);
        if (costs)
            Assert.InRange((long)call["cost_ticks"]!, 1, (long)call["reserved_ticks"]! * 3);
        else
            Assert.Equal(0, (long)call["cost_ticks"]!);
        await world.AssertSettledAsync();
        await world.Database.AssertInvariantsAsync();
    }

    [Fact]
    public void Every_behaviour_of_the_stand_in_is_tested()
        => Assert.Equal(
            Enum.GetNames<GrokBehaviour>().Order(),
            Misbehaviours.Select(row => row.Data.Item1).Concat(GoodEnough).Append(nameof(GrokBehaviour.Answers)).Order());

    [Theory]
    [InlineData("ai-skill-recommendations")]
    [InlineData("ai-learning-path")]
    public async Task The_other_functions_fall_back_as_well(string function)
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Behaviour = GrokBehaviour.WrongSchema;

        var answer = await ada.Http.CallAsync(function, GrokWorld.QuestionFor(function));

        Assert.Equal((200, "builtin", "bad_answer"), (answer.Status, answer.At("ai_provider"), answer.At("fallback", "reason")));
        Assert.Equal("bad_answer", (string?)Assert.Single(await world.RowsAsync(GrokWorld.TableOf(function)))["ai_fallback"]);
        await world.AssertSettledAsync();
    }

    [Fact]
    public async Task What_had_to_do_is_not_given_again_when_the_provider_is_back()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Enqueue(GrokBehaviour.NotJson);

        var before = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment());
        var after = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment());
        world.Grok.Behaviour = GrokBehaviour.Hangs;
        var again = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment());

        Assert.Equal(("builtin", "grok", "grok"), (before.At("ai_provider"), after.At("ai_provider"), again.At("ai_provider")));
        Assert.Equal(("True", after.At("assessment_id")), (again.At("cached"), again.At("assessment_id"))); // for a day, whatever the provider does
    }

    static void AssertComplete(JsonNode call, Person person, GrokRequest sent, string text, string purpose)
    {
        Assert.Equal(
            (person.Id.ToString(), purpose, "answered", "grok", "grok-4.6", "stop", null),
            ((string?)call["user_id"], (string?)call["purpose"], (string?)call["state"], (string?)call["provider"], (string?)call["model"],
            (string?)call["finish_reason"], (string?)call["error"]));
        var (prompt, cached, completion, reasoning) = (
            (long)call["prompt_tokens"]!, (long)call["cached_tokens"]!, (long)call["completion_tokens"]!, (long)call["reasoning_tokens"]!);
        Assert.Equal((Encoding.UTF8.GetByteCount(sent.Body) + 3) / 4, prompt);
        Assert.Equal((prompt - cached) * 20_000 + cached * 5_000 + (completion + reasoning) * 60_000, (long)call["cost_ticks"]!);
        Assert.Equal((false, 1), ((bool)call["cost_is_estimated"]!, (int)call["attempts"]!));
        Assert.True((long)call["reserved_ticks"]! >= (long)call["cost_ticks"]!);
        Assert.Equal(Sha256(text), (string?)call["answer_sha256"]);
        Assert.Equal(Sha256(sent.Body.Replace("\"model\":\"grok-4.6\"", "\"model\":\"\"", StringComparison.Ordinal)), (string?)call["prompt_sha256"]);
        Assert.NotNull(call["finished_at"]);
        Assert.True((int)call["latency_ms"]! >= 0);
    }

    static IEnumerable<string> Codes(JsonElement request) => Choices(request, "career_paths", "code");

    // What the schema lets the model choose from.
    static IEnumerable<string> Choices(JsonElement request, string list, string property)
        => request.GetProperty("response_format").GetProperty("json_schema").GetProperty("schema").GetProperty("properties").GetProperty(list)
            .GetProperty("items").GetProperty("properties").GetProperty(property).GetProperty("enum").EnumerateArray().Select(value => value.GetString()!);

    // Numbers would be taken for figures.
    static string Letters(string code) => string.Concat(code.Where(char.IsAsciiDigit).Select(digit => (char)('a' + digit - '0')));

    static IEnumerable<string> Texts(FunctionAnswer answer, string list, string? property = null) => Texts(answer.Data, list, property);

    static IEnumerable<string> Texts(JsonElement from, string list, string? property = null)
        => from.GetProperty(list).EnumerateArray().Select(item => (property is null ? item : item.GetProperty(property)).ToString());

    static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
