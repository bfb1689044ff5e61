using System.Collections.Immutable;
using Evolv.Features.Career.Occupations;

namespace Evolv.Bench.Career;

/// <summary>What people say of themselves, made of the words of the occupations: the same number is always the same person.</summary>
static class Profiles
{
    static readonly string[] Educations = ["high school", "some college", "associate degree", "bachelor", "master"];

    internal static PersonalProfile Of(OccupationCatalog catalog, int number)
    {
        var random = new Random(number);
        var (aim, other) = (Any(catalog.Occupations), Any(catalog.Occupations));
        return new PersonalProfile(
            Any(Educations),
            aim.Majors.Concat(other.Majors).FirstOrDefault(),
            [Any(aim.Interests), Any(aim.Interests), Any(other.Interests)],
            random.Next(0, 20),
            [Any(aim.Skills).Skill.Name, Any(aim.Skills).Skill.Name, Any(other.Skills).Skill.Name, Any(catalog.Skills.Values).Name],
            $"I would like to become a {aim.Title}, or to do something with {Any(other.Interests)} and {Any(aim.Interests)} in a small team.");

        T Any<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
    }

    /// <summary>Skills of their profile, every third verified.</summary>
    internal static ImmutableArray<PersonalSkill> SkillsOf(OccupationCatalog catalog, int number)
    {
        var random = new Random(-number);
        return
        [
            .. random.GetItems(catalog.Skills.Keys.AsSpan(), 5).Distinct()
                .Select((slug, index) => new PersonalSkill(slug, "intermediate", Verified: index % 3 == 0)),
        ];
    }
}
