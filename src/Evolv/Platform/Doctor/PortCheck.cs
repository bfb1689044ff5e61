using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Evolv.Platform.Cli;

namespace Evolv.Platform.Doctor;

/// <summary>Whether Evolv answers where it should, or could listen there.</summary>
static class PortCheck
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    internal static async Task<IReadOnlyList<DoctorFinding>> RunAsync(ServerOptions options, DoctorContext context, CancellationToken cancellationToken)
    {
        // Where a running one said that it is: the command line may have told it so.
        var running = context.FolderIsInUse ? StatusCommand.ReadUrl(options) : null;
        var urls = running is not null ? [running] : options.Urls.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var findings = new List<DoctorFinding>();
        foreach (var url in urls)
            findings.Add(await LookAsync(url, context.FolderIsInUse, cancellationToken));
        return findings;
    }

    static async Task<DoctorFinding> LookAsync(string url, bool shouldAnswer, CancellationToken cancellationToken)
    {
        BindingAddress address;
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            return DoctorFinding.Red($"'{url}' in Urls is no address", "Write it as http://127.0.0.1:54321.");
        }

        if (address.Port == 0)
            return DoctorFinding.Green($"{url}: any free port");
        var problem = TryListen(address);
        return problem is null
            ? shouldAnswer
                ? DoctorFinding.Red($"an Evolv holds the data folder and does not listen on {url}", "It may be starting; look into its log, and restart it if that stays.")
                : DoctorFinding.Green($"{url} is free")
            : problem.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? await AskAsync(url, address, cancellationToken)
                : DoctorFinding.Red($"Evolv cannot listen on {url}: {problem.Message}", "Choose another address in Urls, or give the program the right.");
    }

    static SocketException? TryListen(BindingAddress address)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.TryParse(address.Host, out var given) ? given : IPAddress.Loopback, address.Port);
            listener.Start();
            return null;
        }
        catch (SocketException exception)
        {
            return exception;
        }
    }

    static async Task<DoctorFinding> AskAsync(string url, BindingAddress address, CancellationToken cancellationToken)
    {
        // Its certificate may be for another name than the one asked for here; nothing secret is sent.
        using var handler = new HttpClientHandler { ServerCertificateCustomValidationCallback = HttpClientHandler.DangerousAcceptAnyServerCertificateValidator };
        using var client = new HttpClient(handler) { Timeout = Patience };
        var host = IPAddress.TryParse(address.Host, out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) ? address.Host : "127.0.0.1";
        var root = new UriBuilder(address.Scheme, host, address.Port).Uri;
        try
        {
            if (await client.GetStringAsync(new Uri(root, "/livez"), cancellationToken) != "ok")
                return Taken(url);
            using var answer = await client.GetAsync(new Uri(root, "/readyz"), cancellationToken);
            using var json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancellationToken));
            var status = json.RootElement.GetProperty("status").GetString();
            var missing = string.Join(", ", json.RootElement.GetProperty("checks").EnumerateObject()
                .Where(check => check.Value.GetString() != "ok").Select(check => $"{check.Name}: {check.Value.GetString()}"));
            return status == "ready" ? DoctorFinding.Green($"Evolv answers on {url}")
                : answer.IsSuccessStatusCode ? DoctorFinding.Yellow($"Evolv answers on {url} and is {status} ({missing})", "See what is missing below and in its log.")
                : DoctorFinding.Red($"Evolv on {url} is {status} ({missing})", "See what is missing below and in its log.");
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or JsonException or KeyNotFoundException or InvalidOperationException ||
            (exception is TaskCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return Taken(url);
        }
    }

    static DoctorFinding Taken(string url)
        => DoctorFinding.Red($"another program listens on {url}", "Stop it, or choose another address in Urls or with --urls.");
}
