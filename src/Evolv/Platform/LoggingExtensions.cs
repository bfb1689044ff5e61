using Microsoft.Extensions.Logging.Console;

namespace Evolv.Platform;

static class LoggingExtensions
{
    // These write what came in as it came: query strings, in which tokens travel, and lines that are no requests. What they have to say
    // of use is in the category Access.
    static readonly string[] Unguarded = ["Microsoft.AspNetCore.Hosting.Diagnostics", "Microsoft.AspNetCore.Server.Kestrel.BadRequests"];

    static readonly string[] Providers =
    [
        typeof(ConsoleLoggerProvider).FullName!, typeof(OpenTelemetry.Logs.OpenTelemetryLoggerProvider).FullName!,
    ];

    /// <summary>
    /// Logs to standard error, so that standard output stays the program's: one JSON object per line, or plain lines for
    /// a person at a terminal. Warnings and errors, unless <c>Logging:LogLevel</c> says otherwise.
    /// </summary>
    internal static void ConfigureForEvolv(this ILoggingBuilder logging, IConfiguration settings)
    {
        logging.ClearProviders();
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddConfiguration(settings.GetSection("Logging"));
        if (Console.IsErrorRedirected)
        {
            logging.AddConsole(console => console.FormatterName = JsonLineFormatter.FormatterName);
            logging.AddConsoleFormatter<JsonLineFormatter, ConsoleFormatterOptions>();
        }
        else
        {
            logging.AddSimpleConsole(console => console.SingleLine = true);
        }

        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        // Last and most exact, so that no setting comes before it.
        logging.Services.PostConfigure<LoggerFilterOptions>(filters =>
        {
            foreach (var provider in Providers)
                foreach (var category in Unguarded)
                    filters.Rules.Add(new LoggerFilterRule(provider, category, LogLevel.Warning, null));
        });
    }
}
