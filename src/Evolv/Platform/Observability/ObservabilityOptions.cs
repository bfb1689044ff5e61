using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Observability;

/// <summary>Section <c>Observability</c>: metrics, traces and what is written to the log by itself.</summary>
sealed partial class ObservabilityOptions
{
    internal const string Section = "Observability";

    /// <summary>Measures and serves /metrics. Without it nothing is measured and there is no /metrics.</summary>
    public bool Metrics { get; set; } = true;

    /// <summary>
    /// What a scraper sends as <c>Authorization: Bearer …</c>, at least 16 characters. Without it /metrics answers only programs on this
    /// machine that come without a proxy.
    /// </summary>
    [MinLength(16)]
    public string? MetricsToken { get; set; }

    /// <summary>
    /// Collector for traces, metrics and logs, as an OTLP address: <c>http://collector:4317</c>. Empty: the standard variable
    /// OTEL_EXPORTER_OTLP_ENDPOINT, and without that nothing is sent. OTEL_EXPORTER_OTLP_PROTOCOL and _HEADERS count, too.
    /// </summary>
    public string? OtlpEndpoint { get; set; }

    /// <summary>Share of the requests that are traced, when their caller has not decided that.</summary>
    [Range(0.0, 1.0)]
    public double TraceRatio { get; set; } = 0.1;

    /// <summary>Statements that take longer are logged with their SQL, without values; in milliseconds, 0 for none.</summary>
    [Range(0, 3_600_000)]
    public int SlowQueryMilliseconds { get; set; } = 500;

    /// <summary>Free space of the disk with the data folder below which /readyz says degraded, in MB.</summary>
    [Range(0, 1_000_000_000)]
    public int MinFreeMegabytes { get; set; } = 500;

    [OptionsValidator]
    internal sealed partial class Validator : IValidateOptions<ObservabilityOptions>;

    /// <summary>Checks what attributes cannot say.</summary>
    internal sealed class EndpointValidator : IValidateOptions<ObservabilityOptions>
    {
        public ValidateOptionsResult Validate(string? name, ObservabilityOptions options)
            => string.IsNullOrEmpty(options.OtlpEndpoint)
                || (Uri.TryCreate(options.OtlpEndpoint, UriKind.Absolute, out var url) && url.Scheme is "http" or "https")
                ? ValidateOptionsResult.Success
                : ValidateOptionsResult.Fail($"{nameof(OtlpEndpoint)}: it must be an address such as http://127.0.0.1:4317");
    }
}
