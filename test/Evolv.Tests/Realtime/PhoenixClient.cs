using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evolv.Tests.Support;

namespace Evolv.Tests.Realtime;

/// <summary>A message of the server. Refs are null where the version has none.</summary>
sealed record Received(string? JoinRef, string? Ref, string Topic, string Event, JsonNode Payload)
{
    internal string? Status => (string?)Payload["status"];

    internal JsonNode? Response => Payload["response"];
}

/// <summary>
/// A client that speaks the protocol by hand, so that tests see each frame. It keeps all it is sent; <see cref="NextAsync"/>
/// takes out the first that fits.
/// </summary>
sealed class PhoenixClient : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    readonly ClientWebSocket _socket;
    readonly bool _isV2;
    readonly Task _reading;
    readonly List<Received> _messages = [];
    readonly ConcurrentQueue<byte[]> _binaries = new();
    readonly SemaphoreSlim _arrived = new(0);
    int _refs;

    PhoenixClient(ClientWebSocket socket, bool isV2)
    {
        (_socket, _isV2) = (socket, isV2);
        _reading = ReadAsync();
    }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal WebSocketState State => _socket.State;

    internal WebSocketCloseStatus? CloseStatus => _socket.CloseStatus;

    internal string? CloseReason => _socket.CloseStatusDescription;

    /// <summary>All that came and was not taken.</summary>
    internal IReadOnlyList<Received> Messages
    {
        get
        {
            lock (_messages)
                return [.. _messages];
        }
    }

    internal ConcurrentQueue<byte[]> Binaries => _binaries;

    /// <param name="server">Which server.</param>
    /// <param name="key">The publishable key if null; a secret key or a JWT otherwise.</param>
    /// <param name="version">The protocol's version.</param>
    /// <param name="origin">As a browser says it.</param>
    internal static async Task<PhoenixClient> ConnectAsync(EvolvServer server, string? key = null, string version = "2.0.0", string? origin = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (origin is not null)
            socket.Options.SetRequestHeader("Origin", origin);
        var url = $"{server.Url.Replace("http://", "ws://", StringComparison.Ordinal)}/realtime/v1/websocket?apikey={key ?? server.PublishableKey}&vsn={version}";
        await socket.ConnectAsync(new Uri(url), Token);
        return new PhoenixClient(socket, version == "2.0.0");
    }

    /// <summary>Joins and asserts that it may. Returns the response.</summary>
    internal async Task<JsonNode> JoinAsync(string topic, string? accessToken = null, string config = "{}")
    {
        var reply = await TryJoinAsync(topic, accessToken, config);
        Assert.True(reply.Status == "ok", reply.Payload.ToJsonString());
        return reply.Response!;
    }

    /// <summary>Joins and returns the reply, whatever it says.</summary>
    internal Task<Received> TryJoinAsync(string topic, string? accessToken = null, string config = "{}")
        => CallAsync(topic, "phx_join", $$"""{"config":{{config}},"access_token":{{JsonSerializer.Serialize(accessToken)}}}""");

    /// <summary>Joins for changes of tables, waits until they come, and returns the ids of the entries.</summary>
    internal async Task<int[]> SubscribeAsync(string topic, string? accessToken, params string[] entries)
    {
        var response = await JoinAsync(topic, accessToken, $$"""{"postgres_changes":[{{string.Join(',', entries)}}]}""");
        var system = await NextAsync(message => message.Event == "system" && message.Topic == $"realtime:{topic}");
        Assert.True((string?)system.Payload["status"] == "ok", system.Payload.ToJsonString());
        return [.. response["postgres_changes"]!.AsArray().Select(entry => (int)entry!["id"]!)];
    }

    /// <summary>Sends a message to a topic (without the prefix) and returns its reply.</summary>
    internal async Task<Received> CallAsync(string topic, string @event, string payload = "{}")
    {
        var @ref = await SendAsync(topic, @event, payload);
        return await NextAsync(message => message.Event == "phx_reply" && message.Ref == @ref);
    }

    /// <summary>Sends a message and returns its ref.</summary>
    internal async Task<string> SendAsync(string topic, string @event, string payload = "{}")
    {
        var @ref = Interlocked.Increment(ref _refs).ToString(null, null);
        var (refJson, topicJson, eventJson) = ($"\"{@ref}\"", JsonSerializer.Serialize(topic == "phoenix" ? topic : $"realtime:{topic}"), JsonSerializer.Serialize(@event));
        await SendTextAsync(_isV2
            ? $"[null,{refJson},{topicJson},{eventJson},{payload}]"
            : $$"""{"topic":{{topicJson}},"event":{{eventJson}},"payload":{{payload}},"ref":{{refJson}}}""");
        return @ref;
    }

    internal Task SendTextAsync(string text) => _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Token);

    internal Task SendBinaryAsync(byte[] bytes) => _socket.SendAsync(bytes, WebSocketMessageType.Binary, true, Token);

    /// <summary>Takes out the first message that fits, waiting for it.</summary>
    internal async Task<Received> NextAsync(Func<Received, bool> fits)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Token);
        timeout.CancelAfter(Patience);
        while (true)
        {
            lock (_messages)
            {
                if (_messages.FindIndex(message => fits(message)) is var at and >= 0)
                {
                    var found = _messages[at];
                    _messages.RemoveAt(at);
                    return found;
                }
            }

            try
            {
                await _arrived.WaitAsync(TimeSpan.FromMilliseconds(100), timeout.Token);
            }
            catch (OperationCanceledException) when (!Token.IsCancellationRequested)
            {
                Assert.Fail($"it did not come; what came ({State}, {CloseStatus}): {string.Join('\n', Messages.Select(message => $"{message.Topic} {message.Event} {message.Payload.ToJsonString()}"))}");
            }
        }
    }

    /// <summary>Takes out all that came before the first message that fits, and that one, waiting for it.</summary>
    internal async Task<List<Received>> TakeUntilAsync(Func<Received, bool> isLast)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(Token);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        for (var looked = 0; ;)
        {
            lock (_messages)
            {
                for (; looked < _messages.Count; looked++)
                {
                    if (!isLast(_messages[looked]))
                        continue;
                    var taken = _messages.GetRange(0, looked + 1);
                    _messages.RemoveRange(0, looked + 1);
                    return taken;
                }
            }

            Assert.True(State == WebSocketState.Open, $"closed: {CloseStatus} {CloseReason}");
            await _arrived.WaitAsync(timeout.Token);
        }
    }

    /// <summary>The next change of a table: the payload of <c>postgres_changes</c>.</summary>
    internal async Task<JsonNode> NextChangeAsync() => (await NextAsync(message => message.Event == "postgres_changes")).Payload;

    /// <summary>
    /// Asserts that nothing comes that fits: what the server had to send before is there when the answer to a heartbeat is. For changes, commit one that
    /// must come and wait for it first.
    /// </summary>
    internal async Task AssertNoneAsync(Func<Received, bool> fits)
    {
        await CallAsync("phoenix", "heartbeat");
        Assert.DoesNotContain(Messages, message => fits(message));
    }

    /// <summary>Waits until the server has closed the socket.</summary>
    internal async Task WaitForCloseAsync() => await _reading.WaitAsync(Patience, Token);

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
        _arrived.Dispose();
    }

    async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (true)
            {
                var whole = new MemoryStream();
                ValueWebSocketReceiveResult part;
                do
                {
                    part = await _socket.ReceiveAsync(buffer.AsMemory(), CancellationToken.None);
                    whole.Write(buffer, 0, part.Count);
                }
                while (!part.EndOfMessage);
                if (part.MessageType == WebSocketMessageType.Close)
                {
                    if (_socket.State == WebSocketState.CloseReceived)
                        await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
                    return;
                }

                if (part.MessageType == WebSocketMessageType.Binary)
                    _binaries.Enqueue(whole.ToArray());
                else
                    Keep(Parse(whole.ToArray()));
                _arrived.Release();
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The connection is gone; State says so.
        }
    }

    void Keep(Received message)
    {
        lock (_messages)
            _messages.Add(message);
    }

    Received Parse(byte[] text)
    {
        var json = JsonNode.Parse(text)!;
        return _isV2
            ? new Received((string?)json[0], (string?)json[1], (string)json[2]!, (string)json[3]!, json[4]!)
            : new Received(null, (string?)json["ref"], (string)json["topic"]!, (string)json["event"]!, json["payload"]!);
    }
}
