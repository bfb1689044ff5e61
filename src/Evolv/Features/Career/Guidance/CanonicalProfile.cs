using Evolv.Features.Career.Occupations;

namespace Evolv.Features.Career.Guidance;

/// <summary>A profile in the two forms in which it is kept.</summary>
static class CanonicalProfile
{
    /// <summary>As it is stored: what was said, in the seed's shape.</summary>
    internal static object Stored(PersonalProfile profile) => new
    {
        profile.EducationLevel,
        profile.Major,
        profile.Interests,
        profile.ExperienceYears,
        profile.CurrentSkills,
        profile.CareerGoals,
    };

    /// <summary>As it is compared: the order of a list, capital letters and punctuation say nothing.</summary>
    internal static object Of(PersonalProfile profile) => new
    {
        EducationLevel = Words.Phrase(profile.EducationLevel ?? ""),
        Major = Words.Phrase(profile.Major ?? ""),
        Interests = List(profile.Interests),
        profile.ExperienceYears,
        CurrentSkills = List(profile.CurrentSkills),
        CareerGoals = Words.Phrase(profile.CareerGoals ?? ""),
    };

    internal static IEnumerable<string> List(IEnumerable<string> texts) => texts.Select(Words.Phrase).Distinct().Order(StringComparer.Ordinal);
}
