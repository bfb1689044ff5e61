using Evolv.Platform.Data;

namespace Evolv.Realtime.Channels;

/// <summary>
/// Asks the policies of <c>realtime.messages</c> what a caller may do on a private topic. One round trip: the function
/// <c>realtime.authorize</c> tries everything as the caller and undoes it.
/// </summary>
sealed class ChannelAuthorizer(Database database, ILogger<ChannelAuthorizer> logger)
{
    /// <summary>Nothing, when a policy raised.</summary>
    internal async Task<ChannelRights> AskAsync(Caller caller, string topic, CancellationToken cancellationToken)
    {
        if (caller.IsService)
            return ChannelRights.All; // It bypasses policies.
        var answer = await database.QuerySingleAsync(
            Caller.Service,
            $"""
            select broadcast_read, presence_read, broadcast_write, presence_write, error
            from realtime.authorize({topic}, {caller.Role}, {caller.ClaimsJson}, {caller.UserId?.ToString() ?? ""}, {"{}"})
            """,
            row => (Rights: new ChannelRights(row.GetBoolean(0), row.GetBoolean(1), row.GetBoolean(2), row.GetBoolean(3)), Error: row.GetText(4)),
            cancellationToken);
        if (answer.Error is { } error)
            logger.ChannelPolicyFailed(topic, error);
        return answer.Rights;
    }
}
