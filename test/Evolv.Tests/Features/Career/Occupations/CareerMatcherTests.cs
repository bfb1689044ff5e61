using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json;
using CsCheck;
using Evolv.Features.Career.Occupations;
using Evolv.Functions;

namespace Evolv.Tests.Features.Career.Occupations;

/// <summary>Ranking people against the occupations that ship.</summary>
public sealed class CareerMatcherTests(ShippedCatalog shipped) : IClassFixture<ShippedCatalog>
{
    static readonly string[] Levels = ["beginner", "intermediate", "advanced", "expert"];

    OccupationCatalog Catalog => shipped.Catalog;

    // profiles.json was written from public descriptions of occupations by somebody who knew neither the matcher nor its data; nothing was
    // tuned to it. A third are terse, a third rich, a third want to change; half never name their occupation.
    [Fact]
    public void The_right_occupation_is_among_the_first_three_for_nine_of_ten_people()
    {
        var profiles = Described.Read();

        var missed = profiles
            .Where(person => !Rank(person.UserProfile).Take(3).Any(match => person.Expected.Contains(match.Occupation.Code)))
            .Select(person => Catalog.ByCode[person.Expected[0]].Title)
            .ToArray();

        Assert.True(profiles.Length >= 40);
        Assert.True(missed.Length <= profiles.Length * 0.1, $"missed {string.Join(", ", missed)}");
    }

    [Fact]
    public void A_required_skill_more_never_lowers_a_match()
        => PersonGen().Sample(person =>
        {
            var before = Scores(person.Profile, person.Skills);
            var occupation = Catalog.Occupations[person.Occupation % Catalog.Occupations.Length];
            if (occupation.Skills.IsEmpty)
                return;
            var added = occupation.Skills[person.Skill % occupation.Skills.Length].Skill;

            var said = Scores(person.Profile with { CurrentSkills = [.. person.Profile.CurrentSkills, added.Name] }, person.Skills);
            var claimed = Scores(person.Profile, [.. person.Skills, new PersonalSkill(added.Slug, "beginner", false)]);
            var verified = Scores(person.Profile, [.. person.Skills, new PersonalSkill(added.Slug, "beginner", true)]);

            Assert.True(said[occupation.Code] >= before[occupation.Code]);
            Assert.True(claimed[occupation.Code] >= before[occupation.Code]);
            Assert.True(verified[occupation.Code] >= claimed[occupation.Code]);
        }, iter: 1500);

    [Fact]
    public void The_same_person_is_always_ranked_the_same_whatever_the_order_of_what_they_say()
        => PersonGen().Sample(person =>
        {
            var turned = person.Profile with
            {
                Interests = [.. person.Profile.Interests.Reverse()],
                CurrentSkills = [.. person.Profile.CurrentSkills.Reverse()],
            };

            var once = CareerMatcher.Rank(Catalog, person.Profile, person.Skills);
            var again = CareerMatcher.Rank(Catalog, turned, person.Skills.Reverse());

            Assert.Equal(once.Select(match => (match.Occupation.Code, match.Score)), again.Select(match => (match.Occupation.Code, match.Score)));
        }, iter: 200);

    [Fact]
    public void A_score_is_from_zero_to_one_and_every_required_skill_is_met_or_a_gap()
        => PersonGen().Sample(person => Assert.All(CareerMatcher.Rank(Catalog, person.Profile, person.Skills), match =>
        {
            Assert.InRange(match.Score, 0, 1);
            Assert.Equal(
                match.Occupation.Skills.Select(required => required.Skill.Slug).Order(),
                match.Met.Concat(match.Gaps).Select(required => required.Skill.Slug).Order());
        }), iter: 50);

