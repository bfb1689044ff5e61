using System.Net.WebSockets;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Socket;

public sealed class ShutdownTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task All_clients_are_told_to_come_back_and_the_program_ends_soon()
    {
        await using var process = new EvolvProcess();
        await process.StartAsync();
        var key = await process.StatusAsync("PUBLISHABLE_KEY");
        var sockets = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => RawSocket.OpenAsync(process.Url, key)));
        await Task.WhenAll(sockets.Select(socket => RawSocket.SendTextAsync(socket, """[null,"1","realtime:room","phx_join",{}]""")));
        foreach (var socket in sockets)
            await RawSocket.ReadTextAsync(socket);

        // Nobody answers the close: reading comes after it.
        var (elapsed, exitCode) = await process.TerminateAsync();

        foreach (var socket in sockets)
        {
            Assert.Equal((WebSocketCloseStatus)1012, await RawSocket.ReadCloseAsync(socket));
            Assert.Equal("service restart", socket.CloseStatusDescription);
            socket.Dispose();
        }

        Assert.Equal(0, exitCode);
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(6)); // with PostgreSQL's own end
    }

    [Fact]
    public async Task Clients_that_answer_hold_nothing_up()
    {
        await using var process = new EvolvProcess();
        await process.StartAsync();
        var key = await process.StatusAsync("PUBLISHABLE_KEY");
        var sockets = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => RawSocket.OpenAsync(process.Url, key)));
        var closes = sockets.Select(async socket =>
        {
            var status = await RawSocket.ReadCloseAsync(socket);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            return status;
        }).ToArray();

        var (elapsed, exitCode) = await process.TerminateAsync();

        Assert.All(await Task.WhenAll(closes), status => Assert.Equal((WebSocketCloseStatus)1012, status));
        Assert.Equal(0, exitCode);
        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(6));
        foreach (var socket in sockets)
            socket.Dispose();
    }
}
