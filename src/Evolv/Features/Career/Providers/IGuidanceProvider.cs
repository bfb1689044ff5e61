using System.Collections.Immutable;
using Evolv.Features.Career.Guidance;

namespace Evolv.Features.Career.Providers;

/// <summary>
/// Ranks and explains what a brief holds, in words. It adds no facts: occupations, skills and paths are those of the brief, and figures come
/// from the tables.
/// </summary>
interface IGuidanceProvider
{
    /// <summary>As <c>ai_provider</c> says it.</summary>
    string Name { get; }

    Task<Provided<AssessmentWords>> AssessAsync(AssessmentBrief brief, GuidanceCall call, CancellationToken cancellationToken);

    Task<Provided<SkillWords>> RecommendAsync(SkillBrief brief, GuidanceCall call, CancellationToken cancellationToken);

    Task<Provided<DraftWords>> DraftAsync(DraftBrief brief, GuidanceCall call, CancellationToken cancellationToken);
}

/// <param name="ModelVersion">What exactly wrote it, as <c>ai_model_version</c> says it.</param>
/// <param name="Settled">Ends when what it cost is written down; need not be waited for before the answer is stored, but before it is given.</param>
sealed record Provided<TWords>(TWords Words, string ModelVersion, Task Settled);

/// <summary>For whom and for what a provider is asked.</summary>
/// <param name="InputHash">Of the question.</param>
sealed record GuidanceCall(Guid UserId, string Purpose, string InputHash, Action<GuidanceProgress> Progress);

/// <param name="Paths">Five occupations, the best first.</param>
/// <param name="Summary">Of the market, if there is something to say.</param>
sealed record AssessmentWords(
    ImmutableArray<ExplainedOccupation> Paths, ImmutableArray<string> Strengths, ImmutableArray<string> AreasForImprovement,
    ImmutableArray<NextStep> NextSteps, string? Summary, ImmutableArray<string> EmergingTech);

/// <param name="Reason">Why it fits this person.</param>
sealed record ExplainedOccupation(string Code, string Reason);

/// <param name="Priority">high, medium or low.</param>
/// <param name="Skill">The slug of a skill that it is about.</param>
/// <param name="PathId">A path of the platform that it is about.</param>
sealed record NextStep(string Priority, string Action, string Timeframe, string? Skill = null, Guid? PathId = null);

/// <param name="Skills">In the order in which to learn them.</param>
sealed record SkillWords(ImmutableArray<ExplainedSkill> Skills, string Summary);

/// <param name="Reason">What it is for in the role.</param>
sealed record ExplainedSkill(string Slug, string Reason);

sealed record DraftWords(string Title, string Description, ImmutableArray<DraftStep> Steps);

/// <param name="StepType">lesson or reading: what a learner can complete alone.</param>
/// <param name="Skill">The slug of the skill that it teaches.</param>
/// <param name="PathId">A path of the platform that teaches it.</param>
sealed record DraftStep(string Title, string Description, string StepType, int EstimatedMinutes, string? Skill, Guid? PathId);
