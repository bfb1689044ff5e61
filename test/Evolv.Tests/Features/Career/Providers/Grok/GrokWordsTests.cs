using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Features.Career.Guidance;
using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers.Grok;
using Evolv.Tests.Features.Career.Occupations;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>A model that does not keep to its schema (SEC-35).</summary>
public sealed class GrokWordsTests(ShippedCatalog shipped) : IClassFixture<ShippedCatalog>
{
    readonly AssessmentBrief _assessment = new AssessmentQuestion(new PersonalProfile(null, null, ["statistics"], null, ["SQL"], null), "standard", true)
        .Prepare(shipped.Catalog, new GuidanceContext(1, true, []));

    readonly SkillBrief _skills = new SkillQuestion(["SQL"], "Data Scientist", 8).Prepare(shipped.Catalog, new GuidanceContext(1, true, []));

    readonly DraftBrief _draft = new DraftQuestion("Learn SQL and Python", "beginner").Prepare(shipped.Catalog, new GuidanceContext(1, true, []));

    [Theory]
    [InlineData("career_paths", "[]")]
    [InlineData("career_paths", "null")]
    [InlineData("career_paths", "{}")]
    [InlineData("career_paths", "\"all\"")]
    [InlineData("career_paths/0", "7")]
    [InlineData("career_paths/0", "null")]
    [InlineData("career_paths/0", "[]")]
    [InlineData("career_paths/0/code", "\"99-9999\"")]
    [InlineData("career_paths/0/code", "15.1252")]
    [InlineData("career_paths/0/code", "null")]
    [InlineData("career_paths/0/code", "\"\\ud800\"")]
    [InlineData("career_paths/0/code", "\"\\ud800\\ud800\\ud800\"")]
    [InlineData("career_paths/0/code", "\"\"")]
    [InlineData("career_paths/0/reason", "7")]
    [InlineData("career_paths/0/reason", "null")]
    [InlineData("career_paths/0/reason", "\"\\udc00\"")]
    [InlineData("career_paths/0/reason", "[\"a\"]")]
    [InlineData("strengths", "[7]")]
    [InlineData("strengths", "[]")]
    [InlineData("strengths", "[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]")]
    [InlineData("strengths", "[\"\\ud800\"]")]
    [InlineData("next_steps", "[{}]")]
    [InlineData("next_steps/0/priority", "\"urgent\"")]
    [InlineData("next_steps/0/priority", "[]")]
    [InlineData("next_steps/0/timeframe", "\"<script>\"")]
    [InlineData("next_steps/0/skill", "\"root-access\"")]
    [InlineData("next_steps/0/skill", "\"\\ud800\"")]
    [InlineData("next_steps/0/path_id", "\"00000000-0000-4000-8000-000000000001\"")]
    [InlineData("next_steps/0/path_id", "1")]
    [InlineData("market_summary", "null")]
    [InlineData("market_summary", "{\"$ref\":\"#\"}")]
    [InlineData("emerging_tech", "{}")]
    public void An_assessment_that_does_not_fit_is_refused(string place, string value)
        => AssertRefused(() => GrokWords.Read(GrokWords.Parse(With(GrokPrompt.Of(_assessment), place, value)), _assessment));

    [Theory]
    [InlineData("skills", "[]")]
    [InlineData("skills", "7")]
    [InlineData("skills/0/skill", "\"not-a-skill\"")]
    [InlineData("skills/0/skill", "\"SQL\"")]
    [InlineData("skills/0/skill", "null")]
    [InlineData("skills/0/reason", "{}")]
    [InlineData("summary", "\"\"")]
    [InlineData("summary", "\"\\ud83d\"")]
    public void Recommendations_that_do_not_fit_are_refused(string place, string value)
        => AssertRefused(() => GrokWords.Read(GrokWords.Parse(With(GrokPrompt.Of(_skills), place, value)), _skills));

    [Theory]
    [InlineData("title", "\"\"")]
    [InlineData("title", "7")]
    [InlineData("steps", "[]")]
    [InlineData("steps/0/step_type", "\"quiz\"")]
    [InlineData("steps/0/step_type", "\"\\udfff\"")]
    [InlineData("steps/0/estimated_minutes", "-1")]
    [InlineData("steps/0/estimated_minutes", "0")]
    [InlineData("steps/0/estimated_minutes", "6001")]
    [InlineData("steps/0/estimated_minutes", "1e99")]
    [InlineData("steps/0/estimated_minutes", "90.5")]
    [InlineData("steps/0/estimated_minutes", "\"90\"")]
    [InlineData("steps/0/path_id", "\"00000000-0000-4000-8000-000000000001\"")]
    [InlineData("steps/0/skill", "\"juggling\"")]
    public void A_draft_that_does_not_fit_is_refused(string place, string value)
        => AssertRefused(() => GrokWords.Read(GrokWords.Parse(With(GrokPrompt.Of(_draft), place, value)), _draft));

