namespace Evolv.Platform.Observability;

/// <summary>
/// Takes changes of the section <c>Logging</c> in appsettings.json within seconds, without a restart. It looks when the file was written
/// last: to watch its folder would be to watch PostgreSQL's files, too.
/// </summary>
/// <param name="file">Looked at.</param>
/// <param name="settings">Those of the server, from which its loggers take their levels.</param>
/// <param name="readAgain">All settings as they are now.</param>
sealed class LogLevels(string file, IConfigurationRoot settings, Func<IConfiguration> readAgain, TimeProvider time, ILogger<LogLevels> logger)
    : BackgroundService
{
    internal static readonly TimeSpan Look = TimeSpan.FromSeconds(2);

    DateTime _seen = File.GetLastWriteTimeUtc(file); // When the settings were read, not when the first look begins.

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (File.GetLastWriteTimeUtc(file) is var written && written == _seen)
                continue;
            _seen = written;
            try
            {
                Take(readAgain());
                logger.LogLevelsRead(file);
            }
            catch (SetupException exception)
            {
                logger.LogLevelsNotRead(exception.Message);
            }
        }
    }

    // The settings in memory keep what they are given; a key that is gone gets no value.
    void Take(IConfiguration read)
    {
        var keys = Logging(settings).Concat(Logging(read)).Select(setting => setting.Key).Distinct(StringComparer.OrdinalIgnoreCase);
        foreach (var key in keys.ToArray())
            settings[key] = read[key];
        settings.Reload();
    }

    static IEnumerable<KeyValuePair<string, string?>> Logging(IConfiguration from)
        => from.GetSection("Logging").AsEnumerable().Where(setting => setting.Value is not null);
}
