using System.Net.WebSockets;
using Evolv.Platform.Data;
using Evolv.Realtime.Channels;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Realtime.Socket;

/// <summary>
/// Ends what has outlived its right: silent sockets, channels whose token has expired or whose session has ended. At a
/// shutdown it tells all clients to come back.
/// </summary>
sealed class SocketUpkeep(
    Sockets sockets, ChannelExit exit, CredentialsFinder credentials, FindEndedSessions findEndedSessions, IOptions<RealtimeOptions> options,
    IHostApplicationLifetime lifetime, TimeProvider time, ILogger<SocketUpkeep> logger)
    : BackgroundService
{
    static readonly TimeSpan Often = TimeSpan.FromSeconds(1);
    static readonly TimeSpan SessionsEvery = TimeSpan.FromSeconds(3); // The promise is five.

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await using var goodbye = lifetime.ApplicationStopping.Register(SayGoodbye);
        // Apart, because the second asks the database, which may be slow to answer.
        await Task.WhenAll(WatchClockAsync(stoppingToken), WatchSessionsAsync(stoppingToken));
    }

    async Task WatchClockAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Often, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            EndSilent();
            EndExpired();
        }
    }

    async Task WatchSessionsAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(SessionsEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await EndSignedOutAsync(stoppingToken);
    }

    void SayGoodbye()
    {
        foreach (var socket in sockets.All)
            socket.Close(RealtimeSocket.ServiceRestart, "service restart");
    }

    void EndSilent()
    {
        var longest = TimeSpan.FromSeconds(options.Value.HeartbeatTimeoutSeconds);
        foreach (var socket in sockets.All)
        {
            if (time.GetElapsedTime(socket.LastHeard) > longest)
                socket.Close(WebSocketCloseStatus.PolicyViolation, "no heartbeat");
        }
    }

    void EndExpired()
    {
        var now = time.GetUtcNow();
        foreach (var socket in sockets.All)
            foreach (var channel in socket.Channels)
            {
                if (channel.Credentials.ExpiresAt is { } expiresAt && expiresAt <= now)
                    exit.Close(channel, credentials.Expired(expiresAt).Message);
            }
    }

    async Task EndSignedOutAsync(CancellationToken cancellationToken)
    {
        var channels = sockets.All.SelectMany(socket => socket.Channels)
            .Where(channel => channel.Credentials.SessionId is not null).ToLookup(channel => channel.Credentials.SessionId!.Value);
        if (channels.Count == 0)
            return;
        try
        {
            foreach (var session in await findEndedSessions([.. channels.Select(session => session.Key)], cancellationToken))
                foreach (var channel in channels[session])
                {
                    if (channel.Credentials.SessionId == session) // not renewed meanwhile
                        exit.Close(channel, JoinError.SessionEnded().Message);
                }
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            logger.SessionsUnknown(PgErrors.ForLog(exception)); // Asked again in a moment.
        }
    }
}
