using Evolv.Platform.Settings;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Evolv.Platform.Observability;

/// <summary>Metrics for Prometheus; traces, metrics and logs for a collector where one is configured. What is off costs nothing.</summary>
static class ObservabilityModule
{
    // Bounds what strangers can make of routes, methods and statuses; beyond it all is counted as one.
    const int MostSeriesOfRequests = 120;

    static readonly double[] RequestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

    /// <param name="services">Those of the server.</param>
    /// <param name="settings">Read before they are checked: what is not measured is not even registered.</param>
    /// <param name="readAgain">The settings as they are now.</param>
    internal static IServiceCollection AddObservability(
        this IServiceCollection services, IConfigurationRoot settings, Func<IConfiguration> readAgain)
    {
        services.AddSettings<ObservabilityOptions, ObservabilityOptions.Validator>(ObservabilityOptions.Section);
        services.AddSingleton<Microsoft.Extensions.Options.IValidateOptions<ObservabilityOptions>, ObservabilityOptions.EndpointValidator>();
        services.AddSingleton<SlowQueries>();
        services.AddHostedService(provider => new LogLevels(
            SettingsExtensions.SettingsFile, settings, readAgain,
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<LogLevels>>()));

        var collector = CollectorOf(settings);
        if (!IsMeasuring(settings) && collector is null)
            return services;
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource.AddService(
            "evolv", serviceVersion: typeof(Program).Assembly.GetName().Version?.ToString(3)));
        if (IsMeasuring(settings))
        {
            services.AddServerGauges();
            telemetry.WithMetrics(Measure);
            services.AddHostedService<GaugeMeter>(); // After those who listen.
        }

        if (collector is not null)
        {
            telemetry.WithTracing(traces => Trace(traces, settings));
            telemetry.WithLogging(logs => logs.AddProcessor(new RequestAttributes()), logs => logs.IncludeFormattedMessage = true);
            if (collector.Length > 0)
                telemetry.UseOtlpExporter(Protocol(), new Uri(collector));
            else
                telemetry.UseOtlpExporter();
        }

        return services;
    }

    /// <summary>Before everything else: what is logged of a request, whatever happens to it.</summary>
    internal static void UseObservability(this IApplicationBuilder app) => app.UseMiddleware<RequestLog>();

    /// <summary>/metrics, for whom <see cref="MetricsDoor"/> lets in.</summary>
    internal static void MapMetrics(this IEndpointRouteBuilder app)
    {
        if (app.ServiceProvider.GetService<MeterProvider>() is not null && IsMeasuring(app.ServiceProvider.GetRequiredService<IConfiguration>()))
        {
            app.MapPrometheusScrapingEndpoint("/metrics", null, branch => branch.UseMiddleware<MetricsDoor>(), null)
                .DisableHttpMetrics();
        }
    }

    static bool IsMeasuring(IConfiguration settings)
        => !bool.TryParse(settings[$"{ObservabilityOptions.Section}:{nameof(ObservabilityOptions.Metrics)}"], out var isMeasuring) || isMeasuring;

    // Null without one, empty where the standard variables say it.
    static string? CollectorOf(IConfiguration settings)
    {
        if (settings[$"{ObservabilityOptions.Section}:{nameof(ObservabilityOptions.OtlpEndpoint)}"] is { Length: > 0 } given)
            return Uri.TryCreate(given, UriKind.Absolute, out _) ? given : null; // It is refused in a moment.
        return string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT")) ? null : "";
    }

    static OtlpExportProtocol Protocol()
        => Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL") == "http/protobuf" ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;

    static void Measure(MeterProviderBuilder metrics) => metrics
        .AddMeter(EvolvMeter.Name)
        .AddAspNetCoreInstrumentation()
        .AddHttpClientInstrumentation()
        .AddRuntimeInstrumentation()
        .AddNpgsqlInstrumentation()
        .AddView("http.server.request.duration", new ExplicitBucketHistogramConfiguration { Boundaries = RequestSeconds, CardinalityLimit = MostSeriesOfRequests })
        .AddView("dns.lookup.duration", MetricStreamConfiguration.Drop)
        .AddPrometheusExporter(prometheus => prometheus.ScopeInfoEnabled = false);

    static void Trace(TracerProviderBuilder traces, IConfiguration settings)
    {
        var ratio = settings.GetSection(ObservabilityOptions.Section).GetValue(nameof(ObservabilityOptions.TraceRatio), new ObservabilityOptions().TraceRatio);
        StatementSpans.Add(traces
            .SetSampler(new ParentBasedSampler(new RequestSampler(ratio)))
            .AddAspNetCoreInstrumentation(requests => requests.Filter = IsTraced)
            .AddHttpClientInstrumentation());
    }

    // A socket lives for hours, and whoever looks after the server asks every second.
    static bool IsTraced(HttpContext context)
        => context.Request.Path.Value is not ("/livez" or "/readyz" or "/metrics" or "/realtime/v1/websocket");
}
