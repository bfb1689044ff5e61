using System.Collections.Immutable;

namespace Evolv.Features.Career.Occupations;

/// <summary>What a person says of themselves. Texts are trimmed and bounded; lists may be empty.</summary>
sealed record PersonalProfile(
    string? EducationLevel, string? Major, ImmutableArray<string> Interests, double? ExperienceYears,
    ImmutableArray<string> CurrentSkills, string? CareerGoals);

/// <summary>A skill that a person has on the platform.</summary>
/// <param name="Level">beginner, intermediate, advanced or expert; the verified level of a verified one.</param>
sealed record PersonalSkill(string Slug, string Level, bool Verified);

/// <summary>How far a person is from an occupation.</summary>
/// <param name="Score">From 0 to 1.</param>
/// <param name="Met">Skills that the person has, the weightiest first.</param>
/// <param name="Gaps">Skills that are missing, the weightiest first.</param>
sealed record CareerMatch(
    Occupation Occupation, double Score, ImmutableArray<RequiredSkill> Met, ImmutableArray<RequiredSkill> Gaps, Readiness Readiness);

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
                .Select(occupation => (Occupation: occupation, Score: person.Score(occupation)))
                .OrderByDescending(match => match.Score).ThenBy(match => match.Occupation.Code, StringComparer.Ordinal)
                .Select(match => person.Match(match.Occupation, match.Score)),
        ];
    }

    sealed class Person
    {
        readonly OccupationIndex _index;
        readonly PersonalProfile _profile;
        readonly Dictionary<string, double> _strengths = new(StringComparer.Ordinal); // of skills, by slug
        readonly Dictionary<string, double> _words = new(StringComparer.Ordinal); // weights of stems
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
        }

        internal double Score(Occupation occupation)
        {
            var entry = _index.Of(occupation);
            var skills = entry.TotalWeight == 0
                ? 0
                : Math.Min(1, Math.Sqrt(Sum(entry.SkillWeights, skill => skill.Value * _strengths.GetValueOrDefault(skill.Key)) / entry.TotalWeight));
            var words = 1 - Math.Exp(-Sum(_words, word => word.Value * _index.Rarity(word.Key) * entry.Words.GetValueOrDefault(word.Key)) / 1.2);
            var goal = entry.Titles.Any(title => _goals.Contains($" {title} ", StringComparison.Ordinal) || _goals.Contains($" {title}s ", StringComparison.Ordinal)) ? 1 : 0;
            var major = entry.Majors.Length == 0 || _major.Count == 0
                ? 0
                : entry.Majors.Max(words => (double)words.Count(_major.Contains) / Math.Max(words.Count, _major.Count));
            var education = Math.Min(1, (1.0 + (int)_education) / (1.0 + (int)occupation.Education));
            return 0.38 * skills + 0.37 * words + 0.12 * goal + 0.08 * major + 0.05 * education;
        }

        internal CareerMatch Match(Occupation occupation, double score)
        {
            var weights = _index.Of(occupation).SkillWeights;
            var ordered = occupation.Skills
                .OrderByDescending(required => weights[required.Skill.Slug]).ThenBy(required => required.Skill.Slug, StringComparer.Ordinal);
            var met = ordered.Where(required => _strengths.GetValueOrDefault(required.Skill.Slug) >= 0.5).ToImmutableArray();
            var gaps = ordered.Where(required => _strengths.GetValueOrDefault(required.Skill.Slug) < 0.5).ToImmutableArray();
            return new(occupation, score, met, gaps, Readiness.Of(occupation, gaps, _education, _profile.ExperienceYears ?? 0));
        }

        // In whole billionths: a sum of floating-point numbers depends on their order, and could fall by a term more.
        static double Sum<T>(IEnumerable<T> terms, Func<T, double> value) => terms.Sum(term => (long)(value(term) * 1e9)) / 1e9;

        void Have(string slug, double strength) => _strengths[slug] = Math.Max(strength, _strengths.GetValueOrDefault(slug));

        void Say(double weight, string text)
        {
            foreach (var stem in Words.Stems(text))
                _words[stem] = Math.Max(weight, _words.GetValueOrDefault(stem));
        }
    }
}
