using Evolv.Platform.Data;
using Evolv.Realtime.Socket;
using Npgsql;

namespace Evolv.Realtime.Channels;

/// <summary>The event <c>access_token</c>: the channel goes on with the rights of another token. Without a good one it ends.</summary>
sealed class AccessTokenHandler(CredentialsFinder credentials, ChannelAuthorizer authorizer, ChannelExit exit, ILogger<AccessTokenHandler> logger)
{
    internal async Task HandleAsync(Channel channel, ClientMessage message)
    {
        var token = message.Payload.Property("access_token").Text;
        if (CredentialsFinder.IsNoToken(token) || token == channel.Credentials.Token)
        {
            channel.Socket.Reply(message, isOk: true, "{}"u8);
            return;
        }

        try
        {
            var renewed = await credentials.FindAsync(channel.Socket, token);
            if (channel.Config.IsPrivate)
            {
                var rights = await authorizer.AskAsync(renewed.Caller, channel.Name, CancellationToken.None);
                if ((channel.Rights.ReadBroadcast && !rights.ReadBroadcast) || (channel.ReadsPresence && channel.Rights.ReadPresence && !rights.ReadPresence))
                {
                    End(channel, message, rights is { ReadBroadcast: false, ReadPresence: false }
                        ? JoinError.Unauthorized(channel.Name).Message
                        : $"You no longer have permission to read from this Channel topic: {channel.Name}");
                    return;
                }

                channel.Rights = rights;
            }

            channel.Credentials = renewed;
            channel.Socket.Reply(message, isOk: true, "{}"u8);
        }
        catch (JoinError error)
        {
            End(channel, message, error.Message);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            logger.JoinFailed(PgErrors.ForLog(exception));
            End(channel, message, JoinError.NoDatabase().Message);
        }
    }

    void End(Channel channel, ClientMessage message, string reason)
    {
        channel.Socket.Reply(message, isOk: false, RealtimeJson.Object(json => json.WriteString("reason", reason)));
        exit.Close(channel, reason);
    }
}
