using System.Collections.Immutable;
using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers;
using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Career.Guidance;

/// <summary>Everything about an assessment that a provider may know.</summary>
/// <param name="Depth">quick, standard or comprehensive.</param>
/// <param name="Matches">The best occupations, ranked by the matcher; a provider chooses among them.</param>
sealed record AssessmentBrief(
    OccupationCatalog Catalog, PersonalProfile Profile, ImmutableArray<PersonalSkill> Skills, string Depth, ImmutableArray<CareerMatch> Matches,
    PathHints Paths)
{
    internal const int Shown = 5;
}

/// <summary>ai-career-assessment.</summary>
/// <param name="profile">What the person says.</param>
/// <param name="depth">quick, standard or comprehensive.</param>
/// <param name="includesSalaries">Whether the answer tells salaries.</param>
sealed class AssessmentQuestion(PersonalProfile profile, string depth, bool includesSalaries) : GuidanceQuestion<AssessmentBrief, AssessmentWords>
{
    internal static readonly string[] Depths = ["quick", "standard", "comprehensive"];

    const int Candidates = 12;

    internal override string Purpose => "career_assessment";

    internal override Identifier Table => new("career_assessments");

    internal override Identifier AnswerFunction => new("assessment_answer");

    protected override object Canonical => new { Profile = CanonicalProfile.Of(profile), depth, includesSalaries };

    internal override AssessmentBrief Prepare(OccupationCatalog catalog, GuidanceContext context)
    {
        if (context.Skills.IsEmpty && profile is { Interests: [], CurrentSkills: [], Major: null, CareerGoals: null })
            throw FunctionError.Field("user_profile", "needs an interest, a skill, a major or a goal, or skills in your profile, to go by");
        var matches = CareerMatcher.Rank(catalog, profile, context.Skills);
        return new(catalog, profile, context.Skills, depth, [.. matches.Take(Candidates)], PathHints.None);
    }

    internal override IEnumerable<Skill> SkillsToLearn(AssessmentBrief brief)
        => brief.Matches.SelectMany(match => match.Gaps.Take(AssessmentAnswer.ShownSkills)).Select(gap => gap.Skill);

    internal override AssessmentBrief WithPaths(AssessmentBrief brief, PathHints paths) => brief with { Paths = paths };

    internal override Task<Provided<AssessmentWords>> AskAsync(
        IGuidanceProvider provider, AssessmentBrief brief, GuidanceCall call, CancellationToken cancellationToken)
        => provider.AssessAsync(brief, call, cancellationToken);

    internal override (Sql Columns, Sql Values) Row(AssessmentBrief brief, AssessmentWords words)
    {
        var matches = brief.Matches.ToDictionary(match => match.Occupation.Code, StringComparer.Ordinal);
        var paths = words.Paths.Select(path => AssessmentAnswer.Path(brief, matches[path.Code], path.Reason, includesSalaries));
        return (
            $"user_profile, analysis_depth, career_paths, strengths, areas_for_improvement, recommended_next_steps, market_insights",
            $"""
            {AsJson(CanonicalProfile.Stored(profile))}, {depth}, {AsJson(paths)}, {words.Strengths.ToArray()}, {words.AreasForImprovement.ToArray()},
            {AsJson(words.NextSteps.Take(depth switch { "quick" => 3, "standard" => 5, _ => 8 }).Select(step => AssessmentAnswer.Step(brief, step)))}, {AsJson(AssessmentAnswer.Market(brief, words))}
            """);
    }
}
