using System.Collections.Immutable;
using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers;
using Evolv.Platform.Data;

namespace Evolv.Features.Career.Guidance;

/// <summary>Everything about a draft that a provider may know.</summary>
/// <param name="Level">beginner, intermediate, advanced or expert.</param>
/// <param name="SkillsToLearn">What the goal names or asks for, in the order of their weight; may be empty.</param>
sealed record DraftBrief(
    OccupationCatalog Catalog, ImmutableArray<PersonalSkill> Skills, string Goal, string Level, Occupation? Occupation,
    ImmutableArray<Skill> SkillsToLearn, PathHints Paths);

/// <summary>ai-learning-path.</summary>
/// <param name="goal">What the person wants to reach.</param>
/// <param name="level">beginner, intermediate, advanced or expert.</param>
sealed class DraftQuestion(string goal, string level) : GuidanceQuestion<DraftBrief, DraftWords>
{
    internal static readonly string[] Levels = ["beginner", "intermediate", "advanced", "expert"];

    const int MostSkills = 5;
    const double Plausible = 0.15; // Below this score the goal says nothing that occupations know.

    internal override string Purpose => "learning_path";

    internal override Identifier Table => new("ai_generated_paths");

    internal override Identifier AnswerFunction => new("generated_path_answer");

    protected override object Canonical => new { Goal = Words.Phrase(goal), level };

    internal override DraftBrief Prepare(OccupationCatalog catalog, GuidanceContext context)
    {
        var named = catalog.Index.FindSkills(goal);
        var best = CareerMatcher.Rank(catalog, new PersonalProfile(null, null, [], null, [], goal), context.Skills)[0];
        var occupation = best.Score >= Plausible ? best.Occupation : null;
        var skills = named.Length > 0 || occupation is null ? named : [.. best.Gaps.Select(gap => gap.Skill)];
        return new(catalog, context.Skills, goal, level, occupation, [.. skills.Take(MostSkills)], PathHints.None);
    }

    internal override IEnumerable<Skill> SkillsToLearn(DraftBrief brief) => brief.SkillsToLearn;

    internal override DraftBrief WithPaths(DraftBrief brief, PathHints paths) => brief with { Paths = paths };

    internal override Task<Provided<DraftWords>> AskAsync(
        IGuidanceProvider provider, DraftBrief brief, GuidanceCall call, CancellationToken cancellationToken)
        => provider.DraftAsync(brief, call, cancellationToken);

    internal override (Sql Columns, Sql Values) Row(DraftBrief brief, DraftWords words) => (
        $"goal, current_level, path_data",
        $"""
        {goal}, {level}, {AsJson(new
        {
            words.Title,
            words.Description,
            DifficultyLevel = level,
            DurationHours = (int)Math.Ceiling(words.Steps.Sum(step => (double)step.EstimatedMinutes) / 60),
            SkillsCovered = words.Steps.Select(step => step.Skill).OfType<string>().Distinct().Select(slug => brief.Catalog.Skills[slug].Name),
            Steps = words.Steps.Select(step => new
            {
                step.Title,
                step.Description,
                step.StepType,
                step.EstimatedMinutes,
                Skill = step.Skill is null ? null : brief.Catalog.Skills[step.Skill].Name,
                LinkedPathId = step.PathId,
                LinkedPathTitle = step.PathId is null ? null : brief.Paths.All.First(path => path.Id == step.PathId).Title,
            }),
        })}
        """);
}
