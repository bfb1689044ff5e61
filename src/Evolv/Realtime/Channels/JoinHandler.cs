using System.Collections.Immutable;
using System.Net.WebSockets;
using System.Text.Json;
using System.Threading.RateLimiting;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Evolv.Realtime.Changes;
using Evolv.Realtime.Socket;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Realtime.Channels;

/// <summary>The event <c>phx_join</c>: checks, and opens a channel. Its subscription counts before the answer is sent.</summary>
sealed class JoinHandler(
    Topics topics, Sockets sockets, Subscriptions subscriptions, BindingReader bindingReader, ChangeStream stream, CredentialsFinder credentials,
    ChannelAuthorizer authorizer, PresenceRooms presence, Replay replay, ChannelExit exit, IOptions<RealtimeOptions> options,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<JoinHandler> logger)
    : IDisposable
{
    // What is in a join is kept for as long as the channel.
    const int LongestName = 1000;
    const int LargestJoin = 64 * 1024;

    static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(20);
    static readonly TimeSpan ReplicationPatience = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    readonly TokenBucketRateLimiter _pace = new(new TokenBucketRateLimiterOptions
    {
        TokenLimit = options.Value.JoinsPerSecond,
        TokensPerPeriod = Portion(options.Value),
        ReplenishmentPeriod = TimeSpan.FromSeconds((double)Portion(options.Value) / options.Value.JoinsPerSecond),
        // Clients wait ten seconds for the answer to a join; who would wait longer is told to come back.
        QueueLimit = options.Value.JoinsPerSecond * 8,
    });

    internal async Task HandleAsync(RealtimeSocket socket, ClientMessage message)
    {
        try
        {
            await JoinAsync(socket, message, lifetime.ApplicationStopping);
        }
        catch (JoinError error)
        {
            Refuse(socket, message, error);
            if (error.Code == "ClientJoinRateLimitReached")
                socket.Close(WebSocketCloseStatus.PolicyViolation, error.Message);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            Refuse(socket, message, JoinError.Restarting());
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            logger.JoinFailed(PgErrors.ForLog(exception));
            Refuse(socket, message, JoinError.NoDatabase());
        }
    }

    public void Dispose() => _pace.Dispose();

    // What comes free at once: some twenty times a second, if so many joins are allowed.
    static int Portion(RealtimeOptions options) => Math.Max(1, options.JoinsPerSecond / 20);

    static void Refuse(RealtimeSocket socket, ClientMessage message, JoinError error)
    {
        EvolvMeter.Joined(isOk: false);
        socket.Reply(message, isOk: false, RealtimeJson.Object(json => json.WriteString("reason", error.Reason)));
    }

    async Task JoinAsync(RealtimeSocket socket, ClientMessage message, CancellationToken cancellationToken)
    {
        if (!message.Topic.StartsWith(Channel.Prefix, StringComparison.Ordinal))
        {
            socket.Reply(message, isOk: false, "{\"reason\":\"unmatched topic\"}"u8);
            return;
        }

        if (message.Topic.Length == Channel.Prefix.Length)
            throw JoinError.TopicNameRequired();
        // PostgreSQL cannot be asked about NUL.
        if (message.Topic.Length > Channel.Prefix.Length + LongestName || message.Topic.Contains('\0', StringComparison.Ordinal))
            throw JoinError.BadTopicName(LongestName);
        if (message.Payload.ValueKind != JsonValueKind.Undefined && message.Payload.Raw.Length > LargestJoin)
            throw JoinError.TooLarge(LargestJoin);
        cancellationToken.ThrowIfCancellationRequested();
        using (var turn = await _pace.AcquireAsync(1, cancellationToken))
        {
            if (!turn.IsAcquired)
                throw JoinError.TooManyJoins();
        }

        // The second join of a topic takes the place of the first.
        if (socket.Find(message.Topic) is { } before)
            exit.Leave(before);
        if (socket.Channels.Length >= options.Value.MaxChannelsPerSocket)
            throw JoinError.TooManyChannels();

        var join = JoinPayload.Read(message.Payload);
        var asked = await credentials.FindAsync(socket, join.Token);
        if (asked.Caller.UserId is { } user && !sockets.MayJoin(socket, user))
            throw JoinError.TooManySockets();
        var channel = new Channel(
            socket, message.Topic, message.JoinRef ?? message.Ref, join.Config, asked, await FindRightsAsync(message.Topic, join.Config, asked, cancellationToken));
        var replayed = join.Replay.ValueKind == JsonValueKind.Object ? await replay.ReadAsync(channel, join.Replay, cancellationToken) : [];
        await OpenAsync(channel, message, join, cancellationToken);
        foreach (var push in replayed)
            socket.Send(push);
    }

    async Task<ChannelRights> FindRightsAsync(string topic, ChannelConfig config, Credentials asked, CancellationToken cancellationToken)
    {
        if (!config.IsPrivate)
            return ChannelRights.All;
        var name = topic[Channel.Prefix.Length..];
        var rights = await authorizer.AskAsync(asked.Caller, name, cancellationToken);
        return rights.ReadBroadcast || (rights.ReadPresence && config.ReadsPresence) ? rights : throw JoinError.Unauthorized(name);
    }

    async Task OpenAsync(Channel channel, ClientMessage message, JoinPayload join, CancellationToken cancellationToken)
    {
        var (socket, numbers, problem) = (channel.Socket, BindingReader.NumberEntries(join.Changes), default(string));
        if (!numbers.IsEmpty)
        {
            try
            {
                channel.Bindings = await bindingReader.ReadAsync(channel, channel.Credentials.Caller, join.Changes, numbers, cancellationToken);
            }
            catch (BadSubscriptionException exception)
            {
                problem = join.WaitsForChanges ? throw JoinError.BadSubscription(exception.Message) : exception.Message;
            }

            if (join.WaitsForChanges)
                await WaitForStreamAsync(join.Patience, cancellationToken);
        }

        for (var waited = TimeSpan.Zero; join.WantsToKnowOfReplication && !stream.IsStreaming && waited < ReplicationPatience; waited += Look)
            await Task.Delay(Look, time, cancellationToken);

        // From here on it is told; nothing is waited for, so that nobody else can end it half-open.
        subscriptions.Add(channel.Bindings);
        channel.JoinedTopic = topics.Join(channel);
        socket.Add(channel); // The last: who ends channels finds them here, and ends all that there is of them.
        EvolvMeter.Joined(isOk: true);
        socket.Reply(message, isOk: true, Answer(join.Changes, numbers));
        if (problem is not null)
            channel.SendSystem("postgres_changes", isOk: false, problem);
        else if (!channel.Bindings.IsEmpty && stream.IsStreaming)
            channel.TellOfStreaming();
        if (join.WantsToKnowOfReplication)
        {
            var isThere = stream.IsStreaming;
            channel.SendSystem("system", isThere, isThere ? "Replication connection established" : "Replication connection is not established");
        }

        if (channel.ReadsPresence && channel.Rights.ReadPresence)
            presence.Show(channel);
    }

    async Task WaitForStreamAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        for (var waited = TimeSpan.Zero; !stream.IsStreaming; waited += Look)
        {
            if (waited >= patience || waited >= LongestWait)
                throw JoinError.NoChanges((int)patience.TotalMilliseconds);
            await Task.Delay(Look, time, cancellationToken);
        }
    }

    // Each entry as it came, with its number: clients compare.
    static byte[] Answer(JsonElement changes, ImmutableArray<int> numbers) => RealtimeJson.Object(json =>
    {
        json.WriteStartArray("postgres_changes");
        foreach (var (number, entry) in numbers.Zip(numbers.IsEmpty ? [] : changes.EnumerateArray()))
        {
            json.WriteStartObject();
            if (entry.ValueKind == JsonValueKind.Object)
            {
                foreach (var property in entry.EnumerateObject().Where(property => property.Name != "id"))
                    property.WriteTo(json);
            }

            json.WriteNumber("id", number);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });
}
