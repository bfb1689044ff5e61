using System.Collections.Immutable;
using System.Globalization;
using Evolv.Features.Career.Guidance;
using Evolv.Features.Career.Occupations;

namespace Evolv.Features.Career.Providers;

/// <summary>Evolv's own guidance: explains what the matcher found, in fixed sentences. The same brief always gives the same words.</summary>
sealed class BuiltInProvider : IGuidanceProvider
{
    /// <summary>Changes with the matcher or the sentences.</summary>
    internal const string Version = "builtin-1";

    public string Name => "builtin";

    public Task<Provided<AssessmentWords>> AssessAsync(AssessmentBrief brief, GuidanceCall call, CancellationToken cancellationToken)
        => Answer(new AssessmentWords(
            [.. brief.Matches.Take(AssessmentBrief.Shown).Select(match => new ExplainedOccupation(match.Occupation.Code, Reason(match)))],
            Strengths(brief), AreasForImprovement(brief), NextSteps(brief), null, []));

    public Task<Provided<SkillWords>> RecommendAsync(SkillBrief brief, GuidanceCall call, CancellationToken cancellationToken)
    {
        var title = brief.Match.Occupation.Title;
        return Answer(new SkillWords(
            [.. brief.Gaps.Select(gap => new ExplainedSkill(gap.Skill.Slug, $"{gap.Skill.Name} is {Weight(gap)} for this role: {title}."))],
            brief.Gaps.IsEmpty
                ? $"You have the skills that are asked for in this role: {title}."
                : $"What is missing most for this role ({title}) comes first: {Listed(brief.Gaps.Take(3).Select(gap => gap.Skill.Name))}."));
    }

    public Task<Provided<DraftWords>> DraftAsync(DraftBrief brief, GuidanceCall call, CancellationToken cancellationToken)
    {
        var taken = new HashSet<Guid>();
        var steps = brief.SkillsToLearn.SelectMany(skill => StepsFor(brief, skill, taken)).ToList();
        if (steps.Count == 0)
            steps =
            [
                new("What you want to reach", "Write down what you will be able to do at the end, and how somebody else would notice.", "lesson", 30, null, null),
                new("Who already does it", "Find three people or works that do it well, and note what they have in common.", "reading", 60, null, null),
                new("A first attempt", "Do the smallest thing that counts, and keep what you made.", "lesson", Practice(brief.Level), null, null),
            ];
        steps.Add(new("Show what you can", "Make one thing that needs all of it, show it to somebody and note what they say.", "lesson", 2 * Practice(brief.Level), null, null));
        var about = brief.SkillsToLearn.IsEmpty ? "" : $" It teaches {Listed(brief.SkillsToLearn.Select(skill => skill.Name))}.";
        return Answer(new DraftWords(PlainText.Clip(brief.Goal, 200), $"A path to your goal from the level {brief.Level}.{about}", [.. steps]));
    }

    /// <summary>high, medium or low.</summary>
    internal static string Priority(RequiredSkill gap) => gap.Importance switch { >= 4.5 => "high", >= 3.75 => "medium", _ => "low" };

    static Task<Provided<TWords>> Answer<TWords>(TWords words) => Task.FromResult(new Provided<TWords>(words, Version, Task.CompletedTask));

    /// <summary>Why an occupation fits, by what the matcher found.</summary>
    internal static string Reason(CareerMatch match)
    {
        var brings = match.Met.IsEmpty ? "Your interests and goals fit" : $"You already bring {Listed(match.Met.Take(3).Select(met => met.Skill.Name))}";
        return match.Gaps.IsEmpty
            ? $"{brings}, and nothing that is asked for is missing."
            : $"{brings}; what is missing most is {Listed(match.Gaps.Take(2).Select(gap => gap.Skill.Name))}.";
    }

