using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Evolv.Platform.Lint;

/// <summary>
/// One thing that is wrong in the database, in the JSON form of Supabase's database advisors. <c>CacheKey</c> is the same for
/// the same finding in every run.
/// </summary>
sealed record LintFinding(
    string Name,
    string Title,
    LintLevel Level,
    string Facing,
    ImmutableArray<string> Categories,
    string Description,
    string Detail,
    string Remediation,
    JsonElement Metadata,
    string CacheKey)
{
    internal static LintFinding Of(LintRule rule, string detail, string metadataJson, string cacheKey)
        => new(
            rule.Name, rule.Title, rule.Level, "EXTERNAL", [rule.Category], rule.Description, detail, rule.Remediation,
            JsonElement.Parse(metadataJson), $"{rule.Name}_{cacheKey}");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true, WriteIndented = true)]
[JsonSerializable(typeof(ImmutableArray<LintFinding>))]
sealed partial class LintJson : JsonSerializerContext;
