using System.Collections.Immutable;
using System.Text.Json;
using Evolv.Features.Career.Guidance;

namespace Evolv.Features.Career.Providers.Grok;

/// <summary>
/// Reads what a model wrote. It promised a schema; this trusts nothing: what is not in the brief is refused, lists and texts are bounded, and
/// texts are made plain.
/// </summary>
static class GrokWords
{
    const int LongText = 600;
    const int ShortText = 200;

    /// <summary>The JSON object in a model's text, also when it stands in a fence or among words.</summary>
    /// <exception cref="GrokFailure">There is none.</exception>
    internal static JsonElement Parse(string text)
    {
        var (start, end) = (text.IndexOf('{', StringComparison.Ordinal), text.LastIndexOf('}'));
        if (start < 0 || end <= start)
            throw Bad("there is no object in it");
        try
        {
            using var json = JsonDocument.Parse(text.AsMemory(start, end - start + 1), new JsonDocumentOptions { MaxDepth = 16 });
            return json.RootElement.Clone();
        }
        catch (JsonException)
        {
            throw Bad("it is not valid JSON");
        }
    }

    internal static AssessmentWords Read(JsonElement json, AssessmentBrief brief)
    {
        var codes = brief.Matches.Select(match => match.Occupation.Code).ToHashSet();
        var paths = List(json, "career_paths", AssessmentBrief.Shown, AssessmentBrief.Shown)
            .Select(path => Explained(OneOf(path, "code", codes), OptionalText(path, "reason", LongText))).ToImmutableArray();
        if (paths.DistinctBy(path => path.Code).Count() < paths.Length)
            throw Bad("career_paths names an occupation twice");
        var slugs = brief.Matches.SelectMany(match => match.Met.Concat(match.Gaps)).Select(required => required.Skill.Slug).ToHashSet();
        return new(
            paths, Texts(json, "strengths", 1, 6, ShortText), Texts(json, "areas_for_improvement", 1, 6, ShortText),
            [
                .. List(json, "next_steps", 1, 8).Select(step => new NextStep(
                    OneOf(step, "priority", ["high", "medium", "low"]), Text(step, "action", LongText), OneOf(step, "timeframe", [.. GrokPrompt.Timeframes]),
                    OneOfOrNull(step, "skill", slugs), PathId(step, brief.Paths))),
            ],
            OptionalText(json, "market_summary", LongText), Texts(json, "emerging_tech", 0, 5, ShortText));

        // A reason of nothing but figures is replaced, not the whole answer.
        ExplainedOccupation Explained(string code, string? reason)
            => new(code, reason ?? BuiltInProvider.Reason(brief.Matches.First(match => match.Occupation.Code == code)));
    }

    internal static SkillWords Read(JsonElement json, SkillBrief brief)
    {
        var slugs = brief.Gaps.Select(gap => gap.Skill.Slug).ToHashSet();
        var skills = List(json, "skills", Math.Min(1, slugs.Count), slugs.Count)
            .Select(skill => new ExplainedSkill(OneOf(skill, "skill", slugs), Text(skill, "reason", LongText))).ToImmutableArray();
        return skills.DistinctBy(skill => skill.Slug).Count() < skills.Length
            ? throw Bad("skills names one twice")
            : new(skills, Text(json, "summary", LongText));
    }

    internal static DraftWords Read(JsonElement json, DraftBrief brief)
    {
        var slugs = brief.SkillsToLearn.Select(skill => skill.Slug).ToHashSet();
        return new(
            Text(json, "title", ShortText), Text(json, "description", 2000),
            [
                .. List(json, "steps", 1, 20).Select(step => new DraftStep(
                    OptionalText(step, "title", ShortText) ?? "Next step", OptionalText(step, "description", 2000) ?? "", OneOf(step, "step_type", ["lesson", "reading"]),
                    Minutes(step), OneOfOrNull(step, "skill", slugs), PathId(step, brief.Paths))),
            ]);
    }

    static int Minutes(JsonElement step)
        => Property(step, "estimated_minutes") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var minutes) && minutes is >= 1 and <= 6000
            ? minutes
            : throw Bad("estimated_minutes is no number of minutes");

    static Guid? PathId(JsonElement from, PathHints paths)
        => OneOfOrNull(from, "path_id", [.. paths.All.Select(path => path.Id.ToString())]) is { } id ? Guid.Parse(id) : null;

    static JsonElement[] List(JsonElement from, string name, int least, int most)
        => Property(from, name) is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() >= least && list.GetArrayLength() <= most
            ? [.. list.EnumerateArray()]
            : throw Bad($"{name} is no list of {least} to {most}");

    // A text of which nothing is left, because all of it was figures or markup, is left out of a list.
    static ImmutableArray<string> Texts(JsonElement from, string name, int least, int most, int longest)
        => [.. List(from, name, least, most).Select(item => Plain(item, name, longest)).Where(text => text.Length > 0)];

    static string Text(JsonElement from, string name, int longest)
        => OptionalText(from, name, longest) ?? throw Bad($"{name} says nothing that can be shown");

    static string? OptionalText(JsonElement from, string name, int longest)
        => Plain(Property(from, name) ?? throw Bad($"{name} is missing"), name, longest) is { Length: > 0 } text ? text : null;

    static string Plain(JsonElement value, string name, int longest)
        => value.ValueKind == JsonValueKind.String ? PlainText.FromModel(Said(value, name), longest) : throw Bad($"{name} is no text");

    static string Said(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Bad($"{name} is no valid Unicode");
        }
    }

    static string OneOf(JsonElement from, string name, HashSet<string> allowed)
        => OneOfOrNull(from, name, allowed) ?? throw Bad($"{name} is none of those to choose from");

    static string? OneOfOrNull(JsonElement from, string name, HashSet<string> allowed) => Property(from, name) switch
    {
        null or { ValueKind: JsonValueKind.Null } => null,
        { ValueKind: JsonValueKind.String } value when allowed.TryGetValue(Said(value, name), out var known) => known,
        _ => throw Bad($"{name} is none of those to choose from"),
    };

    static JsonElement? Property(JsonElement from, string name)
    {
        try
        {
            return from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) ? value : null;
        }
        catch (InvalidOperationException)
        {
            throw Bad("a name is no valid Unicode");
        }
    }

    static GrokFailure Bad(string why) => new(GrokFailure.BadAnswer, $"the answer does not fit: {why}") { IsAboutTheQuestion = true };
}
