using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Career;

/// <summary>Section <c>Ai</c>: who answers questions about careers, and what it may cost.</summary>
sealed partial class AiOptions
{
    internal const string Section = "Ai";

    /// <summary>The key of xAI, or of another provider that speaks OpenAI's chat completions. Without it Evolv's own guidance answers everything, and nothing leaves the installation.</summary>
    public string? ApiKey { get; set; }

    /// <summary>Where the provider answers: xAI, or any endpoint that speaks OpenAI's chat completions with JSON schemas. Plain http only on this machine.</summary>
    [Required]
    public string BaseUrl { get; set; } = "https://api.x.ai/v1";

    /// <summary>Models in the order in which they are tried, with commas between: a model that is gone is replaced by the next.</summary>
    [Required]
    public string Models { get; set; } = "grok-4.6,grok-4.5,grok-4.3";

    /// <summary>How much a model thinks before it answers: none, low, medium or high, as far as it knows these words; empty sends nothing.</summary>
    [RegularExpression("^[a-z]{0,16}$")]
    public string ReasoningEffort { get; set; } = "low";

    /// <summary>Longest answer of a model, in tokens.</summary>
    [Range(500, 100_000)]
    public int MaxCompletionTokens { get; set; } = 6000;

    /// <summary>How long a person waits for the provider at most, with all attempts; then Evolv's own guidance answers.</summary>
    [Range(1, 60)]
    public int TimeoutSeconds { get; set; } = 20;

    /// <summary>How long one attempt may take.</summary>
    [Range(1, 60)]
    public int AttemptTimeoutSeconds { get; set; } = 15;

    /// <summary>Price of a million tokens that are sent, in US dollars: for reservations, and where the provider does not say what a call cost.</summary>
    [Range(0, 10_000)]
    public double InputUsdPerMillionTokens { get; set; } = 3;

    /// <summary>Price of a million tokens that are received, in US dollars.</summary>
    [Range(0, 10_000)]
    public double OutputUsdPerMillionTokens { get; set; } = 15;

    /// <summary>What one person may cost in a day (UTC), in US dollars.</summary>
    [Range(0, 1_000_000)]
    public double PersonDailyUsd { get; set; } = 0.5;

    /// <summary>What one person may cost in a month, in US dollars.</summary>
    [Range(0, 1_000_000)]
    public double PersonMonthlyUsd { get; set; } = 5;

    /// <summary>What all may cost together in a day, in US dollars.</summary>
    [Range(0, 1_000_000)]
    public double InstallationDailyUsd { get; set; } = 20;

    /// <summary>What all may cost together in a month, in US dollars.</summary>
    [Range(0, 1_000_000)]
    public double InstallationMonthlyUsd { get; set; } = 200;

    /// <summary>Whose salaries and outlooks are told: US has figures that ship with Evolv, for another region (ISO 3166, such as DE) add your own.</summary>
    [RegularExpression("^[A-Z]{2}(-[A-Z0-9]{1,3})?$")]
    public string Region { get; set; } = "US";

    internal bool UsesGrok => !string.IsNullOrEmpty(ApiKey);

    internal string[] ModelList => Models.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<AiOptions>;

    // Says nothing of the key.
    internal sealed class EndpointValidator : IValidateOptions<AiOptions>
    {
        public ValidateOptionsResult Validate(string? name, AiOptions options)
        {
            if (!Uri.TryCreate(options.BaseUrl, UriKind.Absolute, out var url) || url.UserInfo.Length > 0 ||
                !(url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
                return ValidateOptionsResult.Fail($"{nameof(BaseUrl)}: it must be an https address without a user, such as https://api.x.ai/v1");
            return options.ModelList.Length is 0 or > 10
                ? ValidateOptionsResult.Fail($"{nameof(Models)}: it must name 1 to 10 models, with commas between")
                : ValidateOptionsResult.Success;
        }
    }
}
