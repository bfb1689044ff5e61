using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Evolv.Platform.Postgres;

namespace Evolv.Tests.Support;

/// <summary>A real Redis on a port of its own, to be killed, started again and made to hang.</summary>
sealed class RedisProcess : IAsyncDisposable
{
    readonly int _port = DataFolder.FreePort();
    Process? _process;

    internal string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{_port}");

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<RedisProcess> StartAsync()
    {
        var redis = new RedisProcess();
        await redis.RestartAsync();
        return redis;
    }

    internal async Task RestartAsync()
    {
        _process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", _port.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        while (!await AnswersAsync())
        {
            Assert.False(_process.HasExited, "redis-server ended");
            await Task.Delay(20, Token);
        }
    }

    internal async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync(Token);
        _process.Dispose();
        _process = null;
    }

    /// <summary>It keeps its connections and answers nothing.</summary>
    internal Task HangAsync() => SignalAsync("-STOP");

    internal Task GoOnAsync() => SignalAsync("-CONT");

    /// <summary>Runs one command without arguments, or with those that have no spaces, and returns what it answers first.</summary>
    internal async Task<string> AskAsync(string command)
    {
        using var client = new TcpClient();
        await client.ConnectAsync("127.0.0.1", _port, Token);
        await using var stream = client.GetStream();
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(command + "\r\n"), Token);
        var answer = new byte[64 * 1024];
        return System.Text.Encoding.ASCII.GetString(answer, 0, await stream.ReadAsync(answer, Token));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is null)
            return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", [signal, _process!.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync(Token);
    }

    async Task<bool> AnswersAsync()
    {
        try
        {
            return await AskAsync("PING") == "+PONG\r\n";
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
