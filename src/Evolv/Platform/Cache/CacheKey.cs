using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Evolv.Platform.Data;

namespace Evolv.Platform.Cache;

/// <summary>Under which name an answer is kept, for how long at most, and what makes it old before.</summary>
/// <param name="Cache">Which of the caches, for figures.</param>
/// <param name="Name">Made of values that were checked, so that no two questions share one and nobody chooses its length.</param>
/// <param name="Time">How long it is kept at most.</param>
/// <param name="Topics">What <c>evolv.announce</c> says in the database when the answer may be another: <c>feed</c>, <c>path:4cee83a7-…</c>.</param>
sealed record CacheKey(string Cache, string Name, TimeSpan Time, ImmutableArray<string> Topics)
{
    /// <summary>
    /// For an answer that depends on who asks. The claims are part of it, and not the person alone: a policy may look at any of
    /// them, and two sessions of one person may differ.
    /// </summary>
    internal CacheKey For(Caller caller)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{caller.Role}\n{caller.ClaimsJson}"), hash);
        return this with { Name = $"{Name}:{Convert.ToHexStringLower(hash[..16])}" };
    }
}

/// <summary>An answer as PostgreSQL gave it.</summary>
/// <param name="Json">Null when there is none; that is not kept.</param>
/// <param name="Topics">What else makes it old, as only the answer itself tells: of whom it speaks.</param>
sealed record Answer(byte[]? Json, ImmutableArray<string> Topics)
{
    internal static Answer Of(byte[]? json) => new(json, []);
}
