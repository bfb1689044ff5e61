using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Observability;

/// <summary>A figure that is read when somebody looks at the metrics.</summary>
/// <param name="IsTotal">It only grows.</param>
/// <param name="NeedsOurSchema">Left out on a database that is not migrated.</param>
sealed record Gauge(string Name, string Unit, string Description, bool IsTotal = false, bool NeedsOurSchema = true);

/// <summary>Where a gauge is read. Families and slices register theirs as services; reading must neither wait nor throw.</summary>
sealed record GaugeReading(Gauge Gauge, Func<IEnumerable<Measurement<double>>> Read)
{
    internal GaugeReading(Gauge gauge, Func<double> read) : this(gauge, () => [new Measurement<double>(read())])
    {
    }
}

/// <summary>
/// All that is read and not counted, as one table. "Of this server": a sum over servers is right. "Of the installation": every server
/// reads the same in the database, so take the largest.
/// </summary>
static class Gauges
{
    internal static readonly Gauge RealtimeConnections = new("evolv.realtime.connections", "{connection}", "Sockets of this server");
    internal static readonly Gauge RealtimeChannels = new("evolv.realtime.channels", "{channel}", "Channels that sockets of this server have joined");
    internal static readonly Gauge ChangesLag = new("evolv.realtime.lag", "s", "How long after its commit this server read the latest change");
    internal static readonly Gauge ChangesStreaming = new("evolv.realtime.streaming", "1", "1 while changes come to this server");
    internal static readonly Gauge ChangesRead = new("evolv.realtime.changes.read", "{change}", "Changes that this server has read", IsTotal: true);
    internal static readonly Gauge SlotRetained = new("evolv.realtime.slot.retained", "By", "Log that PostgreSQL keeps for the slot of this server");
    internal static readonly Gauge SlotLimit = new("evolv.realtime.slot.limit", "By", "Log that PostgreSQL keeps for a slot at most; absent without a limit");
    internal static readonly Gauge NodePeers = new("evolv.nodes.peers", "{server}", "Other servers that this server knows to be alive");
    internal static readonly Gauge RedisQuestions = new("evolv.redis.questions", "{question}", "Questions to Redis: answered, failed, or skipped because it does not answer", IsTotal: true, NeedsOurSchema: false);
    internal static readonly Gauge DiskFree = new("evolv.disk.free", "By", "Free space where this server keeps its data", NeedsOurSchema: false);
    internal static readonly Gauge DiskSize = new("evolv.disk.size", "By", "Space, free or not, where this server keeps its data", NeedsOurSchema: false);

    internal static readonly Gauge LeaderboardAge = new("evolv.leaderboard.age", "s", "Since this server last found the leaderboards up to date");
    internal static readonly Gauge QueueDepth = new("evolv.jobs.queue.depth", "{event}", "Events that wait for their awards; of the installation");
    internal static readonly Gauge QueueLatency = new("evolv.jobs.latency", "s", "How long the oldest of them has waited; of the installation");
    internal static readonly Gauge LedgerMismatch = new("evolv.xp.ledger.mismatch", "{person}", "People whose XP is not the sum of the ledger, which must be nobody; of the installation");
    internal static readonly Gauge XpAwarded = new("evolv.xp.awarded", "{xp}", "XP awarded since the beginning, by source; of the installation", IsTotal: true);
    internal static readonly Gauge XpAwards = new("evolv.xp.awards", "{award}", "Entries of the ledger, by source: paid or reversed; of the installation", IsTotal: true);
    internal static readonly Gauge LevelUps = new("evolv.level.ups", "{level}", "Levels reached; of the installation", IsTotal: true);
    internal static readonly Gauge BadgesAwarded = new("evolv.badges.awarded", "{badge}", "Badges awarded, by rarity; of the installation", IsTotal: true);
    internal static readonly Gauge PostsCreated = new("evolv.posts.created", "{post}", "Posts written, by the visibility they were given; of the installation", IsTotal: true);
    internal static readonly Gauge CommentsCreated = new("evolv.comments.created", "{comment}", "Comments written; of the installation", IsTotal: true);
    internal static readonly Gauge LikesCreated = new("evolv.likes.created", "{like}", "Likes given, each once; of the installation", IsTotal: true);
    internal static readonly Gauge PathEnrollments = new("evolv.paths.enrollments", "{enrollment}", "Enrolments in learning paths; of the installation", IsTotal: true);
    internal static readonly Gauge PathCompletions = new("evolv.paths.completions", "{completion}", "Learning paths completed; of the installation", IsTotal: true);
    internal static readonly Gauge CertificationRequests = new("evolv.certifications.requests", "{request}", "Requests for certification as they stand, by status; of the installation");
    internal static readonly Gauge CertificationsIssued = new("evolv.certifications.issued", "{certificate}", "Certificates issued; of the installation", IsTotal: true);

    internal static IServiceCollection AddGauge(this IServiceCollection services, Gauge gauge, Func<IServiceProvider, Func<double>> open)
        => services.AddSingleton(provider => new GaugeReading(gauge, open(provider)));
}

/// <summary>Makes instruments of all gauges, on a meter that ends with this server.</summary>
sealed class GaugeMeter(IMeterFactory meters, IEnumerable<GaugeReading> readings, IOptions<ServerOptions> server) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        var meter = meters.Create(EvolvMeter.Name);
        foreach (var (gauge, read) in readings.Where(reading => server.Value.Migrate || !reading.Gauge.NeedsOurSchema))
        {
            if (gauge.IsTotal)
                meter.CreateObservableCounter(gauge.Name, read, gauge.Unit, gauge.Description);
            else
                meter.CreateObservableGauge(gauge.Name, read, gauge.Unit, gauge.Description);
        }

        EvolvMeter.BeginAtZero();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