    [Theory]
    [InlineData("high school", Education.HighSchool)]
    [InlineData("High School Diploma", Education.HighSchool)]
    [InlineData("Bachelor's degree", Education.Bachelor)]
    [InlineData("B.Sc. computer science", Education.Bachelor)]
    [InlineData("BSc", Education.Bachelor)]
    [InlineData("badly taught", Education.None)]
    [InlineData("Master of Arts", Education.Master)]
    [InlineData("Ph.D.", Education.Doctorate)]
    [InlineData("vocational training", Education.Certificate)]
    [InlineData("some college", Education.SomeCollege)]
    [InlineData("associate degree", Education.Associate)]
    [InlineData("the school of life", Education.HighSchool)]
    [InlineData("", Education.None)]
    [InlineData(null, Education.None)]
    internal void An_education_is_read_as_people_write_it(string? text, Education education) => Assert.Equal(education, EducationText.Read(text));

    [Theory]
    [InlineData("C++", "cpp")]
    [InlineData(" c# ", "csharp")]
    [InlineData("s\u200bql", "sql")]
    [InlineData("Excel", "spreadsheets")]
    [InlineData("machine-learning", "machine-learning")]
    [InlineData("juggling", null)]
    [InlineData("", null)]
    public void A_skill_is_found_by_its_name_slug_or_alias(string text, string? slug) => Assert.Equal(slug, Catalog.Index.FindSkill(text)?.Slug);

    [Theory]
    [InlineData("teaching", "teacher", "teaches", "teach")]
    [InlineData("nursing", "nurses", "nurse")]
    [InlineData("programming", "programmer", "program")]
    [InlineData("studies", "study")]
    [InlineData("analyses", "analyse")]
    public void Forms_of_a_word_have_one_stem(params string[] words) => Assert.Single(words.SelectMany(Words.Stems).Distinct());

    ImmutableArray<CareerMatch> Rank(PersonalProfile profile) => CareerMatcher.Rank(Catalog, profile, []);

    Dictionary<string, double> Scores(PersonalProfile profile, IEnumerable<PersonalSkill> skills)
        => CareerMatcher.Rank(Catalog, profile, skills).ToDictionary(match => match.Occupation.Code, match => match.Score);

    // People who say what occupations and skills are made of, and nonsense.
    Gen<(PersonalProfile Profile, ImmutableArray<PersonalSkill> Skills, int Occupation, int Skill)> PersonGen()
    {
        string[] words =
        [
            .. Catalog.Occupations.SelectMany(occupation => occupation.Interests.Concat(occupation.Majors).Append(occupation.Title)).Distinct(),
            "", "the of and", "🎪", "c++ c#", "x",
        ];
        var slugs = Catalog.Skills.Keys.Order(StringComparer.Ordinal).ToArray();
        var texts = Gen.OneOf(words).Array[0, 6];
        var names = Gen.OneOf([.. Catalog.Skills.Values.Select(skill => skill.Name).Order(StringComparer.Ordinal), "swimming"]).Array[0, 8];
        var skills = Gen.Select(Gen.OneOf(slugs), Gen.OneOf(Levels), Gen.Bool, (slug, level, verified) => new PersonalSkill(slug, level, verified)).Array[0, 6];
        return
            from education in Gen.OneOf("", "high school", "bachelor", "phd")
            from major in Gen.OneOf(words)
            from interests in texts
            from said in names
            from goals in Gen.OneOf(words)
            from has in skills
            from occupation in Gen.Int[0, 1000]
            from skill in Gen.Int[0, 1000]
            select (new PersonalProfile(education, major, [.. interests], 3, [.. said], goals),
                has.DistinctBy(one => one.Slug).ToImmutableArray(), occupation, skill);
    }

    /// <summary>A person and which occupations a counsellor would call right for them.</summary>
    sealed record Described(ImmutableArray<string> Expected, string Kind, PersonalProfile UserProfile)
    {
        internal static ImmutableArray<Described> Read([CallerFilePath] string here = "")
            => [.. JsonSerializer.Deserialize<Described[]>(File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "profiles.json")), FunctionJson.Options)!
                .Select(person => person with { UserProfile = person.UserProfile with
                {
                    Interests = person.UserProfile.Interests.IsDefault ? [] : person.UserProfile.Interests,
                    CurrentSkills = person.UserProfile.CurrentSkills.IsDefault ? [] : person.UserProfile.CurrentSkills,
                } })];
    }
}
