using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Evolv.Bench.Load;

namespace Evolv.Bench.Http;

/// <summary>Clients that send or read a byte a second until they are cut off, and come again.</summary>
sealed class SlowClients : IAsyncDisposable
{
    static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    // In which what they have asked for is made: that much anybody may ask.
    static readonly TimeSpan Settling = TimeSpan.FromSeconds(2);

    readonly CancellationTokenSource _end = new();
    Task[] _clients = [];
    int _open;
    int _cut;

    /// <summary>How often one was cut off.</summary>
    internal int Cut => _cut;

    /// <summary>Returns when all have connected and wait.</summary>
    internal static async Task<SlowClients> OpenAsync(BenchWorld world, int count)
    {
        var clients = new SlowClients();
        clients._clients = [.. Enumerable.Range(0, count).Select(number => clients.RunAsync(world, number))];
        while (clients._open < count)
            await Task.Delay(10);
        await Task.Delay(Settling);
        return clients;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_clients);
        _end.Dispose();
    }

    async Task RunAsync(BenchWorld world, int number)
    {
        var isFirst = true;
        while (!_end.IsCancellationRequested)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, world.Port, _end.Token);
                if (isFirst)
                    Interlocked.Increment(ref _open);
                isFirst = false;
                await socket.SendAsync(Opening(world, number % 3), _end.Token);
                await (number % 3 == 2 ? ReadAsync(socket) : SendAsync(socket));
            }
            catch (Exception exception) when (exception is SocketException or OperationCanceledException)
            {
                // Cut off, or the turn is over.
            }

            if (!_end.IsCancellationRequested)
                Interlocked.Increment(ref _cut);
        }
    }

    static byte[] Opening(BenchWorld world, int kind) => Encoding.ASCII.GetBytes(kind switch
    {
        0 => "GET /livez HTTP/1.1\r\nHost: bench\r\nX-Slow: ",
        1 => string.Create(CultureInfo.InvariantCulture,
            $"POST /rest/v1/rpc/nothing HTTP/1.1\r\nHost: bench\r\napikey: {world.PublishableKey}\r\nContent-Type: application/json\r\nContent-Length: 10000000\r\n\r\n["),
        // 300 KB.
        _ => $"GET /rest/v1/feed_items?limit=1000 HTTP/1.1\r\nHost: bench\r\napikey: {world.PublishableKey}\r\nAuthorization: Bearer {world.Followers[200].AccessToken}\r\n\r\n",
    });

    async Task SendAsync(Socket socket)
    {
        var ends = Task.Run(async () => await socket.ReceiveAsync(new byte[1024], _end.Token) >= 0, _end.Token);
        while (await Task.WhenAny(ends, Task.Delay(Second, _end.Token)) != ends && !_end.IsCancellationRequested)
            await socket.SendAsync("1"u8.ToArray(), _end.Token);
    }

    async Task ReadAsync(Socket socket)
    {
        var one = new byte[1];
        while (await socket.ReceiveAsync(one, _end.Token) > 0)
            await Task.Delay(Second, _end.Token);
    }
}
