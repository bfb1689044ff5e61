using System.Collections.Immutable;
using System.Globalization;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using ZiggyCreatures.Caching.Fusion;

namespace Evolv.Platform.Cache;

/// <summary>
/// Answers that are kept: first in memory, then in Redis, else read, once for all who ask at the same time. An answer carries the
/// place in PostgreSQL's log up to which it has seen everything, and is used only where nothing that it speaks of has changed
/// since (<see cref="Freshness"/>); so nothing has to be deleted, on any server, and an answer that was overtaken while it was
/// read is never used. What does not follow from the log alone, such as a day that ends, must be in the time of the key.
/// </summary>
sealed class AnswerCache(
    Freshness freshness, SharedAnswers shared, IOptions<CacheOptions> options, IOptions<ServerOptions> server) : IDisposable
{
    const int Overhead = 512; // Bytes of an entry beside its answer.
    const int MostTries = 4; // Against changes that come faster than answers.

    readonly FusionCache _memory = new(
        new FusionCacheOptions { DefaultEntryOptions = { IsFailSafeEnabled = false, Priority = CacheItemPriority.Normal } },
        new MemoryCache(new MemoryCacheOptions { SizeLimit = options.Value.MaxMegabytes * 1024L * 1024, CompactionPercentage = 0.1 }));

    long _hits;

    /// <summary>Answers that were not read for who asked.</summary>
    internal long Hits => Interlocked.Read(ref _hits);

    /// <summary>The answer, at most as old as its key allows, and for the person who asks never older than what they wrote.</summary>
    /// <param name="key">For an answer that depends on who asks, the one of <see cref="CacheKey.For"/>.</param>
    /// <param name="asker">Who asks. The installation's own keys always read the database: back ends read what they wrote.</param>
    /// <param name="read">Reads it, perhaps on behalf of others who asked meanwhile.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    internal async ValueTask<byte[]?> GetAsync(
        CacheKey key, Caller asker, Func<CancellationToken, Task<Answer>> read, CancellationToken cancellationToken)
    {
        if (!options.Value.Enabled || !server.Value.Migrate || asker.IsService)
            return (await read(cancellationToken)).Json;

        var result = "hit";
        var version = 0UL;
        for (var tries = 0; tries < MostTries && freshness.IsProvenFor(asker.UserId); tries++)
        {
            version = Math.Max(version, freshness.VersionOf(key.Topics));
            var kept = await FindOrReadAsync();
            // Of whom the answer speaks only the answer tells: what they did since makes it another version.
            var newer = freshness.VersionOf(kept.Topics);
            if (newer <= kept.Position)
            {
                EvolvMeter.CacheRequest(key.Cache, result);
                if (result != "miss")
                    Interlocked.Increment(ref _hits);
                return kept.Json;
            }

            version = newer;
        }

        EvolvMeter.CacheRequest(key.Cache, "bypass");
        return (await read(cancellationToken)).Json;

        ValueTask<KeptAnswer> FindOrReadAsync()
            => _memory.GetOrSetAsync<KeptAnswer>(
                string.Create(CultureInfo.InvariantCulture, $"{key.Name}@{version:x}"),
                FillAsync,
                new FusionCacheEntryOptions(key.Time) { IsFailSafeEnabled = false },
                token: cancellationToken);

        async Task<KeptAnswer> FillAsync(FusionCacheFactoryExecutionContext<KeptAnswer> context, CancellationToken token)
        {
            if (await shared.FindAsync(key) is var (found, remaining)
                && found.Position >= version && freshness.VersionOf(found.Topics) <= found.Position)
            {
                result = "shared";
                context.Options.SetDuration(remaining).SetSize(found.Size + Overhead);
                return found;
            }

            result = "miss";
            var position = freshness.Position; // Before it is read.
            var answer = await read(token);
            var kept = new KeptAnswer(position, answer.Topics, answer.Json);
            if (kept.Json is null)
            {
                context.Options.SetSkipMemoryCacheWrite(true);
                return kept;
            }

            context.Options.SetSize(kept.Size + Overhead);
            shared.Keep(key, kept);
            return kept;
        }
    }

    public void Dispose() => _memory.Dispose();
}

/// <summary>An answer and the place in the log up to which it has seen everything.</summary>
sealed record KeptAnswer(ulong Position, ImmutableArray<string> Topics, byte[]? Json)
{
    /// <summary>In bytes, about.</summary>
    internal int Size => (Json?.Length ?? 0) + (Topics.Length * 100);
}
