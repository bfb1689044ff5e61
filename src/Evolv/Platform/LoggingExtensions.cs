namespace Evolv.Platform;

static class LoggingExtensions
{
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
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";
            });
        }
        else
        {
            logging.AddSimpleConsole(console => console.SingleLine = true);
        }

        logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
            console => console.LogToStandardErrorThreshold = LogLevel.Trace);
    }
}
