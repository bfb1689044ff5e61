using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Evolv.Functions;

namespace Evolv.Features.Career.Occupations;

/// <summary>Where a figure comes from.</summary>
/// <param name="Year">The year that its figures are about.</param>
sealed record FigureSource(string Name, string Publisher, string? Url, int Year);

/// <summary>A skill of the platform.</summary>
/// <param name="Aliases">What people write instead of its name, in lower case.</param>
sealed record Skill(string Slug, string Name, ImmutableArray<string> Aliases);

/// <param name="Importance">From 1 (not important) to 5 (extremely important), O*NET's scale.</param>
sealed record RequiredSkill(Skill Skill, double Importance);

/// <summary>A year's pay before taxes; null where the source publishes none.</summary>
/// <param name="Low">A tenth earn less.</param>
/// <param name="High">A tenth earn more.</param>
sealed record Salary(string Region, string Currency, int? Low, int? Median, int? High, FigureSource Source);

/// <param name="Employment">People, in <paramref name="FromYear"/>.</param>
/// <param name="ChangePercent">Of the employment, until <paramref name="ToYear"/>.</param>
sealed record Outlook(string Region, int FromYear, int ToYear, int? Employment, double ChangePercent, int? OpeningsPerYear, FigureSource Source);

/// <summary>What people typically bring to an occupation, from the least to the most.</summary>
enum Education
{
    None,
    HighSchool,
    SomeCollege,
    Certificate,
    Associate,
    Bachelor,
    Master,
    Doctorate,
}

/// <param name="Titles">What it is called as well, in lower case.</param>
/// <param name="Experience">Years in a related occupation: <c>none</c>, <c>under_5</c> or <c>5_or_more</c>.</param>
/// <param name="Interests">Words of people who are drawn to it.</param>
/// <param name="Majors">Fields of study that lead to it.</param>
sealed record Occupation(
    string Code, string Title, ImmutableArray<string> Titles, string Field, string Description, Education Education,
    string Experience, FigureSource Source, ImmutableArray<string> Interests, ImmutableArray<string> Majors,
    ImmutableArray<RequiredSkill> Skills, Salary? Salary, Outlook? Outlook);

/// <summary>Everything that guidance knows of occupations, as one version of the tables says it.</summary>
sealed class OccupationCatalog
{
    OccupationCatalog(long version, ImmutableArray<Skill> skills, ImmutableArray<Occupation> occupations)
    {
        Version = version;
        Skills = skills.ToFrozenDictionary(skill => skill.Slug, StringComparer.Ordinal);
        Occupations = occupations;
        ByCode = occupations.ToFrozenDictionary(occupation => occupation.Code, StringComparer.Ordinal);
        Index = new OccupationIndex(skills, occupations);
    }

    internal long Version { get; }

    /// <summary>By slug.</summary>
    internal FrozenDictionary<string, Skill> Skills { get; }

    /// <summary>In the order of their codes.</summary>
    internal ImmutableArray<Occupation> Occupations { get; }

    internal FrozenDictionary<string, Occupation> ByCode { get; }

    internal OccupationIndex Index { get; }

    /// <summary>Reads the document of <c>evolv.occupation_catalog</c>.</summary>
    internal static OccupationCatalog Read(ReadOnlySpan<byte> json)
    {
        var wire = JsonSerializer.Deserialize<CatalogJson>(json, FunctionJson.Options)!;
        var skills = wire.Skills.ToDictionary(skill => skill.Slug, StringComparer.Ordinal);
        return new OccupationCatalog(
            wire.Version, wire.Skills, [.. wire.Occupations.Select(occupation => occupation.ToOccupation(skills, wire.Sources))]);
    }

    sealed record CatalogJson(
        long Version, Dictionary<string, FigureSource> Sources, ImmutableArray<Skill> Skills, ImmutableArray<OccupationJson> Occupations);

    sealed record OccupationJson(
        string Code, string Title, ImmutableArray<string> Titles, string Field, string Description, string Education, string Experience,
        string Source, ImmutableArray<string> Interests, ImmutableArray<string> Majors, ImmutableArray<SkillJson> Skills, SalaryJson? Salary,
        OutlookJson? Outlook)
    {
        internal Occupation ToOccupation(Dictionary<string, Skill> skills, Dictionary<string, FigureSource> sources) => new(
            Code, Title, Titles, Field, Description, Enum.Parse<Education>(Education.Replace("_", "", StringComparison.Ordinal), ignoreCase: true),
            Experience, sources[Source], Interests, Majors, [.. Skills.Select(skill => new RequiredSkill(skills[skill.Slug], skill.Importance))],
            Salary is null ? null : new(Salary.Region, Salary.Currency, Salary.Low, Salary.Median, Salary.High, sources[Salary.SourceId]),
            Outlook is null
                ? null
                : new(Outlook.Region, Outlook.FromYear, Outlook.ToYear, Outlook.Employment, Outlook.ChangePercent, Outlook.OpeningsPerYear, sources[Outlook.SourceId]));
    }

    sealed record SkillJson(string Slug, double Importance);

    sealed record SalaryJson(string Region, string Currency, int? Low, int? Median, int? High, string SourceId);

    sealed record OutlookJson(
        string Region, int FromYear, int ToYear, int? Employment, double ChangePercent, int? OpeningsPerYear, string SourceId);
}
