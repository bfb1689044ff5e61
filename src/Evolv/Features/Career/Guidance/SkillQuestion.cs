using System.Collections.Immutable;
using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers;
using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Career.Guidance;

/// <summary>Everything about a recommendation of skills that a provider may know.</summary>
/// <param name="TargetRole">As the person wrote it; null when they leave it open.</param>
/// <param name="Match">The occupation that it is, or the one that fits the person best.</param>
/// <param name="Confidence">That it is the right occupation, from 0 to 1.</param>
/// <param name="Gaps">What is missing for it, the weightiest first; a provider orders them.</param>
sealed record SkillBrief(
    OccupationCatalog Catalog, ImmutableArray<PersonalSkill> Skills, ImmutableArray<string> CurrentSkills, string? TargetRole, CareerMatch Match,
    double Confidence, ImmutableArray<RequiredSkill> Gaps, PathHints Paths);

/// <summary>ai-skill-recommendations.</summary>
/// <param name="currentSkills">What the person says they can, beside the skills of their profile.</param>
/// <param name="targetRole">What they want to be; null for what fits best.</param>
/// <param name="hoursPerWeek">How much they learn.</param>
sealed class SkillQuestion(ImmutableArray<string> currentSkills, string? targetRole, int hoursPerWeek) : GuidanceQuestion<SkillBrief, SkillWords>
{
    const int MostGaps = 10;

    internal override string Purpose => "skill_recommendations";

    internal override Identifier Table => new("skill_recommendations");

    internal override Identifier AnswerFunction => new("recommendation_answer");

    protected override object Canonical => new
    {
        CurrentSkills = CanonicalProfile.List(currentSkills),
        TargetRole = Words.Phrase(targetRole ?? ""),
        hoursPerWeek,
    };

    internal override SkillBrief Prepare(OccupationCatalog catalog, GuidanceContext context)
    {
        if (context.Skills.IsEmpty && currentSkills.IsEmpty && targetRole is null)
            throw FunctionError.Field("target_role", "or current_skills must say something to go by");
        var profile = new PersonalProfile(null, null, [], null, currentSkills, targetRole);
        var ranked = CareerMatcher.Rank(catalog, profile, context.Skills);
        var phrase = Words.Phrase(targetRole ?? "");
        var named = ranked.FirstOrDefault(match => match.Occupation.Code == targetRole || catalog.Index.Of(match.Occupation).Titles.Contains(phrase));
        var match = named ?? ranked[0];
        // Named is known. Otherwise it is as sure as it is good, and as it is ahead of the next.
        var confidence = named is not null ? 0.95 : Math.Clamp(match.Score + 2 * (match.Score - (ranked.ElementAtOrDefault(1)?.Score ?? 0)), 0.05, 0.9);
        return new(catalog, context.Skills, currentSkills, targetRole, match, Math.Round(confidence, 3), [.. match.Gaps.Take(MostGaps)], PathHints.None);
    }

    internal override IEnumerable<Skill> SkillsToLearn(SkillBrief brief) => brief.Gaps.Select(gap => gap.Skill);

    internal override SkillBrief WithPaths(SkillBrief brief, PathHints paths) => brief with { Paths = paths };

    internal override Task<Provided<SkillWords>> AskAsync(
        IGuidanceProvider provider, SkillBrief brief, GuidanceCall call, CancellationToken cancellationToken)
        => provider.RecommendAsync(brief, call, cancellationToken);

    internal override (Sql Columns, Sql Values) Row(SkillBrief brief, SkillWords words)
    {
        var gaps = brief.Gaps.ToDictionary(gap => gap.Skill.Slug, StringComparer.Ordinal);
        var skills = words.Skills.Select(skill => (Gap: gaps[skill.Slug], skill.Reason)).ToArray();
        return (
            $"current_skills, target_role, recommendations, learning_roadmap, confidence_score",
            $"""
            {AsJson(currentSkills)}, {targetRole ?? brief.Match.Occupation.Title}, {AsJson(skills.Select(skill => Recommendation(brief, skill.Gap, skill.Reason)))},
            {AsJson(Roadmap(brief, words.Summary, [.. skills.Select(skill => skill.Gap)]))}, {(decimal)brief.Confidence}
            """);
    }

    static object Recommendation(SkillBrief brief, RequiredSkill gap, string reason) => new
    {
        Skill = gap.Skill.Name,
        gap.Skill.Slug,
        Priority = BuiltInProvider.Priority(gap),
        gap.Importance,
        Reason = reason,
        EstimatedHours = Readiness.Hours(gap),
        LearningPaths = brief.Paths.For(gap.Skill),
    };

    // Phases of about two months each, in the given order.
    object Roadmap(SkillBrief brief, string summary, IReadOnlyList<RequiredSkill> gaps)
    {
        var hoursPerPhase = hoursPerWeek * 52 / 6.0;
        var hours = 0.0;
        var placed = gaps.Select(gap => (Gap: gap, Phase: 1 + (int)(((hours += Readiness.Hours(gap)) - 1) / hoursPerPhase))).ToArray();
        return new
        {
            Occupation = new { brief.Match.Occupation.Code, brief.Match.Occupation.Title },
            Summary = summary,
            HoursPerWeek = hoursPerWeek,
            EstimatedWeeks = (int)Math.Ceiling(hours / hoursPerWeek),
            Phases = placed.GroupBy(skill => skill.Phase).Select((phase, index) => new
            {
                Phase = index + 1,
                EstimatedHours = phase.Sum(skill => Readiness.Hours(skill.Gap)),
                Skills = phase.Select(skill => skill.Gap.Skill.Name),
                LearningPaths = phase.SelectMany(skill => brief.Paths.For(skill.Gap.Skill).Take(1)).DistinctBy(path => path.Id),
            }),
        };
    }
}
