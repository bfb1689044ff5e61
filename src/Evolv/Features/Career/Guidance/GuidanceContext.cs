using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json;
using Evolv.Features.Career.Occupations;
using Evolv.Functions;

namespace Evolv.Features.Career.Guidance;

/// <summary>What Evolv knows of the person who asks: the document of <c>evolv.guidance_context</c>.</summary>
/// <param name="HasConsented">Whether what they say may be sent to a provider outside of the installation.</param>
sealed record GuidanceContext(long CatalogVersion, bool HasConsented, ImmutableArray<PersonalSkill> Skills)
{
    internal static GuidanceContext Read(string json) => JsonSerializer.Deserialize<GuidanceContext>(json, FunctionJson.Options)!;
}

/// <summary>A learning path of the platform.</summary>
sealed record PathHint(Guid Id, string Title, string DifficultyLevel, int? DurationHours);

/// <summary>The paths that teach a skill, the best first: the document of <c>evolv.paths_for_skills</c>.</summary>
sealed class PathHints
{
    readonly FrozenDictionary<string, ImmutableArray<PathHint>> _bySkill;

    PathHints(Dictionary<string, ImmutableArray<PathHint>> bySkill) => _bySkill = bySkill.ToFrozenDictionary(StringComparer.Ordinal);

    internal static PathHints None { get; } = new([]);

    internal static PathHints Read(ReadOnlySpan<byte> json)
        => new(JsonSerializer.Deserialize<Dictionary<string, ImmutableArray<PathHint>>>(json, FunctionJson.Options)!);

    internal ImmutableArray<PathHint> For(Skill skill) => _bySkill.GetValueOrDefault(skill.Slug, []);

    /// <summary>Each path once.</summary>
    internal IEnumerable<PathHint> All => _bySkill.OrderBy(skill => skill.Key, StringComparer.Ordinal).SelectMany(skill => skill.Value).DistinctBy(path => path.Id);
}
