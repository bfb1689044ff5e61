using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace Evolv.Tests.Platform.Changes;

/// <summary>A way to PostgreSQL that can go dead: connections stay open and nothing comes through any more.</summary>
sealed class Wire : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly ConcurrentBag<Task> _running = [];
    volatile CancellationTokenSource _alive = new();

    internal Wire(int port)
    {
        _listener.Start();
        _running.Add(AcceptAsync(port));
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>All connections of now go dead; new ones work.</summary>
    internal void Cut()
    {
        var alive = _alive;
        _alive = new CancellationTokenSource();
        alive.Cancel();
    }

    async Task AcceptAsync(int port)
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync(_stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            _running.Add(CarryAsync(client, port, _alive.Token));
        }
    }

    async Task CarryAsync(TcpClient client, int port, CancellationToken alive)
    {
        using (client)
        using (var server = new TcpClient())
        {
            await server.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(alive, _stop.Token);
            var first = await Task.WhenAny(
                client.GetStream().CopyToAsync(server.GetStream(), both.Token), server.GetStream().CopyToAsync(client.GetStream(), both.Token));
            await first.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (alive.IsCancellationRequested) // Dead, and nobody is told.
                await Task.Delay(Timeout.Infinite, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await Task.WhenAll(_running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
        _alive.Dispose();
    }
}
