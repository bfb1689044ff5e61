using Evolv.Platform.Observability;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Evolv.Tests.Platform.Observability;

/// <summary>Levels of the log follow the file, without a restart.</summary>
public sealed class LogLevelsTests
{
    [Fact]
    public async Task Operator_changes_a_level_in_the_file_and_it_holds()
    {
        var file = Path.GetTempFileName();
        await WriteAsync(file, "Warning");
        var settings = new ConfigurationBuilder().AddInMemoryCollection(Read(file).AsEnumerable()).Build();
        using var loggers = LoggerFactory.Create(logging => logging.AddConfiguration(settings.GetSection("Logging")).AddConsole());
        var logger = loggers.CreateLogger("Access");
        using var levels = new LogLevels(file, settings, () => Read(file), TimeProvider.System, NullLogger<LogLevels>.Instance);
        await levels.StartAsync(TestContext.Current.CancellationToken);
        Assert.False(logger.IsEnabled(LogLevel.Information));

        await WriteAsync(file, "Information");
        for (var i = 0; i < 200 && !logger.IsEnabled(LogLevel.Information); i++)
            await Task.Delay(50, TestContext.Current.CancellationToken);

        Assert.True(logger.IsEnabled(LogLevel.Information));
        await levels.StopAsync(TestContext.Current.CancellationToken);
        File.Delete(file);
    }

    static IConfiguration Read(string file) => new ConfigurationBuilder().AddJsonFile(file).Build();

    static async Task WriteAsync(string file, string level)
    {
        await File.WriteAllTextAsync(file, """{"Logging":{"LogLevel":{"Default":"LEVEL"}}}""".Replace("LEVEL", level, StringComparison.Ordinal));
        File.SetLastWriteTimeUtc(file, File.GetLastWriteTimeUtc(file).AddSeconds(level.Length)); // Whatever the clock of the disk shows.
    }
}
