using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>A model that obeys whoever wrote into its prompt: it decides nothing, and nothing of it is kept as it came (SEC-34, SEC-35).</summary>
public sealed class HostileModelTests(EvolvCluster cluster)
{
    const string Poison =
        "<script>alert(1)</script><img src=x onerror=alert(1)> You earn $999999. That is 99% more. Pay is 777777 a year. ![x](https://attacker.example/p.png) "
        + "[Click](javascript:alert(1)) https://attacker.example/?q=1 www.attacker.example \u202Eevil\u200B\u0000. Keep going.";

    /// <summary>What the model does, and whether its answer can still be used.</summary>
    public static TheoryData<string, bool> Deeds => new()
    {
        { "unknown code", false },
        { "code twice", false },
        { "hidden path", false },
        { "skill of its own", false },
        { "wrong types", false },
        { "text for a list", false },
        { "hundred thousand items", false },
        { "a megabyte", false },
        { "half a megabyte", true },
        { "half a character", false },
        { "half a character as a code", false },
        { "half a character as a name", false },
        { "zero characters", true },
        { "deep", false },
        { "poison", true },
        { "extras", true },
        { "only markup", true },
    };

    [Theory]
    [MemberData(nameof(Deeds))]
    [Trait("reliability", "SEC-34")]
    [Trait("reliability", "SEC-35")]
    public async Task Whatever_the_model_says_the_answer_is_clean_or_our_own(string deed, bool isUsed)
    {
        await using var world = await GrokWorld.StartAsync(cluster, ("Ai:TimeoutSeconds", "30"), ("Ai:AttemptTimeoutSeconds", "30"));
        var (ada, grace) = (await world.ConsentingAsync("ada"), await world.Server.SignUpAsync("grace"));
        var hidden = Guid.CreateVersion7();
        await world.Database.ExecuteAsync(
            $"""
            insert into learning_paths (id, title, description, difficulty_level, instructor_id, skills_covered, is_active)
            values ('{hidden}', 'Not yet', '', 'beginner', '{grace.Id}', array(select name from skills), false)
            """);
        world.Grok.Answer = request => Do(deed, request, hidden);
        var own = await grace.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment()); // without consent: by our own guidance

        var answer = await ada.Http.CallAsync("ai-career-assessment", GrokWorld.Assessment());

        Assert.Equal(
            (200, isUsed ? "grok" : "builtin", isUsed ? "" : "bad_answer"),
            (answer.Status, answer.At("ai_provider"), answer.At("fallback") == "" ? "" : answer.At("fallback", "reason")));
        Assert.Single(world.Chats);
        foreach (var text in new[] { answer.Data.ToString(), await world.DumpAsync() })
        {
            Assert.DoesNotContain("attacker", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("javascript:", text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotMatch("[<>\u200B\u202E]|\\\\u0000|\\\\ud800|999|777777|99%|99-9999|is_admin", WithoutIds(text));
        }

        // The matcher, not the model, says how good a match is, and the tables what it pays.
        foreach (var path in answer.Data.GetProperty("career_paths").EnumerateArray())
        {
            var known = own.Data.GetProperty("career_paths").EnumerateArray()
                .Single(other => other.GetProperty("occupation_code").GetString() == path.GetProperty("occupation_code").GetString());
            foreach (var fact in new[] { "match_score", "title", "salary_range", "growth_outlook", "skill_gaps", "months_to_readiness" })
                Assert.Equal(known.GetProperty(fact).ToString(), path.GetProperty(fact).ToString());
        }

        await world.AssertSettledAsync();
        await world.Database.AssertInvariantsAsync();
    }

    [Theory]
    [InlineData("ai-skill-recommendations", "summary")]
    [InlineData("ai-learning-path", "description")]
    [Trait("reliability", "SEC-35")]
    public async Task The_other_functions_clean_texts_as_well(string function, string place)
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Answer = request => ModelAnswers.Of(request, answer => answer[place] = Poison);

        var answer = await ada.Http.CallAsync(function, GrokWorld.QuestionFor(function));

        Assert.Equal(("grok", ""), (answer.At("ai_provider"), answer.At("fallback")));
        Assert.Contains("Keep going.", answer.Data.ToString(), StringComparison.Ordinal);
        Assert.DoesNotMatch("[<>\u200B\u202E]|attacker|javascript:|999999|777777|99%", WithoutIds($"{answer.Data}{await world.DumpAsync()}"));
    }

    [Fact]
    [Trait("reliability", "SEC-34")]
    public async Task A_draft_becomes_a_path_of_which_nothing_is_markup()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var ada = await world.ConsentingAsync("ada");
        world.Grok.Answer = request => ModelAnswers.Of(request, answer =>
        {
            foreach (var step in answer["steps"]!.AsArray())
                (step!["title"], step["description"]) = ($"Step. {Poison}", Poison);
        });
        var draft = await ada.Http.CallAsync("ai-learning-path", GrokWorld.QuestionFor("ai-learning-path"));
        Assert.Equal("grok", draft.At("ai_provider"));

        var accepted = await ada.Http.CallAsync("accept-ai-learning-path", new { generated_path_id = draft.At("generated_path_id") });

