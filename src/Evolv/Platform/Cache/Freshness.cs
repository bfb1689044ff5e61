using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Globalization;
using Evolv.Platform.Changes;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Platform.Cache;

/// <summary>
/// Knows for every topic when it last changed, as a place in PostgreSQL's log, and proves that it knows: a mark that this server
/// writes into the log comes back to it with the change stream, and everything that was committed before the mark came before
/// it. While no mark comes back nothing is taken from the cache.
/// </summary>
sealed class Freshness(
    ChangeStream changes, Database database, OwnWrites writes, IOptions<CacheOptions> options, IOptions<ServerOptions> server,
    TimeProvider time, ILogger<Freshness> logger) : BackgroundService
{
    /// <summary>The prefix of what <c>evolv.announce</c> says.</summary>
    internal const string Changed = ChangeEvent.MessagePrefix + "changed";

    const string Mark = ChangeEvent.MessagePrefix + "mark";
    const string Everything = "*";
    const int MostTopics = 200_000;

    /// <summary>How old the youngest mark may be that came back. What is read meanwhile is at most as old, so it is below a second.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(800);

    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan Idle = TimeSpan.FromSeconds(30); // Without a reader nobody needs a proof.

    readonly string _server = Guid.CreateVersion7().ToString("N"); // Nobody else's marks prove anything.
    readonly ConcurrentDictionary<string, ulong> _topics = new();
    ulong _floor = ulong.MaxValue; // Topics of which nothing was heard changed at the latest here.
    ulong _position;
    long _proven; // When the latest mark that came back was written; 0 when nothing is proven.
    long _asked;
    bool _isBlind = true; // Something was missed, or nothing was heard yet: the next mark is where knowledge begins.

    /// <summary>Everything up to here has been heard; what is read from now on has seen it.</summary>
    internal ulong Position => Volatile.Read(ref _position);

    /// <summary>Whether answers may be taken from the cache for somebody, who has perhaps just written.</summary>
    internal bool IsProvenFor(Guid? person)
    {
        Volatile.Write(ref _asked, time.GetTimestamp());
        var proven = Volatile.Read(ref _proven);
        return proven != 0 && time.GetElapsedTime(proven) < Longest && (person is not { } writer || writes.AreBefore(writer, proven));
    }

    /// <summary>Where in the log the latest change of these topics is. An answer that was read at an earlier position is old.</summary>
    internal ulong VersionOf(ImmutableArray<string> topics)
    {
        var version = Volatile.Read(ref _floor);
        foreach (var topic in topics)
        {
            if (_topics.TryGetValue(topic, out var changed) && changed > version)
                version = changed;
        }

        return version;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
        => options.Value.Enabled && server.Value.Migrate
            ? Task.WhenAll(HearAsync(stoppingToken), WriteMarksAsync(stoppingToken))
            : Task.CompletedTask;

    async Task HearAsync(CancellationToken stoppingToken)
    {
        using var reader = changes.OpenMessages("cache", 50_000);
        await foreach (var happened in reader.Events.ReadAllAsync(stoppingToken))
        {
            switch (happened)
            {
                case ChangeEvent.Message { Prefix: Changed } said:
                    Hear(said);
                    break;
                case ChangeEvent.Message { Prefix: Mark } said when IsOurs(said.Text, out var written):
                    Prove(said.Lsn, written);
                    break;
                case ChangeEvent.Gap:
                    _isBlind = true;
                    Volatile.Write(ref _proven, 0);
                    break;
            }
        }
    }

    void Hear(ChangeEvent.Message said)
    {
        foreach (var topic in said.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (topic == Everything)
                ForgetBefore(said.Lsn);
            else
                _topics[topic] = said.Lsn;
        }

        if (_topics.Count > MostTopics)
            ForgetBefore(said.Lsn);
        Advance(said.Lsn);
    }

    void Prove(ulong lsn, long written)
    {
        if (_isBlind)
            ForgetBefore(lsn);
        _isBlind = false;
        Advance(lsn);
        Volatile.Write(ref _proven, written);
    }

    // In this order: whoever looks in between finds a topic older than it is only where the floor is above it.
    void ForgetBefore(ulong lsn)
    {
        Volatile.Write(ref _floor, lsn);
        _topics.Clear();
    }

    void Advance(ulong lsn) => Volatile.Write(ref _position, Math.Max(_position, lsn));

    async Task WriteMarksAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            writes.Forget(Longest);
            var asked = Volatile.Read(ref _asked);
            if (asked == 0 || time.GetElapsedTime(asked) > Idle)
                continue;
            try
            {
                await WriteMarkAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
            {
                logger.MarkNotWritten(exception.Message);
            }
        }
    }

    Task<int> WriteMarkAsync(CancellationToken cancellationToken) => database.ReadCatalogAsync(async (connection, token) =>
    {
        // Flushed, as the stream tells only what is on disk. Before version 17 only a commit does that.
        await using var command = new NpgsqlCommand(
            connection.PostgreSqlVersion.Major >= 17
                ? "select pg_logical_emit_message(false, $1, $2, true)"
                : "select pg_logical_emit_message(true, $1, $2)", connection)
        {
            Parameters =
            {
                new NpgsqlParameter<string> { TypedValue = Mark },
                new NpgsqlParameter<string> { TypedValue = string.Create(CultureInfo.InvariantCulture, $"{_server} {time.GetTimestamp()}") },
            },
        };
        return await command.ExecuteNonQueryAsync(token);
    }, cancellationToken);

    bool IsOurs(string text, out long written)
    {
        written = 0;
        return text.Length > _server.Length + 1
            && text.StartsWith(_server, StringComparison.Ordinal)
            && long.TryParse(text.AsSpan(_server.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out written);
    }
}
