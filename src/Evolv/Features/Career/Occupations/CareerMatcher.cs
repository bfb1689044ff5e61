using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Evolv.Features.Career.Occupations;

/// <summary>What a person says of themselves. Texts are trimmed and bounded; lists may be empty.</summary>
sealed record PersonalProfile(
    string? EducationLevel, string? Major, ImmutableArray<string> Interests, double? ExperienceYears,
    ImmutableArray<string> CurrentSkills, string? CareerGoals);

/// <summary>A skill that a person has on the platform.</summary>
/// <param name="Level">beginner, intermediate, advanced or expert; the verified level of a verified one.</param>
sealed record PersonalSkill(string Slug, string Level, bool Verified);

/// <summary>How well an occupation fits a person. How far they are from it is found out when it is asked for: of all matches few are shown.</summary>
sealed class CareerMatch(Occupation occupation, double score, CareerMatcher.Person person)
{
    internal Occupation Occupation => occupation;

    /// <summary>From 0 to 1.</summary>
    internal double Score => score;

    /// <summary>As it is shown: from 0 to 100.</summary>
    internal int Percent => (int)Math.Round(score * 100, MidpointRounding.AwayFromZero);

    /// <summary>Skills that the person has, the weightiest first.</summary>
    internal ImmutableArray<RequiredSkill> Met => Distance.Met;

    /// <summary>Skills that are missing, the weightiest first.</summary>
    internal ImmutableArray<RequiredSkill> Gaps => Distance.Gaps;

    internal Readiness Readiness => Distance.Readiness;

    CareerMatcher.Distance Distance => field ??= person.DistanceTo(occupation);
}

/// <summary>
/// Ranks the occupations of a catalog for a person. Pure and deterministic. Every part of a score can only grow with a skill that
/// the occupation asks for, so adding one never lowers a match.
/// </summary>
static class CareerMatcher
{
    /// <summary>All occupations, the best first; of equal ones the lower code.</summary>
    internal static ImmutableArray<CareerMatch> Rank(OccupationCatalog catalog, PersonalProfile profile, IEnumerable<PersonalSkill> skills)
    {
        var person = new Person(catalog, profile, skills);
        return
        [
            .. catalog.Occupations
                .Select(occupation => new CareerMatch(occupation, person.Score(occupation), person))
                .OrderByDescending(match => match.Score).ThenBy(match => match.Occupation.Code, StringComparer.Ordinal)
        ];
    }

    internal sealed record Distance(ImmutableArray<RequiredSkill> Met, ImmutableArray<RequiredSkill> Gaps, Readiness Readiness);

    internal sealed class Person
    {
        readonly OccupationIndex _index;
        readonly PersonalProfile _profile;
        readonly Dictionary<string, double> _strengths = new(StringComparer.Ordinal); // of skills, by slug
        readonly KeyValuePair<string, double>[] _words; // weights of stems: how they were said, and how rare they are
        readonly string _goals;
        readonly HashSet<string> _major;
        readonly Education _education;

        internal Person(OccupationCatalog catalog, PersonalProfile profile, IEnumerable<PersonalSkill> skills)
        {
            _index = catalog.Index;
            _profile = profile;
            _education = EducationText.Read(profile.EducationLevel);
            _goals = $" {Words.Phrase(profile.CareerGoals ?? "")} ";
            _major = [.. Words.Stems(profile.Major ?? "")];
            var said = new Dictionary<string, double>(StringComparer.Ordinal);
            foreach (var skill in skills.Where(skill => catalog.Skills.ContainsKey(skill.Slug)))
            {
                Have(skill.Slug, skill.Verified ? 1 : 0.85);
                Say(0.8, catalog.Skills[skill.Slug].Name);
            }

            foreach (var text in profile.CurrentSkills)
            {
                if (_index.FindSkill(text) is { } skill)
                    Have(skill.Slug, 0.85);
                Say(0.8, text);
            }

            foreach (var interest in profile.Interests)
            {
                if (_index.FindSkill(interest) is { } skill)
                    Have(skill.Slug, 0.3); // who is drawn to it will learn it sooner
                Say(1, interest);
            }

            Say(1, profile.CareerGoals ?? "");
            Say(0.8, profile.Major ?? "");
            _words = [.. said.Select(word => KeyValuePair.Create(word.Key, word.Value * _index.Rarity(word.Key))).Where(word => word.Value > 0)];

            void Say(double weight, string text)
            {
                foreach (var stem in Words.Stems(text))
                    said[stem] = Math.Max(weight, said.GetValueOrDefault(stem));
            }
        }

        internal double Score(Occupation occupation)
        {
            var entry = _index.Of(occupation);
            var skills = entry.TotalWeight == 0 ? 0 : Math.Min(1, Math.Sqrt(Sum(_strengths, entry.SkillWeights) / entry.TotalWeight));
            var words = 1 - Math.Exp(-Sum(_words, entry.Words) / 1.2);
            var goal = entry.TitlesInText.Any(title => _goals.Contains(title, StringComparison.Ordinal)) ? 1 : 0;
            var major = entry.Majors.Length == 0 || _major.Count == 0
                ? 0
                : entry.Majors.Max(words => (double)words.Count(_major.Contains) / Math.Max(words.Count, _major.Count));
            var education = Math.Min(1, (1.0 + (int)_education) / (1.0 + (int)occupation.Education));
            return 0.38 * skills + 0.37 * words + 0.12 * goal + 0.08 * major + 0.05 * education;
        }

        internal Distance DistanceTo(Occupation occupation)
        {
            var weights = _index.Of(occupation).SkillWeights;
            var ordered = occupation.Skills
                .OrderByDescending(required => weights[required.Skill.Slug]).ThenBy(required => required.Skill.Slug, StringComparer.Ordinal);
            var met = ordered.Where(required => _strengths.GetValueOrDefault(required.Skill.Slug) >= 0.5).ToImmutableArray();
            var gaps = ordered.Where(required => _strengths.GetValueOrDefault(required.Skill.Slug) < 0.5).ToImmutableArray();
            return new(met, gaps, Readiness.Of(occupation, gaps, _education, _profile.ExperienceYears ?? 0));
        }

        // In whole billionths: a sum of floating-point numbers depends on their order, and could fall by a term more.
        static double Sum(IReadOnlyCollection<KeyValuePair<string, double>> mine, FrozenDictionary<string, double> theirs)
        {
            var sum = 0L;
            foreach (var (name, value) in mine)
                sum += (long)(value * theirs.GetValueOrDefault(name) * 1e9);
            return sum / 1e9;
        }

        void Have(string slug, double strength) => _strengths[slug] = Math.Max(strength, _strengths.GetValueOrDefault(slug));
    }
}
