using Microsoft.Extensions.Options;
using StackExchange.Redis;
using StackExchange.Redis.KeyspaceIsolation;

namespace Evolv.Platform.Redis;

/// <summary>What Redis said.</summary>
/// <param name="HasCome">False when it said nothing in time, an error, or was not asked because it does not answer.</param>
readonly record struct RedisAnswer<T>(bool HasCome, T? Value);

/// <summary>
/// Redis for what is better with it and works without it. A question costs no more than <see cref="RedisOptions.TimeoutMilliseconds"/>,
/// whatever Redis does, and nothing while it is known not to answer; the connection comes back by itself.
/// </summary>
sealed class RedisConnection(IOptions<RedisOptions> options, RedisPrefix prefix, ILogger<RedisConnection> logger) : BackgroundService
{
    static readonly TimeSpan ProbeInterval = TimeSpan.FromMilliseconds(250);
    static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    readonly TimeSpan _patience = TimeSpan.FromMilliseconds(options.Value.TimeoutMilliseconds);
    readonly RedisCircuit _circuit = new();
    volatile IDatabase? _database;
    volatile string? _prefix;
    long _answered;
    long _failed;
    long _skipped;

    internal bool IsConfigured => !string.IsNullOrEmpty(options.Value.ConnectionString);

    /// <summary>Whether it is asked at all: it has answered lately.</summary>
    internal bool IsAnswering => _database is not null && !_circuit.IsOpen;

    /// <summary>What every key begins with; the database of <see cref="AskAsync"/> adds it by itself.</summary>
    /// <exception cref="InvalidOperationException">Redis has not been asked yet.</exception>
    internal string Prefix => _prefix ?? throw new InvalidOperationException("Known once Redis is connected; ask with AskAsync.");

    /// <summary>How many questions were answered.</summary>
    internal long Answered => Interlocked.Read(ref _answered);

    /// <summary>How many were asked in vain.</summary>
    internal long Failed => Interlocked.Read(ref _failed);

    /// <summary>How many were not asked because Redis is not there.</summary>
    internal long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>Asks Redis, and never throws for what Redis does. What is not answered in time may have been done all the same.</summary>
    /// <param name="ask">Gets a database that puts <see cref="Prefix"/> before every key; it must not block.</param>
    internal ValueTask<RedisAnswer<T>> AskAsync<T>(Func<IDatabase, Task<T>> ask)
    {
        if (_database is { } database && !_circuit.IsOpen)
            return AskInTimeAsync(database, ask, isProbe: false);
        Interlocked.Increment(ref _skipped);
        return default;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.ReadResilient() is not { } redis)
            return;
        await using var connection = await ConnectAsync(redis, stoppingToken);
        _database = connection.GetDatabase().WithKeyPrefix(_prefix!);
        try
        {
            using var timer = new PeriodicTimer(ProbeInterval);
            // A write: a replica and a Redis without memory answer everything else.
            do await AskInTimeAsync(_database, database => database.StringSetAsync("probe", 1, TimeSpan.FromSeconds(10)), isProbe: true);
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        finally
        {
            _database = null;
        }
    }

    async ValueTask<RedisAnswer<T>> AskInTimeAsync<T>(IDatabase database, Func<IDatabase, Task<T>> ask, bool isProbe)
    {
        Task<T>? asking = null;
        try
        {
            asking = ask(database);
            var answer = await asking.WaitAsync(_patience);
            Interlocked.Increment(ref _answered);
            if (_circuit.Succeed(isProbe) == CircuitChange.Closed)
                logger.RedisAnswers();
            return new RedisAnswer<T>(true, answer);
        }
        // All of them: what the driver throws depends on what the other side makes it read.
        catch (Exception exception)
        {
            // An error comes quickly and may be of this question alone; whether it is of Redis is for the probe to say.
            Interlocked.Increment(ref _failed);
            if ((isProbe || exception is not RedisServerException) && _circuit.Fail(isProbe) == CircuitChange.Opened)
                logger.RedisUnreachable(options.Value.EndPoints, Reason(exception));
            // It may fail later, when nobody waits for it any more.
            _ = asking?.ContinueWith(static late => _ = late.Exception, TaskScheduler.Default);
            return default;
        }
    }

    // The driver connects again and again, but not before it could begin.
    async Task<ConnectionMultiplexer> ConnectAsync(ConfigurationOptions redis, CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                _prefix = await prefix.FindAsync(stoppingToken);
                return await ConnectionMultiplexer.ConnectAsync(redis);
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                if (_circuit.Fail(isProbe: true) == CircuitChange.Opened)
                    logger.RedisUnreachable(options.Value.EndPoints, Reason(exception));
                await Task.Delay(RetryInterval, stoppingToken);
            }
        }
    }

    // What the driver says of connections advises settings that are not for operators.
    string Reason(Exception exception) => exception switch
    {
        RedisConnectionException connection => $"there is no connection ({connection.FailureType})",
        TimeoutException => $"no answer within {options.Value.TimeoutMilliseconds} ms",
        _ => exception.Message.ReplaceLineEndings(" "),
    };
}
