using System.Net;
using System.Text.Json;
using Evolv.Platform.Data;

namespace Evolv.Auth;

/// <summary>From where a request came.</summary>
readonly record struct RequestOrigin(string? Address, string UserAgent)
{
    const int LongestUserAgent = 512;

    internal static RequestOrigin Of(HttpContext context)
    {
        var address = context.Connection.RemoteIpAddress;
        if (address is { IsIPv4MappedToIPv6: true })
            address = address.MapToIPv4();
        var agent = context.Request.Headers.UserAgent.ToString();
        if (agent.Length > LongestUserAgent)
            agent = agent[..(char.IsHighSurrogate(agent[LongestUserAgent - 1]) ? LongestUserAgent - 1 : LongestUserAgent)];
        return new RequestOrigin(
            address is null ? null : new IPAddress(address.GetAddressBytes()).ToString(), // Without an IPv6 scope, which inet refuses.
            agent);
    }
}

/// <summary>What happened to an account, in GoTrue's words.</summary>
sealed record AuditEntry(string Action, Guid ActorId, string ActorUsername, bool ActorViaSso, string LogType, DateTime Timestamp)
{
    internal const string SignedUp = "user_signedup";
    internal const string LoggedIn = "login";
    internal const string LoggedOut = "logout";
    internal const string Modified = "user_modified";
    internal const string PasswordUpdated = "user_updated_password";

    // GoTrue has no word for it; it revokes in silence.
    internal const string TokenReuseDetected = "token_reuse_detected";
}

/// <summary>Rows of <c>auth.audit_log_entries</c>, written in the transaction of what they tell.</summary>
static class AuditLog
{
    /// <summary>An <c>insert</c> to be used as a part of <c>with</c>.</summary>
    internal static Sql Insert(string action, Guid actorId, string actorName, RequestOrigin origin, DateTimeOffset now)
    {
        var entry = new AuditEntry(action, actorId, actorName, ActorViaSso: false, LogType(action), now.UtcDateTime);
        var payload = new Json(JsonSerializer.Serialize(entry, AuthJson.Default.AuditEntry));
        return $"""
            insert into auth.audit_log_entries (id, payload, created_at, ip_address)
            values ({Guid.CreateVersion7(now)}, {payload}, {now}, {origin.Address ?? ""})
            """;
    }

    static string LogType(string action) => action switch
    {
        AuditEntry.SignedUp => "team",
        AuditEntry.Modified or AuditEntry.PasswordUpdated => "user",
        AuditEntry.TokenReuseDetected => "token",
        _ => "account",
    };
}
