using System.Diagnostics.Metrics;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Growth;

/// <summary>
/// What people did and earned, for /metrics. It is counted in the history that PostgreSQL keeps and not where it happens: people write
/// through every door, also ones that know nothing of likes, and totals outlive servers.
/// </summary>
sealed class ActivityFigures(Database database, IOptions<ServerOptions> server, TimeProvider time, ILogger<ActivityFigures> logger)
    : BackgroundService
{
    static readonly TimeSpan QueueInterval = TimeSpan.FromSeconds(10);
    static readonly TimeSpan TotalsInterval = TimeSpan.FromSeconds(60);
    static readonly TimeSpan LedgerInterval = TimeSpan.FromMinutes(10);

    static readonly Gauge[] Totals =
    [
        Gauges.XpAwarded, Gauges.XpAwards, Gauges.LevelUps, Gauges.BadgesAwarded, Gauges.PostsCreated, Gauges.CommentsCreated, Gauges.LikesCreated,
        Gauges.PathEnrollments, Gauges.PathCompletions, Gauges.CertificationRequests, Gauges.CertificationsIssued,
    ];

    volatile IReadOnlyDictionary<string, Measurement<double>[]> _totals = new Dictionary<string, Measurement<double>[]>();
    double _waiting;
    double _oldest;
    double _mismatches;

    /// <summary>Registers it, and all gauges that it reads.</summary>
    internal static IServiceCollection Add(IServiceCollection services)
    {
        services.AddSingleton<ActivityFigures>().AddHostedService(provider => provider.GetRequiredService<ActivityFigures>());
        foreach (var gauge in Totals)
        {
            services.AddSingleton(provider => new GaugeReading(
                gauge, () => provider.GetRequiredService<ActivityFigures>()._totals.GetValueOrDefault(gauge.Name) ?? []));
        }

        return services
            .AddGauge(Gauges.QueueDepth, provider => () => provider.GetRequiredService<ActivityFigures>()._waiting)
            .AddGauge(Gauges.QueueLatency, provider => () => provider.GetRequiredService<ActivityFigures>()._oldest)
            .AddGauge(Gauges.LedgerMismatch, provider => () => provider.GetRequiredService<ActivityFigures>()._mismatches);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => server.Value.Migrate
            ? Task.WhenAll(
                Resting.LoopAsync(QueueInterval, ReadQueueAsync, time, logger, stoppingToken),
                Resting.LoopAsync(TotalsInterval, ReadTotalsAsync, time, logger, stoppingToken),
                Resting.LoopAsync(LedgerInterval, ReadLedgerAsync, time, logger, stoppingToken))
            : Task.CompletedTask;

    async Task ReadQueueAsync(CancellationToken cancellationToken)
        => (_waiting, _oldest) = await database.QuerySingleAsync(
            Caller.Service, $"select waiting, oldest_seconds from evolv.award_queue()",
            row => ((double)row.GetInt64(0), row.GetDouble(1)), cancellationToken);

    async Task ReadLedgerAsync(CancellationToken cancellationToken)
    {
        await using var db = await BeginAsync(cancellationToken);
        _mismatches = await db.QuerySingleAsync($"select evolv.ledger_mismatches()", row => (double)row.GetInt64(0), cancellationToken);
    }

    // Nobody waits for it, so it may take longer than a request.
    async Task<DbSession> BeginAsync(CancellationToken cancellationToken)
    {
        var db = await database.BeginAsync(Caller.Service, cancellationToken);
        await db.ExecuteAsync($"set local statement_timeout = '25s'", cancellationToken);
        return db;
    }

    // Labels are words of the schema: what a check constraint lets through.
    async Task ReadTotalsAsync(CancellationToken cancellationToken)
    {
        await using var db = await BeginAsync(cancellationToken);
        var rows = await db.QueryAsync(
            $"select figure, tag, label, tag2, label2, total from evolv.activity_figures()",
            static async (reader, token) =>
            {
                var read = new List<(string Figure, Measurement<double> Value)>();
                while (await reader.ReadAsync(token))
                {
                    var tags = new List<KeyValuePair<string, object?>>(2);
                    for (var column = 1; column <= 3 && !reader.IsDBNull(column); column += 2)
                        tags.Add(new(reader.GetString(column), reader.GetString(column + 1)));
                    read.Add((reader.GetString(0), new Measurement<double>(reader.GetDouble(5), tags)));
                }

                return read;
            },
            cancellationToken);
        _totals = rows.GroupBy(row => row.Figure, row => row.Value).ToDictionary(group => group.Key, group => group.ToArray());
    }
}
