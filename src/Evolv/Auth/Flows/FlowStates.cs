using Evolv.Platform.Data;

namespace Evolv.Auth.Flows;

/// <summary>Rows of <c>auth.flow_state</c>: sign-ins that begin in one place and end in another.</summary>
static class FlowStates
{
    /// <summary>How long a code waits for its client (GoTrue's figure).</summary>
    internal static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A flow whose link is in a mail, to be used as a part of <c>with</c>. It ends at the latest with the longest-lived link.
    /// </summary>
    internal static Sql InsertForMail(Guid id, Guid userId, CodeChallenge challenge, string method, DateTimeOffset now)
        => $"""
            insert into auth.flow_state (
                id, user_id, code_challenge_method, code_challenge, authentication_method, created_at, updated_at)
            values ({id}, {userId}, {challenge.Method}, {challenge.Value}, {method}, {now}, {now})
            """;

    /// <summary>A code for the client that began the flow; it comes with <c>grant_type=pkce</c>.</summary>
    internal static async Task<string> IssueCodeAsync(
        DbSession db, Guid flowId, Guid userId, string method, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var code = Guid.NewGuid().ToString();
        await db.ExecuteAsync(
            $"""
            update auth.flow_state
            set user_id = {userId}, auth_code = {Secret.Hash(code)}, auth_code_issued_at = {now}, authentication_method = {method}, updated_at = {now}
            where id = {flowId}
            """, cancellationToken);
        return code;
    }
}
