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
    static readonly (string Word, Education Level)[] Levels =
    [
        ("phd", Education.Doctorate), ("ph d", Education.Doctorate), ("doctor", Education.Doctorate), ("md", Education.Doctorate),
        ("juris", Education.Doctorate), ("master", Education.Master), ("mba", Education.Master), ("msc", Education.Master),
        ("postgraduate", Education.Master), ("bachelor", Education.Bachelor), ("bsc", Education.Bachelor), ("undergraduate degree", Education.Bachelor),
        ("university", Education.Bachelor), ("graduate", Education.Bachelor), ("associate", Education.Associate), ("some college", Education.SomeCollege),
        ("college", Education.SomeCollege), ("certificate", Education.Certificate), ("vocational", Education.Certificate),
        ("apprenticeship", Education.Certificate), ("trade", Education.Certificate), ("diploma", Education.HighSchool),
        ("high school", Education.HighSchool), ("secondary", Education.HighSchool), ("school", Education.HighSchool), ("ged", Education.HighSchool),
    ];

    /// <summary><see cref="Education.None"/> when it says nothing that is known.</summary>
    internal static Education Read(string? text)
    {
        var phrase = $" {Words.Phrase(text ?? "")}";
        return Levels.FirstOrDefault(level => phrase.Contains($" {level.Word}", StringComparison.Ordinal)).Level;
    }
}
