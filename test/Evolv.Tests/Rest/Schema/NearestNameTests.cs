using Evolv.Rest.Schema;

namespace Evolv.Tests.Rest.Schema;

/// <summary>
/// The expected scores are those that the Haskell package fuzzyset publishes of itself. Its examples list equal scores as an
/// old version did; since then the better cosine comes first.
/// </summary>
public sealed class NearestNameTests
{
    static readonly string[] States =
    [
        "Alabama", "Alaska", "American Samoa", "Arizona", "Arkansas", "California", "Colorado", "Connecticut", "Delaware",
        "District of Columbia", "Florida", "Georgia", "Guam", "Hawaii", "Idaho", "Illinois", "Indiana", "Iowa", "Kansas", "Kentucky",
        "Louisiana", "Maine", "Maryland", "Massachusetts", "Michigan", "Minnesota", "Mississippi", "Missouri", "Montana", "Nebraska",
        "Nevada", "New Hampshire", "New Jersey", "New Mexico", "New York", "North Carolina", "North Dakota",
        "Northern Marianas Islands", "Ohio", "Oklahoma", "Oregon", "Pennsylvania", "Puerto Rico", "Rhode Island", "South Carolina",
        "South Dakota", "Tennessee", "Texas", "Utah", "Vermont", "Virginia", "Virgin Islands", "Washington", "West Virginia",
        "Wisconsin", "Wyoming",
    ];

    public static TheoryData<string, string> Searches => new()
    {
        { "Burger Islands", "0.7143 Virgin Islands, 0.5714 Rhode Island, 0.4400 Northern Marianas Islands, 0.3571 Maryland" },
        { "Why-oh-me-ing", "0.5385 Wyoming" },
        { "Connect a cat", "0.6923 Connecticut" },
        { "Transylvania", "0.7500 Pennsylvania, 0.3333 California, 0.3333 Kansas, 0.3333 Arkansas" },
        { "CanOfSauce", "0.4000 Kansas" },
        { "Alaska", "1.0000 Alaska" },
        { "aLASKA", "1.0000 Alaska" },
        { "Alaskanbraskansas", "0.4706 Arkansas, 0.3529 Alaska, 0.3529 Kansas, 0.3529 Nebraska, 0.3529 Alabama" },
        { "wyome", "0.5714 Wyoming" },
        { "Louisianaland", "0.6923 Louisiana, 0.3846 Maryland, 0.3846 Rhode Island, 0.3600 Northern Marianas Islands" },
        { "ia", "0.5000 Iowa, 0.4000 Idaho" },
        { "flaska", "0.8333 Alaska, 0.5000 Nebraska, 0.4286 Florida" },
        { "", "" },
        { "zzz", "" },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public void States_are_found_as_fuzzyset_finds_them(string wanted, string expected)
        => Assert.Equal(
            expected,
            string.Join(", ", NearestName.Search(States, wanted, NearestName.AnyLikeness).Select(match => $"{match.Score:F4} {match.Name}")));

    [Theory]
    [InlineData("hello", "yello", 0.8)]
    [InlineData("fellow", "yello", 0.6666666666666666)]
    [InlineData("propeller", "teller", 0.5555555555555556)]
    [InlineData("technology", "techno", 0.6)]
    [InlineData("toxic", "logic", 0.6)]
    public void The_score_is_the_share_of_letters_that_stay(string left, string right, double expected)
    {
        Assert.Equal([(expected, right)], NearestName.Search([right], left, NearestName.AnyLikeness));
        Assert.Equal([(expected, left)], NearestName.Search([left], right, NearestName.AnyLikeness));
    }

    [Fact]
    public void Many_equal_names_are_one()
        => Assert.Equal(
            [(5 / 6.0, "Nevada")], NearestName.Search([.. Enumerable.Repeat("Nebraska", 133), "Nevada"], "Nevoda", 0.7));

    [Theory]
    [InlineData(0.33, "coffee")]
    [InlineData(0.75, null)]
    public void A_name_below_the_score_is_not_found(double minScore, string? expected)
        => Assert.Equal(expected, NearestName.Find(["tea", "biscuits", "cake", "coffee"], "covfefe", minScore));

    [Fact]
    public void A_name_of_megabytes_is_refused_at_once()
        => Assert.Null(NearestName.Find(States, new string('a', 5_000_000), NearestName.AnyLikeness));
}