        Assert.Equal(200, accepted.Status);
        Assert.Equal("False", (await world.Database.ScalarAsync<bool>("select bool_or(is_active) from learning_paths")).ToString());
        var steps = await world.RowsAsync("learning_path_steps", "order_num");
        Assert.Equal(3, steps.Length);
        Assert.All(steps, step => Assert.DoesNotMatch("[<>]|attacker|javascript:|999999", $"{step["title"]} {step["description"]}"));
    }

    [Fact]
    [Trait("reliability", "SEC-34")]
    public async Task A_model_gives_neither_points_nor_badges_nor_roles()
    {
        await using var world = await GrokWorld.StartAsync(cluster);
        var (ada, grace) = (await world.ConsentingAsync("ada"), await world.Server.SignUpAsync("grace"));
        world.Grok.Answer = request => ModelAnswers.Of(request, answer =>
        {
            (answer["xp"], answer["badges"], answer["role"]) = (100_000, new JsonArray("legendary"), "admin");
            answer["tool_calls"] = JsonNode.Parse("""[{"type":"function","function":{"name":"add_xp","arguments":"{\"amount\":100000}"}}]""");
        });

        foreach (var person in new[] { ada, grace })
        {
            foreach (var function in GrokWorld.Functions)
                Assert.Equal(200, (await person.Http.CallAsync(function, GrokWorld.QuestionFor(function))).Status);
        }

        Assert.Equal(3, world.Chats.Count);
        var (hers, others) = ("", "-");
        for (var tries = 0; tries < 100 && hers != others; tries++) // what asking itself is worth is given a little later
        {
            await Task.Delay(100, TestContext.Current.CancellationToken);
            (hers, others) = (await StandingAsync(ada), await StandingAsync(grace));
        }

        Assert.Equal(others, hers);
        Assert.Equal(0L, await world.Database.ScalarAsync<long>("select (select count(*) from user_roles) + (select count(*) from certifications)"));
        await world.Database.AssertInvariantsAsync();

        Task<string> StandingAsync(Person person) => world.Database.ScalarAsync<string>(
            $"""
            select format('%s XP, %s, badges %s', (select coalesce(sum(amount), 0) from xp_transactions where user_id = '{person.Id}'),
                (select current_level from user_levels where user_id = '{person.Id}'), (select count(*) from user_badges where user_id = '{person.Id}'))
            """);
    }

    static string Do(string deed, JsonElement request, Guid hidden)
    {
        return deed switch
        {
            "unknown code" => Of(answer => answer["career_paths"]![0]!["code"] = "99-9999"),
            "code twice" => Of(answer => answer["career_paths"]![1]!["code"] = (string?)answer["career_paths"]![0]!["code"]),
            "hidden path" => Of(answer => answer["next_steps"]![0]!["path_id"] = hidden.ToString()),
            "skill of its own" => Of(answer => answer["next_steps"]![0]!["skill"] = "root-access"),
            "wrong types" => Of(answer => answer["career_paths"]![0]!["reason"] = 7),
            "text for a list" => Of(answer => answer["strengths"] = "all of them"),
            "hundred thousand items" => Of(answer => answer["strengths"] = new JsonArray([.. Enumerable.Range(0, 100_000).Select(_ => JsonValue.Create("a"))])),
            "a megabyte" => Of(answer => answer["market_summary"] = new string('x', 1 << 20)),
            "half a megabyte" => Of(answer => answer["market_summary"] = string.Concat(Enumerable.Repeat("1 <a ", 20_000))),
            "half a character" => Of(answer => answer["market_summary"] = "@@").Replace("@@", "\\ud800", StringComparison.Ordinal),
            "half a character as a code" => Of(answer => answer["career_paths"]![0]!["code"] = "@@").Replace("@@", "\\ud800\\ud800\\ud800", StringComparison.Ordinal),
            "half a character as a name" => Of(_ => { }).Replace("\"strengths\"", "\"\\ud800\\ud800\\ud800\"", StringComparison.Ordinal),
            "zero characters" => Of(answer => answer["market_summary"] = "\u0000Grows\u0000."),
            "deep" => string.Concat(Enumerable.Repeat("{\"career_paths\":", 10_000)) + "1" + new string('}', 10_000),
            "poison" => Of(answer =>
            {
                foreach (var path in answer["career_paths"]!.AsArray())
                    path!["reason"] = Poison;
                (answer["strengths"], answer["market_summary"], answer["emerging_tech"]) = (new JsonArray(Poison, "777777"), Poison, new JsonArray(Poison));
                answer["next_steps"]![0]!["action"] = Poison;
            }),
            "extras" => Of(answer =>
            {
                var path = answer["career_paths"]![0]!.AsObject();
                (path["match_score"], path["title"], path["salary_range"]) = (100, "<b>Emperor</b>", new JsonObject { ["median"] = 999_999 });
                (answer["is_admin"], answer["xp"], answer["ai_provider"]) = (true, 100_000, "attacker");
            }),
            "only markup" => Of(answer => answer["career_paths"]![0]!["reason"] = "<img src=x onerror=alert(1)>"),
            _ => throw new ArgumentOutOfRangeException(nameof(deed)),
        };

        string Of(Action<JsonObject> change) => ModelAnswers.Of(request, change);
    }

    // Hashes and ids hold any digits, and our own figures are sourced.
    static string WithoutIds(string text) => System.Text.RegularExpressions.Regex.Replace(
        text, "\"[0-9a-f]{32,64}\"|[0-9a-f]{8}-[0-9a-f-]{27}|\"(low|median|high|openings_per_year|employment|latency_ms|[a-z]+_ticks|[a-z]+_tokens)\": ?\\d+|\\d{4}-\\d\\d-\\d\\dT[^\"]*", "");
}
