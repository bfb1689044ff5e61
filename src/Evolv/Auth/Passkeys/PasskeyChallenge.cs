using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Evolv.Platform.Data;

namespace Evolv.Auth.Passkeys;

/// <summary>What an authenticator is to sign. Good once, for one ceremony and, where somebody adds a passkey, for them alone.</summary>
/// <param name="Id">Which.</param>
/// <param name="Value">As options carry it.</param>
/// <param name="ExpiresAt">Until when it is good.</param>
sealed record PasskeyChallenge(Guid Id, string Value, DateTimeOffset ExpiresAt)
{
    internal const string Registration = "registration";
    internal const string Authentication = "authentication";

    const int Bytes = 32;

    // An id of random bits: one that tells the time could be guessed.
    internal static PasskeyChallenge New(DateTimeOffset now, PasskeyOptions options)
        => new(Guid.NewGuid(), Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes)), now.AddSeconds(options.ChallengeExpirySeconds));

    internal Sql Insert(string type, Guid? userId, DateTimeOffset now)
    {
        var data = new Json(new JsonObject { ["challenge"] = Value }.ToJsonString());
        return $"""
            insert into auth.webauthn_challenges (id, user_id, challenge_type, session_data, created_at, expires_at)
            values ({Id}, {userId}, {type}, {data}, {now}, {ExpiresAt})
            """;
    }

    /// <summary>Takes it away, in a transaction of its own: whatever comes of it, nobody tries twice, and of many at once one gets it.</summary>
    /// <exception cref="AuthError">There is none for this person and ceremony, or it is too old.</exception>
    internal static async Task<byte[]> ConsumeAsync(
        Database database, Guid id, string type, Guid? userId, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var taken = await database.QuerySingleAsync(Caller.AuthAdmin,
            $"""
            delete from auth.webauthn_challenges
            where id = {id} and challenge_type = {type} and user_id is not distinct from {userId}
            returning id, session_data ->> 'challenge', expires_at
            """, row => new PasskeyChallenge(row.GetGuid(0), row.GetString(1), row.GetFieldValue<DateTimeOffset>(2)), cancellationToken)
            ?? throw AuthError.PasskeyChallengeNotFound();
        return taken.ExpiresAt > now ? Base64Url.DecodeFromChars(taken.Value) : throw AuthError.PasskeyChallengeExpired();
    }
}
