using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Tests.Support;

namespace Evolv.Tests.Features.Career.Occupations;

/// <summary>The data that ships, and the tables that an installation may extend.</summary>
public sealed class OccupationTests(EvolvCluster cluster, ShippedCatalog shipped) : IClassFixture<ShippedCatalog>
{
    [Fact]
    public void Many_occupations_of_many_fields_ship_with_skills_and_sourced_figures()
    {
        var occupations = shipped.Catalog.Occupations;

        Assert.True(occupations.Length >= 120);
        Assert.True(occupations.Select(occupation => occupation.Field).Distinct().Count() >= 15);
        Assert.All(occupations, occupation =>
        {
            Assert.True(occupation.Skills.Length >= 5, occupation.Title);
            Assert.Contains(occupation.Skills, required => required.Importance >= 4);
            Assert.True(occupation.Interests.Length >= 3, occupation.Title);
            Assert.Equal(2024, occupation.Source.Year);
            Assert.Equal((2024, 2034, 2024), (occupation.Outlook!.FromYear, occupation.Outlook.ToYear, occupation.Outlook.Source.Year));
        });
        // Actors and musicians are paid by the hour.
        Assert.Equal(["27-2011", "27-2042"], occupations.Where(occupation => occupation.Salary is null).Select(occupation => occupation.Code));
        Assert.All(occupations.Select(occupation => occupation.Salary).OfType<Evolv.Features.Career.Occupations.Salary>(), salary =>
        {
            Assert.Equal(("US", "USD", 2024), (salary.Region, salary.Currency, salary.Source.Year));
            Assert.True(salary.Low < salary.Median && !(salary.High <= salary.Median));
        });
    }

    // Published figures that anybody can look up at bls.gov.
    [Theory]
    [InlineData("15-1252", 79850, 133080, 211450, 15.8)]
    [InlineData("29-1141", 66030, 93600, 135320, 4.9)]
    [InlineData("47-2111", 39430, 62350, 106030, 9.5)]
    public void Figures_are_those_of_the_source(string code, int low, int median, int high, double change)
    {
        var occupation = shipped.Catalog.ByCode[code];

        Assert.Equal((low, median, high), (occupation.Salary!.Low, occupation.Salary.Median, occupation.Salary.High));
        Assert.Equal(change, occupation.Outlook!.ChangePercent);
    }

    [Fact]
    public async Task Anybody_reads_occupations_with_their_skills_and_only_the_service_writes_them()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada", "admin");

        using var read = await server.Anonymous.GetAsync(
            "/rest/v1/occupations?select=title,occupation_skills(importance,skills(name)),occupation_salaries(median,occupation_sources(year))&code=eq.15-1252",
            TestContext.Current.CancellationToken);
        using var json = JsonDocument.Parse(await read.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));

        var developer = Assert.Single(json.RootElement.EnumerateArray());
        Assert.Equal("Software Developer", developer.GetProperty("title").GetString());
        Assert.Contains(developer.GetProperty("occupation_skills").EnumerateArray(), skill =>
            (skill.GetProperty("skills").GetProperty("name").GetString(), skill.GetProperty("importance").GetDouble()) == ("Algorithms", 4));
        var salary = Assert.Single(developer.GetProperty("occupation_salaries").EnumerateArray());
        Assert.Equal((133080, 2024), (salary.GetProperty("median").GetInt32(), salary.GetProperty("occupation_sources").GetProperty("year").GetInt32()));
        await server.Database.AssertRefusedAsync(Caller.User(ada.Id), $"update occupation_salaries set median = 1");
        Assert.Equal(1, await server.Database.ExecuteAsync(
            Caller.Service, $"update occupation_salaries set median = 133081 where occupation_code = '15-1252'"));
    }

    [Fact]
    public async Task Who_asks_after_a_change_of_the_tables_is_answered_by_the_new_ones()
    {
        await using var server = await EvolvServer.StartAsync(cluster);
        var ada = await server.SignUpAsync("ada");
        var question = new { user_profile = new { interests = new[] { "juggling", "unicycles" }, career_goals = "Circus" }, analysis_depth = "quick" };
        var before = await ada.Http.CallAsync("ai-career-assessment", question);

        await server.Database.ExecuteAsync(
            Caller.Service, ActingAs.Raw("""
            with source as (
                insert into occupation_sources (id, name, publisher, licence, year) values ('circus', 'Census of jugglers', 'Circus', 'none', 2026) returning id)
            insert into occupations (code, title, titles, field, description, education, experience, training, source_id, interests)
            select 'juggler', 'Juggler', '{circus artist}', 'arts', 'Keeps things in the air in a circus.', 'none', 'none', 'long_term', id, '{juggling,unicycles,circus}'
            from source
            """));
        var after = await ada.Http.CallAsync("ai-career-assessment", question);

        Assert.NotEqual("Juggler", before.At("career_paths", 0, "title"));
        Assert.Equal(("Juggler", "False"), (after.At("career_paths", 0, "title"), after.At("cached")));
        Assert.Equal(("", ""), (after.At("career_paths", 0, "salary_range"), after.At("career_paths", 0, "growth_outlook"))); // no source, no figure
    }
}
