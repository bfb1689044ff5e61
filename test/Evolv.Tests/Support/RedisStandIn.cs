using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Evolv.Tests.Support;

/// <summary>What stands between Evolv and Redis does.</summary>
public enum RedisLie
{
    None,

    /// <summary>Takes everything and says nothing.</summary>
    Silence,

    /// <summary>Tells the truth, after a fifth of a second.</summary>
    Slowness,

    /// <summary>Hangs up, and on whoever comes again.</summary>
    HangingUp,

    /// <summary>Answers what is no RESP.</summary>
    Garbage,

    /// <summary>Answers RESP that is not what was asked for.</summary>
    Nonsense,
    Loading,
    ReadOnly,
    OutOfMemory,
}

/// <summary>A wire to a real Redis that lies when it is told to.</summary>
sealed class RedisStandIn : IAsyncDisposable
{
    readonly RedisProcess _redis;
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly ConcurrentDictionary<TcpClient, bool> _clients = new();
    readonly CancellationTokenSource _end = new();
    readonly Task _accepting;
    volatile RedisLie _lie;

    internal RedisStandIn(RedisProcess redis)
    {
        _redis = redis;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    internal string ConnectionString => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    /// <summary>From now on; connections of a lie end with it, because answers are owed on them.</summary>
    internal void Tell(RedisLie lie)
    {
        var before = _lie;
        _lie = lie;
        if (before == RedisLie.None && lie != RedisLie.HangingUp)
            return;
        foreach (var client in _clients.Keys)
            client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        foreach (var client in _clients.Keys)
            client.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    async Task AcceptAsync()
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token)));
        }
        finally
        {
            await Task.WhenAll(serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    async Task ServeAsync(TcpClient client)
    {
        using var _ = client;
        using var upstream = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        _clients[client] = true;
        try
        {
            await upstream.ConnectAsync(IPEndPoint.Parse(_redis.ConnectionString), _end.Token);
            var answers = upstream.GetStream().CopyToAsync(client.GetStream(), _end.Token);
            await CarryAsync(client.GetStream(), upstream.GetStream());
            upstream.Close();
            await answers;
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side is gone, and the other goes with it.
        }
        finally
        {
            _clients.TryRemove(client, out var _);
        }
    }

    async Task CarryAsync(NetworkStream from, NetworkStream to)
    {
        using var reader = new StreamReader(from, Encoding.Latin1);
        while (_lie != RedisLie.HangingUp && await ReadCommandAsync(reader) is { } command)
        {
            if (_lie == RedisLie.Slowness)
                await Task.Delay(200, _end.Token);
            if (_lie is RedisLie.None or RedisLie.Slowness)
                await to.WriteAsync(Encoding.Latin1.GetBytes(command), _end.Token);
            else if (Answer(_lie) is { } answer)
                await from.WriteAsync(Encoding.Latin1.GetBytes(answer), _end.Token);
        }
    }

    // *2\r\n$4\r\nECHO\r\n$2\r\nhi\r\n, one character for each byte.
    static async Task<string?> ReadCommandAsync(StreamReader reader)
    {
        if (await reader.ReadLineAsync() is not { Length: > 1 } head)
            return null;
        var command = new StringBuilder(head).Append("\r\n");
        for (var left = int.Parse(head.AsSpan(1), CultureInfo.InvariantCulture); left > 0; left--)
        {
            var size = await reader.ReadLineAsync() ?? "";
            var text = new char[int.Parse(size.AsSpan(1), CultureInfo.InvariantCulture) + 2];
            await reader.ReadBlockAsync(text);
            command.Append(size).Append("\r\n").Append(text);
        }

        return command.ToString();
    }

    static string? Answer(RedisLie lie) => lie switch
    {
        RedisLie.Garbage => "HTTP/1.1 200 OK\r\n\r\n<html>\0\r\n",
        RedisLie.Nonsense => "*2\r\n$3\r\nyes\r\n$-1\r\n",
        RedisLie.Loading => "-LOADING Redis is loading the dataset in memory\r\n",
        RedisLie.ReadOnly => "-READONLY You can't write against a read only replica.\r\n",
        RedisLie.OutOfMemory => "-OOM command not allowed when used memory > 'maxmemory'.\r\n",
        _ => null,
    };
}
