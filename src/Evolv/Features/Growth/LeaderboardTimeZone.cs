using Microsoft.Extensions.Options;

namespace Evolv.Features.Growth;

/// <summary>Looks for <c>LeaderboardTimeZone</c> at start, so that a mistake in it does not wait for PostgreSQL.</summary>
sealed class LeaderboardTimeZone : IValidateOptions<GrowthOptions>
{
    public ValidateOptionsResult Validate(string? name, GrowthOptions options)
        => TimeZoneInfo.TryFindSystemTimeZoneById(options.LeaderboardTimeZone, out _)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{nameof(options.LeaderboardTimeZone)}: there is no time zone \"{options.LeaderboardTimeZone}\"");
}