    // What several of the occupations ask for and the person has.
    static ImmutableArray<string> Strengths(AssessmentBrief brief)
    {
        var shown = brief.Matches.Take(AssessmentBrief.Shown).ToArray();
        var met = shown.SelectMany(match => match.Met).CountBy(required => required.Skill)
            .OrderByDescending(skill => skill.Value).ThenBy(skill => skill.Key.Name, StringComparer.Ordinal).Take(5)
            .Select(skill => brief.Skills.Any(mine => mine.Verified && mine.Slug == skill.Key.Slug)
                ? $"{skill.Key.Name}, verified: {Asked(skill.Value, shown.Length)}"
                : $"{skill.Key.Name}: {Asked(skill.Value, shown.Length)}");
        var experience = brief.Profile.ExperienceYears is { } years and >= 1
            ? [$"{years.ToString("0.#", CultureInfo.InvariantCulture)} years of experience"]
            : Array.Empty<string>();
        return [.. met, .. experience];
    }

    static ImmutableArray<string> AreasForImprovement(AssessmentBrief brief)
    {
        var shown = brief.Matches.Take(AssessmentBrief.Shown).ToArray();
        return
        [
            .. shown.SelectMany(match => match.Gaps.Take(5)).CountBy(required => required.Skill)
                .OrderByDescending(skill => skill.Value).ThenBy(skill => skill.Key.Name, StringComparer.Ordinal).Take(5)
                .Select(skill => $"{skill.Key.Name}: {Asked(skill.Value, shown.Length)}"),
        ];
    }

    // For the best match: what it lacks most, by a path of the platform where there is one; then proof of what the person claims.
    static ImmutableArray<NextStep> NextSteps(AssessmentBrief brief)
    {
        var best = brief.Matches[0];
        var steps = new List<NextStep>();
        var taken = new HashSet<Guid>();
        foreach (var gap in best.Gaps.Take(5))
        {
            var path = brief.Paths.For(gap.Skill).FirstOrDefault(path => !taken.Contains(path.Id));
            if (path is not null)
                taken.Add(path.Id);
            steps.Add(new(
                Priority(gap),
                path is null ? $"Learn {gap.Skill.Name}" : $"Learn {gap.Skill.Name} with the path “{path.Title}”",
                Timeframe(path?.DurationHours ?? Readiness.Hours(gap)), gap.Skill.Slug, path?.Id));
        }

        foreach (var claimed in best.Met.Where(met => brief.Skills.Any(mine => !mine.Verified && mine.Slug == met.Skill.Slug)).Take(2))
            steps.Add(new("medium", $"Have your {claimed.Skill.Name} verified", Timeframe(8), claimed.Skill.Slug));
        if (best.Readiness.EducationMonths > 0)
            steps.Add(new(
                "low", $"Look into the education that is typical for this occupation: {AssessmentAnswer.Text(best.Occupation.Education)}",
                AssessmentAnswer.Duration(best.Readiness.EducationMonths)));
        if (steps.Count == 0)
            steps.Add(new("high", $"Talk to somebody who does this work ({best.Occupation.Title}) about their week", Timeframe(8)));
        return [.. steps];
    }

    // A path that teaches several of the skills is one step.
    static IEnumerable<DraftStep> StepsFor(DraftBrief brief, Skill skill, HashSet<Guid> taken)
    {
        var paths = brief.Paths.For(skill);
        if (paths.Any(path => taken.Contains(path.Id)))
            return [];
        if (paths is [var path, ..] && taken.Add(path.Id))
            return
            [
                new($"{skill.Name}: {path.Title}", "Take this path of the platform; it teaches what this step is about.", "lesson", Math.Clamp(path.DurationHours ?? 4, 1, 500) * 60, skill.Slug, path.Id),
            ];
        return
        [
            new($"{skill.Name}: what it is for", "Read an introduction, and note three situations in which it helps you with your goal.", "reading", 45, skill.Slug, null),
            new($"{skill.Name}: practice", "Work through exercises until they come easily; keep your solutions.", "lesson", Practice(brief.Level), skill.Slug, null),
            new($"{skill.Name}: use it", "Use it for one small thing of your own that has to do with your goal.", "lesson", Practice(brief.Level), skill.Slug, null),
        ];
    }

    static int Practice(string level) => level switch { "beginner" => 120, "intermediate" => 180, "advanced" => 240, _ => 300 };

    static string Weight(RequiredSkill gap) => Priority(gap) switch { "high" => "essential", "medium" => "important", _ => "a clear help" };

    static string Asked(int count, int of) => string.Create(CultureInfo.InvariantCulture, $"asked for in {count} of the {of} occupations that fit you best");

    static string Timeframe(int hours)
    {
        var weeks = (hours + 7) / 8;
        return weeks switch { <= 1 => "1 week", < 8 => string.Create(CultureInfo.InvariantCulture, $"{weeks} weeks"), _ => AssessmentAnswer.Duration((weeks + 2) * 12 / 52) };
    }

    static string Listed(IEnumerable<string> names) => names.ToArray() switch
    {
        [] => "",
        [var one] => one,
        [.. var most, var last] => $"{string.Join(", ", most)} and {last}",
    };
}
