using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Growth;

/// <summary>Section <c>Growth</c>.</summary>
sealed partial class GrowthOptions
{
    internal const string Section = "Growth";

    /// <summary>How often the leaderboard is computed anew, in seconds. The seed says every hour.</summary>
    [Range(1, 86_400)]
    public int LeaderboardSeconds { get; set; } = 3600;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<GrowthOptions>;
}
