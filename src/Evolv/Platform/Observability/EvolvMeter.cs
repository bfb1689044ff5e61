using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Evolv.Platform.Observability;

/// <summary>
/// All that Evolv itself counts and times, as one table: name, unit, meaning, tags. Each server counts what it did, so a sum
/// over servers is right. Tags take few values that we choose; never a person's, never free text. What is read and not counted is in
/// <see cref="Gauges"/>.
/// </summary>
static class EvolvMeter
{
    internal const string Name = "Evolv";

    static readonly Meter Meter = new(Name);

    static readonly double[] Milliseconds = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5];

    // Platform
    static readonly Counter<long> CacheRequests = Count("evolv.cache.requests", "{request}", "Questions to a cache: hit, shared by another server, miss, or bypass where nothing kept is known to hold");
    static readonly Counter<long> RateLimitRejected = Count("evolv.ratelimit.rejected", "{request}", "Requests refused because a limit was used up");
    static readonly Counter<long> DatabaseErrors = Count("evolv.database.errors", "{error}", "What PostgreSQL refused, by class of SQLSTATE; none when it did not answer");
    static readonly Counter<long> ThirdPartyErrors = Count("evolv.thirdparty.errors", "{error}", "Calls that a third party did not answer as it should");
    static readonly Counter<long> JobsExecuted = Count("evolv.jobs.executed", "{run}", "Turns of background jobs: ok or failed");

    // Auth
    static readonly Counter<long> AuthEvents = Count("evolv.auth.events", "{event}", "Sign-ups, sign-ins, refreshes, sign-outs and changes of accounts: ok, refused or failed");
    static readonly Counter<long> TokenReuse = Count("evolv.auth.tokens.reuse_detected", "{event}", "Refresh tokens that came a second time, which ended their session");
    static readonly Histogram<double> PasswordHash = Time("evolv.auth.password_hash.duration", "Hashing or checking one password");

    // Functions
    static readonly Counter<long> FunctionErrors = Count("evolv.functions.errors", "{error}", "Answers of functions that are errors, by their code");
    static readonly Counter<long> Idempotency = Count("evolv.idempotency.requests", "{request}", "Requests with an idempotency key: new, replayed or conflict");
    static readonly Histogram<double> FeedRead = Time("evolv.feed.read.duration", "Reading a page of the feed, by filter");

    // Realtime
    static readonly Counter<long> Joins = Count("evolv.realtime.joins", "{join}", "Channels that clients asked for: ok or refused");
    static readonly Counter<long> EventsSent = Count("evolv.realtime.events.sent", "{message}", "Messages to clients: changes, broadcast, presence or control");
    static readonly Counter<long> EventsDropped = Count("evolv.realtime.events.dropped", "{message}", "Messages that a client did not get because it reads too slowly");
    static readonly Histogram<double> SendTime = Time("evolv.realtime.send.duration", "Handing one message to the connection of a client");

    // AI
    static readonly Histogram<long> TokenUsage = Meter.CreateHistogram<long>(
        GenAi.TokenUsage, "{token}", "Tokens of one call of a model", advice: new() { HistogramBucketBoundaries = [16, 64, 256, 1024, 4096, 16384] });
    static readonly Histogram<double> ModelTime = Meter.CreateHistogram<double>(
        GenAi.OperationDuration, "s", "One question to a model, all attempts", advice: new() { HistogramBucketBoundaries = [0.1, 0.5, 1, 2, 5, 10, 20, 60] });
    static readonly Counter<double> AiCost = Meter.CreateCounter<double>("evolv.ai.cost", "{USD}", "Money that calls of models cost, as told or estimated");
    static readonly Counter<long> AiCache = Count("evolv.ai.cache.requests", "{request}", "Questions of guidance: hit for a stored answer, shared for one that was being made, miss");
    static readonly Counter<long> AiFallbacks = Count("evolv.ai.fallbacks", "{answer}", "Answers of Evolv's own guidance in place of the model's, by reason");

    internal static void CacheRequest(string cache, string result) => CacheRequests.Add(1, new("cache", cache), new("result", result));

    internal static void RateLimited(string policy) => RateLimitRejected.Add(1, new KeyValuePair<string, object?>("policy", policy));

    /// <param name="sqlState">Null when there was no answer.</param>
    internal static void DatabaseFailed(string? sqlState)
        => DatabaseErrors.Add(1, new KeyValuePair<string, object?>("class", sqlState is { Length: 5 } ? string.Intern(sqlState[..2]) : "none"));

    internal static void ThirdPartyFailed(string service, string reason) => ThirdPartyErrors.Add(1, new("service", service), new("reason", reason));

    internal static void JobRan(string task, bool isOk) => JobsExecuted.Add(1, new("task", task), new("result", isOk ? "ok" : "failed"));

    internal static void AuthHappened(string @event, string result) => AuthEvents.Add(1, new("event", @event), new("result", result));

    internal static void TokenReused() => TokenReuse.Add(1);

    internal static void PasswordHashed(long started) => PasswordHash.Record(Since(started));

    internal static void FunctionFailed(string function, string code) => FunctionErrors.Add(1, new("function", function), new("code", code));

    internal static void IdempotentRequest(string result) => Idempotency.Add(1, new KeyValuePair<string, object?>("result", result));

    internal static void FeedWasRead(string filter, long started) => FeedRead.Record(Since(started), new KeyValuePair<string, object?>("filter", filter));

    internal static void Joined(bool isOk) => Joins.Add(1, new KeyValuePair<string, object?>("result", isOk ? "ok" : "refused"));

    internal static void EventSent(string kind, long started)
    {
        EventsSent.Add(1, new KeyValuePair<string, object?>("kind", kind));
        SendTime.Record(Since(started));
    }

    internal static void EventsLost(int count) => EventsDropped.Add(count);

    internal static void ModelAnswered(string provider, string model, string? error, long started)
    {
        var tags = new TagList { { GenAi.ProviderName, provider }, { GenAi.OperationName, GenAi.Chat }, { GenAi.RequestModel, model } };
        if (error is not null)
            tags.Add(GenAi.ErrorType, error);
        ModelTime.Record(Since(started), tags);
    }

    internal static void TokensUsed(string provider, string model, string type, long tokens) => TokenUsage.Record(tokens, new TagList
    {
        { GenAi.ProviderName, provider }, { GenAi.OperationName, GenAi.Chat }, { GenAi.RequestModel, model }, { GenAi.TokenType, type },
    });

    internal static void AiPaid(string model, double usd) => AiCost.Add(usd, new KeyValuePair<string, object?>("model", model));

    internal static void AiAsked(string result) => AiCache.Add(1, new KeyValuePair<string, object?>("result", result));

    internal static void AiFellBack(string reason) => AiFallbacks.Add(1, new KeyValuePair<string, object?>("reason", reason));

    /// <summary>
    /// Shows counters that have a known set of tags before anything is counted: Prometheus sees no increase in what appears with its first event.
    /// </summary>
    internal static void BeginAtZero()
    {
        foreach (var @event in (string[])["sign_up", "sign_in", "refresh", "sign_out", "update"])
            foreach (var result in (string[])["ok", "refused", "failed"])
                AuthEvents.Add(0, new("event", @event), new("result", result));
        foreach (var result in (string[])["new", "replayed", "conflict"])
            Idempotency.Add(0, new KeyValuePair<string, object?>("result", result));
        foreach (var result in (string[])["hit", "shared", "miss"])
            AiCache.Add(0, new KeyValuePair<string, object?>("result", result));
        foreach (var kind in (string[])["changes", "broadcast", "presence", "control"])
            EventsSent.Add(0, new KeyValuePair<string, object?>("kind", kind));
        foreach (var result in (string[])["ok", "refused"])
            Joins.Add(0, new KeyValuePair<string, object?>("result", result));
        foreach (var @class in (string[])["none", "08", "23", "40", "42", "53", "55", "57", "XX"])
            DatabaseErrors.Add(0, new KeyValuePair<string, object?>("class", @class));
        TokenReuse.Add(0);
        EventsDropped.Add(0);
    }

    static double Since(long started) => Stopwatch.GetElapsedTime(started).TotalSeconds;

    static Counter<long> Count(string name, string unit, string description) => Meter.CreateCounter<long>(name, unit, description);

    static Histogram<double> Time(string name, string description)
        => Meter.CreateHistogram<double>(name, "s", description, advice: new() { HistogramBucketBoundaries = Milliseconds });
}
