using System.CommandLine;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Cli;

/// <summary>status: the addresses and keys of a running Evolv.</summary>
static class StatusCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var output = new Option<string>("--output", "-o") { Description = "pretty, json or env", DefaultValueFactory = _ => "pretty" };
        output.AcceptOnlyFromAmong("pretty", "json", "env");
        var command = new Command("status", "Print addresses and keys, under the names that supabase status uses.\nExample: ./evolv status -o env > .env")
        {
            output, EvolvCommand.Data,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            build(EvolvCommand.Settings((nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data)))),
            parsed.GetValue(output)!, cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(WebApplication app, string format, CancellationToken cancellationToken)
    {
        var options = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
        var connectionStrings = OwnerAccess.FindRunning(app) ?? throw new SetupException(
            $"No Evolv is running on {Installation.FolderOf(options)}; start it with ./evolv start, or name its folder with --data.");
        await using var owner = await Migrator.OpenOwnerAsync(connectionStrings, cancellationToken);
        var report = await StatusReport.ReadAsync(owner, connectionStrings, ReadUrl(options) ?? (options.ReadUrls().FirstOrDefault(HttpsOnly.IsHttps) ?? options.ReadUrls()[0]), options, app.Services.GetServices<StatusLine>(), cancellationToken);
        Console.WriteLine(report.ToText(format));
        return 0;
    }

    /// <summary>The address that the running server said it listens on; it may come from the command line or be a free port.</summary>
    internal static string? ReadUrl(ServerOptions options)
    {
        var file = UrlFile(options);
        return File.Exists(file) ? JsonSerializer.Deserialize<string>(File.ReadAllText(file)) : null;
    }

    internal static void WriteUrl(ServerOptions options, string url)
    {
        // With a PostgreSQL of one's own nothing else has made the folder.
        Directory.CreateDirectory(Installation.FolderOf(options));
        File.WriteAllText(UrlFile(options), JsonSerializer.Serialize(url));
    }

    static string UrlFile(ServerOptions options) => Path.Combine(Installation.FolderOf(options), "server.json");
}
