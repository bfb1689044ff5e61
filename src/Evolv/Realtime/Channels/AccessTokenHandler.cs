using Evolv.Platform.Data;
using Evolv.Realtime.Socket;
using Npgsql;

namespace Evolv.Realtime.Channels;

/// <summary>
/// The event <c>access_token</c>: the channel goes on with the rights of another token, and without a good one it ends. As in
/// the reference, it is the one event that gets no reply.
/// </summary>
sealed class AccessTokenHandler(
    CredentialsFinder credentials, ChannelAuthorizer authorizer, ChannelExit exit, Sockets sockets, ILogger<AccessTokenHandler> logger)
{
    internal async Task HandleAsync(Channel channel, ClientMessage message)
    {
        var token = message.Payload.Property("access_token").Text;
        if (CredentialsFinder.IsNoToken(token) || CredentialsFinder.Digest(token!) == channel.Credentials.Token)
            return;

        try
        {
            var renewed = await credentials.FindAsync(channel.Socket, token);
            if (renewed.Caller.UserId is { } user && user != channel.Credentials.Caller.UserId && !sockets.MayJoin(channel.Socket, user))
                throw JoinError.TooManySockets();
            if (channel.Config.IsPrivate)
            {
                var rights = await authorizer.AskAsync(renewed.Caller, channel.Name, CancellationToken.None);
                if ((channel.Rights.ReadBroadcast && !rights.ReadBroadcast) || (channel.ReadsPresence && channel.Rights.ReadPresence && !rights.ReadPresence))
                {
                    exit.Close(channel, rights is { ReadBroadcast: false, ReadPresence: false }
                        ? JoinError.Unauthorized(channel.Name).Message
                        : $"You no longer have permission to read from this Channel topic: {channel.Name}");
                    return;
                }

                channel.Rights = rights;
            }

            channel.Credentials = renewed;
        }
        catch (JoinError error)
        {
            exit.Close(channel, error.Message);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            logger.JoinFailed(PgErrors.ForLog(exception));
            exit.Close(channel, JoinError.NoDatabase().Message);
        }
    }
}
