using System.Net.WebSockets;
using System.Text;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime.Socket;

/// <summary>A socket that nobody reads unless the test does.</summary>
static class RawSocket
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static Task<ClientWebSocket> OpenAsync(EvolvServer server, string version = "2.0.0") => OpenAsync(server.Url, server.PublishableKey, version);

    internal static async Task<ClientWebSocket> OpenAsync(string url, string key, string version = "2.0.0")
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(
            new Uri($"{url.Replace("http://", "ws://", StringComparison.Ordinal)}/realtime/v1/websocket?apikey={key}&vsn={version}"), Token);
        return socket;
    }

    internal static Task SendTextAsync(ClientWebSocket socket, string text)
        => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Token);

    /// <summary>The next text message, whole.</summary>
    internal static async Task<string> ReadTextAsync(ClientWebSocket socket)
    {
        var (whole, buffer) = (new MemoryStream(), new byte[16 * 1024]);
        while (true)
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Token);
            timeout.CancelAfter(TimeSpan.FromSeconds(15));
            var part = await socket.ReceiveAsync(buffer.AsMemory(), timeout.Token);
            Assert.NotEqual(WebSocketMessageType.Close, part.MessageType);
            whole.Write(buffer, 0, part.Count);
            if (part.EndOfMessage)
                return Encoding.UTF8.GetString(whole.ToArray());
        }
    }

    /// <summary>Reads until the server closes; null when the connection is cut.</summary>
    internal static async Task<WebSocketCloseStatus?> ReadCloseAsync(ClientWebSocket socket)
    {
        var buffer = new byte[16 * 1024];
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Token);
        timeout.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            while ((await socket.ReceiveAsync(buffer.AsMemory(), timeout.Token)).MessageType != WebSocketMessageType.Close)
            {
            }

            return socket.CloseStatus;
        }
        catch (WebSocketException)
        {
            return null;
        }
    }
}
