using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using Evolv.Platform.Postgres;

namespace Evolv.Bench.RateLimits;

/// <summary>A redis-server of the bench's own, or one that was named.</summary>
sealed class RedisServer(string address, Process? process) : IAsyncDisposable
{
    internal string Address => address;

    /// <summary>Null, and a word about it, where redis-server is not installed.</summary>
    internal static RedisServer? Start(string named)
    {
        if (named.Length > 0)
            return new RedisServer(named, null);
        var port = DataFolder.FreePort().ToString(CultureInfo.InvariantCulture);
        try
        {
            var process = Process.Start(new ProcessStartInfo("redis-server", ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            {
                RedirectStandardOutput = true,
                WorkingDirectory = Path.GetTempPath(),
            })!;
            process.BeginOutputReadLine();
            return new RedisServer($"127.0.0.1:{port}", process);
        }
        catch (Win32Exception)
        {
            Console.Error.WriteLine("redis-server is not installed; nothing is measured with Redis.");
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (process is null)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