    [Theory]
    [InlineData("You earn $999,999")]
    [InlineData("<b></b>")]
    [InlineData("\0\0")]
    [InlineData("")]
    public void A_reason_of_which_nothing_can_be_shown_is_replaced_by_what_the_matcher_knows(string reason)
    {
        var json = JsonSerializer.Serialize(reason);

        var words = GrokWords.Read(GrokWords.Parse(With(GrokPrompt.Of(_assessment), "career_paths/0/reason", json)), _assessment);
        var draft = GrokWords.Read(GrokWords.Parse(With(GrokPrompt.Of(_draft), "steps/0/title", json)), _draft);

        Assert.Matches("^(You already bring|Your interests and goals fit) ?", words.Paths[0].Reason);
        Assert.Equal("Next step", draft.Steps[0].Title);
    }

    [Fact]
    public void The_same_occupation_or_skill_twice_is_refused()
    {
        AssertRefused(() => GrokWords.Read(GrokWords.Parse(With(GrokPrompt.Of(_assessment), "career_paths/1/code", $"\"{_assessment.Matches[0].Occupation.Code}\"")), _assessment));
        var slug = _skills.Gaps[0].Skill.Slug;
        AssertRefused(() => GrokWords.Read(
            GrokWords.Parse(With(GrokPrompt.Of(_skills), "skills", $$"""[{"skill":"{{slug}}","reason":"a"},{"skill":"{{slug}}","reason":"b"}]""")), _skills));
    }

    [Theory]
    [InlineData("career_paths")]
    [InlineData("strengths")]
    [InlineData("next_steps")]
    [InlineData("emerging_tech")]
    public void A_hundred_thousand_items_are_refused(string list)
        => AssertRefused(() => GrokWords.Read(
            GrokWords.Parse(With(GrokPrompt.Of(_assessment), list, $"[{string.Join(',', Enumerable.Repeat("{}", 100_000))}]")), _assessment));

    [Theory]
    [InlineData("")]
    [InlineData("Lorem ipsum")]
    [InlineData("[]")]
    [InlineData("}{")]
    [InlineData("{")]
    [InlineData("{\"a\":1")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":\"\u0001\"}")]
    public void What_is_no_object_is_refused(string text) => AssertRefused(() => GrokWords.Parse(text));

    [Theory]
    [InlineData(17)]
    [InlineData(100_000)]
    public void Objects_in_objects_in_objects_are_refused(int depth)
        => AssertRefused(() => GrokWords.Parse(string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth)));

    [Fact]
    public void Names_that_are_no_Unicode_are_refused_or_ignored()
    {
        var text = With(GrokPrompt.Of(_assessment), "strengths", "[\"a\"]");
        AssertRefused(() => GrokWords.Read(GrokWords.Parse(text.Replace("\"strengths\"", "\"\\ud800\"", StringComparison.Ordinal)), _assessment));
        try
        {
            Assert.Equal(["a"], GrokWords.Read(GrokWords.Parse($"{text[..^1]},\"\\ud800\":1}}"), _assessment).Strengths);
        }
        catch (GrokFailure failure)
        {
            Assert.Equal(GrokFailure.BadAnswer, failure.Reason);
        }
    }

    [Fact]
    public void What_nobody_asked_for_is_left_out_and_texts_are_plain_and_bounded()
    {
        var answer = JsonNode.Parse(SchemaSample.Of(JsonSerializer.SerializeToElement(GrokPrompt.Of(_assessment).Schema)))!.AsObject();
        answer["career_paths"]![0]!["match_score"] = 100;
        answer["career_paths"]![0]!["salary_range"] = new JsonObject { ["median"] = 999_999 };
        answer["career_paths"]![0]!["reason"] = $"<b>Well</b> done. It pays $999999 a year. See https://attacker.example. {new string('x', 900_000)}";
        answer["strengths"] = new JsonArray("You earn 999999", "Patience\u0000\u202E");
        answer["is_admin"] = true;

        var words = GrokWords.Read(GrokWords.Parse(answer.ToJsonString()), _assessment);

        Assert.StartsWith("Well done. See ", words.Paths[0].Reason, StringComparison.Ordinal);
        Assert.Equal(600, words.Paths[0].Reason.Length);
        Assert.Equal(["Patience"], words.Strengths);
        Assert.All(words.NextSteps, step => Assert.Null(step.PathId));
    }

    static void AssertRefused(Func<object> read)
        => Assert.Equal(GrokFailure.BadAnswer, Assert.Throws<GrokFailure>(() => _ = read()).Reason);

    // An answer that fits, but for one place where the raw JSON stands.
    static string With(GrokPrompt prompt, string place, string value)
    {
        var answer = JsonNode.Parse(SchemaSample.Of(JsonSerializer.SerializeToElement(prompt.Schema)))!;
        var names = place.Split('/');
        var parent = names[..^1].Aggregate(answer, (node, name) => int.TryParse(name, out var index) ? node[index]! : node[name]!);
        if (int.TryParse(names[^1], out var last))
            parent[last] = "@@";
        else
            parent[names[^1]] = "@@";
        return answer.ToJsonString().Replace("\"@@\"", value, StringComparison.Ordinal);
    }
}
