using System.Collections.Immutable;

namespace Evolv.Features.Career.Occupations;

/// <summary>How long it takes to be ready for an occupation, at eight hours of learning a week.</summary>
/// <param name="SkillMonths">For the skills that are missing.</param>
/// <param name="EducationMonths">For the education that is typical and missing, full time; its courses teach skills on the way.</param>
/// <param name="ExperienceYears">In a related occupation, that are asked for and missing.</param>
sealed record Readiness(int SkillMonths, int EducationMonths, int ExperienceYears)
{
    const double HoursAMonth = 8 * 52 / 12.0;

    internal int Months => Math.Max(SkillMonths, EducationMonths);

    internal static Readiness Of(Occupation occupation, ImmutableArray<RequiredSkill> gaps, Education education, double experienceYears) => new(
        (int)Math.Ceiling(gaps.Sum(Hours) / HoursAMonth),
        Math.Max(0, StudyMonths(occupation.Education) - StudyMonths(education)),
        Math.Max(0, occupation.Experience switch { "5_or_more" => 5, "under_5" => 2, _ => 0 } - (int)experienceYears));

    /// <summary>An estimate of Evolv: 80 hours for a skill without which there is no work, 40 for one of most days, 20 for a help.</summary>
    internal static int Hours(RequiredSkill gap) => gap.Importance switch { >= 4.5 => 80, >= 3.75 => 40, _ => 20 };

    // Full-time study after school, in months.
    static int StudyMonths(Education education) => education switch
    {
        Education.None or Education.HighSchool => 0,
        Education.SomeCollege or Education.Certificate => 12,
        Education.Associate => 24,
        Education.Bachelor => 48,
        Education.Master => 72,
        Education.Doctorate => 96,
    };
}

/// <summary>Reads an education as people write it.</summary>
static class EducationText
{
    // The first that is found wins, so the higher ones come first.
    static readonly (Education Level, string[] Words)[] Levels =
    [
        (Education.Doctorate, ["phd", "ph d", "dphil", "doctor", "doctorate", "doctoral", "md", "m d", "jd", "juris"]),
        (Education.Master, ["master", "masters", "mba", "msc", "m sc", "ma", "m a", "ms", "m s", "postgraduate"]),
        (Education.Bachelor, ["bachelor", "bachelors", "bsc", "b sc", "ba", "b a", "bs", "b s", "university", "graduate", "undergraduate"]),
        (Education.Associate, ["associate", "associates"]),
        (Education.SomeCollege, ["college"]),
        (Education.Certificate, ["certificate", "vocational", "apprenticeship", "trade"]),
        (Education.HighSchool, ["diploma", "school", "secondary", "ged"]),
    ];

    /// <summary><see cref="Education.None"/> when it says nothing that is known.</summary>
    internal static Education Read(string? text)
    {
        var phrase = $" {Words.Phrase(text ?? "")} ";
        return Levels.FirstOrDefault(level => level.Words.Any(word => phrase.Contains($" {word} ", StringComparison.Ordinal))).Level;
    }
}
