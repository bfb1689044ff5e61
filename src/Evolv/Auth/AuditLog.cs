using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
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
    internal const string RepeatedSignup = "user_repeated_signup";
    internal const string ConfirmationRequested = "user_confirmation_requested";
    internal const string RecoveryRequested = "user_recovery_requested";
    internal const string ReauthenticationRequested = "user_reauthenticate_requested";
    internal const string Invited = "user_invited";
    internal const string InviteAccepted = "invite_accepted";
    internal const string Modified = "user_modified";
    internal const string PasswordUpdated = "user_updated_password";
    internal const string IdentityUnlinked = "identity_unlinked";

    // GoTrue writes nothing then.
    internal const string IdentityLinked = "identity_linked";

    // GoTrue has no word for it; it revokes in silence.
    internal const string TokenReuseDetected = "token_reuse_detected";

    // Of what a person granted a client.
    internal const string TokenRevoked = "token_revoked";

    // Ours: a client that is let in is as much as a new way in.
    internal const string ClientApproved = "oauth_client_approved";

    internal const string Deleted = "user_deleted";
    internal const string FactorEnrolled = "factor_in_progress";
    internal const string FactorChallenged = "challenge_created";
    internal const string FactorVerified = "verification_attempted";
    internal const string FactorUnenrolled = "factor_unenrolled";
    internal const string FactorDeleted = "factor_deleted";
    internal const string FactorUpdated = "factor_updated";
    internal const string RecoveryCodesGenerated = "generate_recovery_codes";
    internal const string RecoveryCodesDeleted = "recovery_codes_deleted";

    internal const string PasskeyCreated = "passkey_created";
    internal const string PasskeyUpdated = "passkey_updated";
    internal const string PasskeyDeleted = "passkey_deleted";

    // Ours: who knows a password and not the second factor is worth knowing of.
    internal const string FactorRefused = "verification_failed";

    public string? ActorName { get; init; }

    /// <summary>What it was done to.</summary>
    public JsonObject? Traits { get; init; }
}

/// <summary>Rows of <c>auth.audit_log_entries</c>, written in the transaction of what they tell.</summary>
static class AuditLog
{
    /// <summary>An <c>insert</c> to be used as a part of <c>with</c>.</summary>
    internal static Sql Insert(string action, Guid actorId, string actorName, RequestOrigin origin, DateTimeOffset now)
        => Insert(action, new Actor(actorId, actorName), origin, now);

    /// <inheritdoc cref="Insert(string, Guid, string, RequestOrigin, DateTimeOffset)"/>
    internal static Sql Insert(string action, Actor actor, RequestOrigin origin, DateTimeOffset now, JsonObject? traits = null)
    {
        var entry = new AuditEntry(action, actor.Id, actor.Username, ActorViaSso: false, LogType(action), now.UtcDateTime)
        {
            ActorName = actor.Name,
            Traits = traits,
        };
        var payload = new Json(JsonSerializer.Serialize(entry, AuthJson.Default.AuditEntry));
        return $"""
            insert into auth.audit_log_entries (id, payload, created_at, ip_address)
            values ({Guid.CreateVersion7(now)}, {payload}, {now}, {origin.Address ?? ""})
            """;
    }

    static string LogType(string action) => action switch
    {
        AuditEntry.SignedUp or AuditEntry.Invited or AuditEntry.Deleted => "team",
        AuditEntry.Modified or AuditEntry.PasswordUpdated or AuditEntry.RepeatedSignup or AuditEntry.ConfirmationRequested
            or AuditEntry.RecoveryRequested or AuditEntry.RecoveryCodesGenerated => "user",
        AuditEntry.ReauthenticationRequested => "",
        AuditEntry.IdentityLinked or AuditEntry.IdentityUnlinked => "user",
        AuditEntry.PasskeyCreated or AuditEntry.PasskeyUpdated or AuditEntry.PasskeyDeleted => "user",
        AuditEntry.TokenReuseDetected or AuditEntry.TokenRevoked or AuditEntry.ClientApproved => "token",
        AuditEntry.FactorEnrolled or AuditEntry.FactorChallenged or AuditEntry.FactorVerified or AuditEntry.FactorRefused
            or AuditEntry.FactorUnenrolled or AuditEntry.FactorDeleted or AuditEntry.FactorUpdated => "factor",
        AuditEntry.RecoveryCodesDeleted => "recovery_codes",
        _ => "account",
    };
}
