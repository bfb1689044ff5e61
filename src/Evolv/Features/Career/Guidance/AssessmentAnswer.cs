using System.Globalization;
using Evolv.Features.Career.Occupations;
using Evolv.Features.Career.Providers;

namespace Evolv.Features.Career.Guidance;

/// <summary>Joins a provider's words with the facts of the tables, in the shapes of the answer. Every figure is a fact with source and year.</summary>
static class AssessmentAnswer
{
    internal const int ShownSkills = 8;

    /// <summary>An element of <c>career_paths</c>.</summary>
    internal static object Path(AssessmentBrief brief, CareerMatch match, string reason, bool includesSalary)
    {
        var occupation = match.Occupation;
        return new
        {
            OccupationCode = occupation.Code,
            occupation.Title,
            occupation.Field,
            occupation.Description,
            MatchScore = match.Percent,
            Reason = reason,
            RequiredSkills = occupation.Skills.Length == 0 ? [] : match.Met.Concat(match.Gaps).OrderByDescending(required => required.Importance)
                .ThenBy(required => required.Skill.Name, StringComparer.Ordinal).Take(ShownSkills).Select(required => required.Skill.Name).ToArray(),
            MatchedSkills = match.Met.Select(required => required.Skill.Name),
            VerifiedSkills = match.Met.Where(required => brief.Skills.Any(skill => skill.Verified && skill.Slug == required.Skill.Slug))
                .Select(required => required.Skill.Name),
            SkillGaps = match.Gaps.Take(ShownSkills).Select(gap => gap.Skill.Name),
            TimeToReadiness = Text(match.Readiness),
            MonthsToReadiness = match.Readiness.Months,
            TypicalEducation = Text(occupation.Education),
            ExperienceRequired = occupation.Experience,
            EducationSource = occupation.Source,
            SalaryRange = includesSalary && occupation.Salary is { } salary
                ? new { salary.Low, salary.Median, salary.High, salary.Currency, salary.Region, Period = "year", salary.Source }
                : null,
            GrowthOutlook = occupation.Outlook is { } outlook
                ? new
                {
                    Label = Label(outlook.ChangePercent),
                    outlook.ChangePercent,
                    outlook.FromYear,
                    outlook.ToYear,
                    outlook.OpeningsPerYear,
                    outlook.Region,
                    outlook.Source,
                }
                : null,
            LearningPaths = match.Gaps.Take(ShownSkills).SelectMany(gap => brief.Paths.For(gap.Skill)).DistinctBy(path => path.Id).Take(5),
        };
    }

    /// <summary>An element of <c>recommended_next_steps</c>.</summary>
    internal static object Step(AssessmentBrief brief, NextStep step) => new
    {
        step.Priority,
        step.Action,
        step.Timeframe,
        Skill = step.Skill is null ? null : brief.Catalog.Skills[step.Skill].Name,
        step.PathId,
        PathTitle = step.PathId is null ? null : brief.Paths.All.First(path => path.Id == step.PathId).Title,
    };

    /// <summary><c>market_insights</c>: what grows in the fields that fit the person.</summary>
    internal static object Market(AssessmentBrief brief, AssessmentWords words)
    {
        var fields = words.Paths.Select(path => brief.Catalog.ByCode[path.Code].Field).ToHashSet();
        var market = brief.Catalog.Occupations.Where(occupation => fields.Contains(occupation.Field) && occupation.Outlook is not null).ToArray();
        return new
        {
            words.Summary,
            TrendingSkills = market
                .SelectMany(occupation => occupation.Skills.Select(required => (required.Skill, Pull: Pull(occupation, required, brief.Catalog))))
                .GroupBy(skill => skill.Skill.Name, (name, pulls) => (Name: name, Pull: pulls.Sum(skill => skill.Pull)))
                .Where(skill => skill.Pull > 0)
                .OrderByDescending(skill => skill.Pull).ThenBy(skill => skill.Name, StringComparer.Ordinal)
                .Take(5).Select(skill => skill.Name),
            words.EmergingTech,
            GrowingOccupations = brief.Depth == "quick"
                ? []
                : market.OrderByDescending(occupation => occupation.Outlook!.ChangePercent).ThenBy(occupation => occupation.Code, StringComparer.Ordinal).Take(3)
                    .Select(occupation => new { occupation.Code, occupation.Title, occupation.Outlook!.ChangePercent, occupation.Outlook.FromYear, occupation.Outlook.ToYear, occupation.Outlook.Source })
                    .ToArray(),
            Alternatives = brief.Depth == "comprehensive"
                ? brief.Matches.Where(match => words.Paths.All(path => path.Code != match.Occupation.Code)).Take(5)
                    .Select(match => new { match.Occupation.Code, match.Occupation.Title, MatchScore = match.Percent })
                    .ToArray()
                : [],
        };
    }

    // New jobs that ask for a skill; what everybody asks for is no trend.
    static double Pull(Occupation occupation, RequiredSkill required, OccupationCatalog catalog)
        => Math.Max(0, occupation.Outlook!.ChangePercent) * (occupation.Outlook.Employment ?? 0) * catalog.Index.Of(occupation).SkillWeights[required.Skill.Slug];

    internal static string Text(Readiness readiness)
    {
        var learning = readiness.Months == 0 ? "ready now" : $"about {Duration(readiness.Months)} of learning";
        return readiness.ExperienceYears == 0
            ? learning
            : $"{learning}, and {readiness.ExperienceYears.ToString(CultureInfo.InvariantCulture)} more years in a related occupation";
    }

    internal static string Duration(int months) => months switch
    {
        1 => "1 month",
        < 24 => $"{months.ToString(CultureInfo.InvariantCulture)} months",
        _ => $"{((months + 6) / 12).ToString(CultureInfo.InvariantCulture)} years",
    };

    internal static string Text(Education education) => education switch
    {
        Education.None => "no formal credential",
        Education.HighSchool => "high school diploma",
        Education.SomeCollege => "some college",
        Education.Certificate => "vocational certificate",
        Education.Associate => "associate's degree",
        Education.Bachelor => "bachelor's degree",
        Education.Master => "master's degree",
        Education.Doctorate => "doctoral or professional degree",
    };

    // In the words of the Occupational Outlook Handbook; the average of all occupations is 3 percent.
    static string Label(double changePercent) => changePercent switch
    {
        >= 7 => "much faster than average",
        >= 5 => "faster than average",
        >= 3 => "as fast as average",
        >= 1 => "slower than average",
        > -1 => "little or no change",
        _ => "declining",
    };
}
