using System.Collections.Concurrent;
using System.Globalization;
using Evolv.Platform;
using Evolv.Platform.Data;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.Tokens;

/// <summary>
/// What access tokens cannot know, because it happened after they were issued: sessions that ended, accounts that are banned or gone,
/// keys that changed. Read once a second, so a request costs two look-ups in memory and no question.
/// </summary>
sealed class Revocations(
    Database database, SigningKeys keys, ConnectionStrings connectionStrings, IOptions<ServerOptions> server,
    TimeProvider time, ILogger<Revocations> logger)
    : BackgroundService
{
    static readonly TimeSpan Often = TimeSpan.FromSeconds(1);
    static readonly TimeSpan TidyEvery = TimeSpan.FromMinutes(1);
    static readonly TimeSpan PurgeEvery = TimeSpan.FromHours(1);
    static readonly TimeSpan Leeway = TimeSpan.FromMinutes(1);
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    // No token lives longer than a week, whatever is set.
    static readonly TimeSpan LongestToken = TimeSpan.FromDays(7);
    static readonly TimeSpan KeptRows = TimeSpan.FromDays(8);

    readonly ConcurrentDictionary<Guid, DateTimeOffset> _sessions = new(); // and when each ended
    readonly ConcurrentDictionary<Guid, Account> _accounts = new();
    readonly Dictionary<long, DateTimeOffset> _changesOfKeys = []; // that are loaded, or about to be
    ulong _seen; // Every transaction before it has been read.
    long _readAt = time.GetTimestamp();
    bool _keysAreOld;
    bool _isInterrupted;

    /// <param name="Row">The newest that said so.</param>
    /// <param name="Until">When the ban ends; null when it was lifted.</param>
    /// <param name="At">When that was said.</param>
    sealed record Account(long Row, DateTimeOffset? Until, DateTimeOffset At);

    sealed record Entry(ulong Horizon, long? Id, string? Kind, Guid? Subject, DateTimeOffset? Until, DateTimeOffset? At);

    /// <summary>Why a token that is good by itself is refused all the same; null when it is not.</summary>
    internal string? Refuse(VerifiedToken token)
    {
        if (token.SessionId is { } session && _sessions.ContainsKey(session))
            return "JWT session has ended";
        return token.Caller.UserId is { } user && _accounts.TryGetValue(user, out var account) && account.Until > time.GetUtcNow()
            ? "JWT user is banned"
            : null;
    }

    /// <summary>What is missing when they have not been read for a while: this server lets in whom others refuse. Null when they have.</summary>
    internal string? Missing => time.GetElapsedTime(Interlocked.Read(ref _readAt)) > Patience ? "not read for 10 s" : null;

    /// <summary>Before the first request and before the keys are loaded: what is read later tells of every change since.</summary>
    internal async Task LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReadAsync(cancellationToken);
            _keysAreOld = false;
        }
        catch (Exception exception) when (PgErrors.IsUnavailable(exception))
        {
            // The server starts without its database as well as it goes on without it; nothing is served from it before this is read.
            logger.RevocationsInterrupted(PgErrors.ForLog(exception));
            _isInterrupted = true;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!server.Value.Migrate)
            return;
        long? tidied = null, purged = null;
        using var timer = new PeriodicTimer(Often, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await FollowAsync(stoppingToken);
                if (IsDue(ref tidied, TidyEvery))
                    Forget();
                if (IsDue(ref purged, PurgeEvery))
                    await PurgeAsync(stoppingToken);
                _isInterrupted = false;
            }
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                // Whatever it is: a server that follows no more would let in whom others refuse.
                if (!_isInterrupted)
                    logger.RevocationsInterrupted(PgErrors.ForLog(exception));
                _isInterrupted = true;
            }
        }
    }

    /// <summary>Takes in what was committed since the last time.</summary>
    internal async Task FollowAsync(CancellationToken cancellationToken)
    {
        await ReadAsync(cancellationToken);
        if (!_keysAreOld)
            return;
        await using var owner = await Migrator.OpenOwnerAsync(connectionStrings, cancellationToken);
        await keys.ReloadAsync(owner, cancellationToken);
        _keysAreOld = false;
    }

    // The horizon and the rows are of one snapshot. What was in progress then is behind the horizon and will be read the next time, however
    // late it commits; what was read before comes again and changes nothing.
    async Task ReadAsync(CancellationToken cancellationToken)
    {
        var since = Oldest();
        var seen = _seen.ToString(CultureInfo.InvariantCulture);
        await using var session = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        var entries = await session.QueryListAsync(
            $"""
            select now.horizon::text, r.id, r.kind, r.subject,
                case when r.until > '9999-01-01Z' then '9999-01-01Z' else r.until end, r.created_at
            from (select pg_snapshot_xmin(pg_current_snapshot()) as horizon) now
            left join auth.revocations r on r.by_xid >= {seen}::xid8 and r.created_at > {since}
            order by r.id
            """,
            row => new Entry(
                ulong.Parse(row.GetString(0), CultureInfo.InvariantCulture), row.IsDBNull(1) ? null : row.GetInt64(1), row.GetText(2),
                row.IsDBNull(3) ? null : row.GetGuid(3), row.GetInstant(4), row.GetInstant(5)),
            cancellationToken);
        foreach (var entry in entries)
            Take(entry);
        // Smaller than before is another database, such as a restored one: read all of it.
        _seen = entries[0].Horizon >= _seen ? entries[0].Horizon : 0;
        Interlocked.Exchange(ref _readAt, time.GetTimestamp());
    }

    void Take(Entry entry)
    {
        if (entry is not { Id: { } id, At: { } at })
            return;
        switch (entry)
        {
            case { Kind: "session", Subject: { } session }:
                _sessions[session] = at;
                break;
            case { Kind: "user", Subject: { } user }:
                // Rows of one account are numbered in the order of their commits, because each held the account's row.
                var account = new Account(id, entry.Until, at);
                _accounts.AddOrUpdate(user, account, (_, known) => known.Row > id ? known : account);
                break;
            case { Kind: "keys" }:
                _keysAreOld |= _changesOfKeys.TryAdd(id, at);
                break;
        }
    }

    void Forget()
    {
        var oldest = Oldest();
        foreach (var (session, at) in _sessions)
        {
            if (at <= oldest)
                _sessions.TryRemove(session, out _);
        }

        foreach (var (user, account) in _accounts)
        {
            if (account.At <= oldest)
                _accounts.TryRemove(user, out _);
        }

        foreach (var (row, at) in _changesOfKeys)
        {
            if (at <= oldest)
                _changesOfKeys.Remove(row);
        }
    }

    async Task PurgeAsync(CancellationToken cancellationToken)
    {
        await using var session = await database.BeginAsync(Caller.AuthAdmin, cancellationToken);
        await session.ExecuteAsync($"delete from auth.revocations where created_at < {time.GetUtcNow() - KeptRows}", cancellationToken);
        await session.CommitAsync(cancellationToken);
    }

    // What is older matters no more: the tokens that it could refuse have expired, whatever JwtExpirySeconds was when they were signed.
    DateTimeOffset Oldest() => time.GetUtcNow() - Leeway - LongestToken;

    bool IsDue(ref long? last, TimeSpan every)
    {
        if (last is { } before && time.GetElapsedTime(before) < every)
            return false;
        last = time.GetTimestamp();
        return true;
    }
}
