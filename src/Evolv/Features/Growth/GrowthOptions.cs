using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Growth;

/// <summary>Section <c>Growth</c>.</summary>
sealed partial class GrowthOptions
{
    internal const string Section = "Growth";

    /// <summary>The time zone in which the days, weeks and months of leaderboards begin: a name of the IANA database, such as Europe/Berlin.</summary>
    [Required]
    [RegularExpression("^[A-Za-z_]+(/[A-Za-z0-9_+-]+)*$")]
    public string LeaderboardTimeZone { get; set; } = "UTC";

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<GrowthOptions>;
}
