using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>
/// Hears <c>NOTIFY</c> on a connection of its own. It is the owner's, because a transaction pooler in the way of requests
/// would take a <c>LISTEN</c> and forget it.
/// </summary>
sealed class NotificationListener(ConnectionStrings connectionStrings)
{
    const int KeepAliveSeconds = 30;

    /// <summary>Listens until it is cancelled or the connection is lost, which throws.</summary>
    /// <param name="begun">Called once, when every later notification will be heard.</param>
    /// <param name="heard">Called with the payload of each; it must not wait.</param>
    internal async Task ListenAsync(string channel, Action begun, Action<string> heard, CancellationToken cancellationToken)
    {
        var own = new NpgsqlConnectionStringBuilder(connectionStrings.Owner.ConnectionString)
        {
            ApplicationName = "evolv-listener",
            // A connection that only waits would not notice that the other side is gone.
            KeepAlive = KeepAliveSeconds,
        };
#pragma warning disable RS0030 // Runs LISTEN and nothing else.
        await using var connection = new NpgsqlConnection(own.ConnectionString);
#pragma warning restore RS0030
        connection.Notification += (_, notification) => heard(notification.Payload);
        await connection.OpenAsync(cancellationToken);
        await using (var listen = new NpgsqlCommand($"listen {new Identifier(channel).Quoted}", connection))
            await listen.ExecuteNonQueryAsync(cancellationToken);

        begun();
        while (true)
            await connection.WaitAsync(cancellationToken);
    }
}
