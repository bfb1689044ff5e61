using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Cli;

/// <summary>start: serve until SIGTERM or Ctrl+C.</summary>
static class StartCommand
{
    internal static Command Create(ServerBuilder build)
    {
        var urls = new Option<string?>("--urls") { Description = "Addresses to listen on (default http://127.0.0.1:54321)" };
        var demo = new Option<bool>("--demo") { Description = "Load the demo community" };
        var noMigrate = new Option<bool>("--no-migrate")
        {
            Description = "Serve the database of Database:ConnectionString as it is, as PostgREST would: /rest/v1 alone",
        };
        var command = new Command("start", "Start Evolv and its PostgreSQL.\nExample: ./evolv start --urls http://127.0.0.1:8000 --demo")
        {
            urls, EvolvCommand.Data, demo, noMigrate,
        };
        command.SetAction((parsed, cancellationToken) => RunAsync(
            build(EvolvCommand.Settings(
                (nameof(ServerOptions.Urls), parsed.GetValue(urls)),
                (nameof(ServerOptions.Data), parsed.GetValue(EvolvCommand.Data)),
                (nameof(ServerOptions.Demo), parsed.GetValue(demo) ? "true" : null),
                (nameof(ServerOptions.Migrate), parsed.GetValue(noMigrate) ? "false" : null))),
            cancellationToken));
        return command;
    }

    static async Task<int> RunAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var options = app.Services.GetRequiredService<IOptions<ServerOptions>>().Value;
        if (options is { Demo: true, Migrate: false })
            throw new SetupException("--demo needs Evolv's own schema, which --no-migrate leaves out; use one of them.");
        RefuseTakenPorts(options.ReadUrls());
        if (options.ReadUrls().Any(HttpsOnly.IsHttps))
            app.Services.GetRequiredService<ServerCertificate>().Load();
        await using var _ = app;
        var installation = app.Services.GetRequiredService<Installation>();
        await installation.StartAsync(cancellationToken);

        await using (var owner = await Migrator.OpenOwnerAsync(installation.ConnectionStrings, cancellationToken))
        {
            var logins = options.Demo ? await SeedCommand.LoadAsync(app, owner, cancellationToken) : [];
            await app.StartAsync(cancellationToken);
            // Where both are, the API is at https.
            var url = app.Urls.FirstOrDefault(HttpsOnly.IsHttps) ?? app.Urls.First();
            StatusCommand.WriteUrl(options, url);
            var report = await StatusReport.ReadAsync(owner, installation.ConnectionStrings, url, options, app.Services.GetServices<StatusLine>(), cancellationToken);
            Console.WriteLine(report.ToBanner(logins));
        }

        await app.WaitForShutdownAsync(cancellationToken);
        return 0;
    }

    /// <summary>Before PostgreSQL is started for nothing.</summary>
    static void RefuseTakenPorts(string[] urls)
    {
        foreach (var url in urls)
        {
            BindingAddress address;
            try
            {
                address = BindingAddress.Parse(url);
            }
            catch (FormatException)
            {
                throw new SetupException($"Setting Urls is wrong: '{url}' is no address; write it as http://127.0.0.1:54321.");
            }

            if (address.Port == 0)
                continue;
            var ip = IPAddress.TryParse(address.Host, out var given) ? given : IPAddress.Loopback;
            try
            {
                using var listener = new TcpListener(ip, address.Port);
                listener.Start();
            }
            catch (SocketException exception)
            {
                throw new SetupException(
                    $"Evolv cannot listen on {url} ({exception.Message}); stop the program that does, or choose another address with --urls.");
            }
        }
    }
}
