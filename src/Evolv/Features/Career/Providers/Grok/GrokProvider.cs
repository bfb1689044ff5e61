using System.Diagnostics;
using System.Text.Json;
using Evolv.Features.Career.Guidance;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Evolv.Features.Career.Providers.Grok;

/// <summary>
/// xAI's Grok, or any model behind an endpoint of its kind. Every call is reserved against the budgets before and settled after; what fails
/// is a <see cref="GrokFailure"/> within <c>Ai:TimeoutSeconds</c>, and when half of at least five calls in half a minute fail, nobody waits for half a minute.
/// </summary>
sealed class GrokProvider : IGuidanceProvider
{
    readonly GrokClient _client;
    readonly GrokModels _models;
    readonly Database _database;
    readonly AiOptions _options;
    readonly TimeProvider _time;
    readonly ResiliencePipeline _pipeline;
    long _pausesUntil; // ticks; the breaker itself stays open until it is tried

    public GrokProvider(GrokClient client, GrokModels models, Database database, IOptions<AiOptions> options, TimeProvider time)
    {
        (_client, _models, _database, _options, _time) = (client, models, database, options.Value, time);
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddTimeout(TimeSpan.FromSeconds(_options.TimeoutSeconds))
            .AddRetry(new RetryStrategyOptions
            {
                MaxRetryAttempts = 2,
                Delay = TimeSpan.FromMilliseconds(300),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = new PredicateBuilder().Handle<GrokFailure>(failure => failure.IsTransient),
                DelayGenerator = static attempt => ValueTask.FromResult((attempt.Outcome.Exception as GrokFailure)?.RetryAfter),
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = 0.5,
                MinimumThroughput = 5,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(30),
                ShouldHandle = new PredicateBuilder().Handle<GrokFailure>(failure => !failure.IsAboutTheQuestion).Handle<TimeoutRejectedException>(),
                OnOpened = opened =>
                {
                    Volatile.Write(ref _pausesUntil, (time.GetUtcNow() + opened.BreakDuration).UtcTicks);
                    return ValueTask.CompletedTask;
                },
            })
            .AddTimeout(TimeSpan.FromSeconds(_options.AttemptTimeoutSeconds))
            .Build();
    }

    public string Name => "grok";

    /// <summary>What an answer depends on beside the question.</summary>
    internal string Fingerprint => _options.UsesGrok
        ? $"{_options.Region} {BuiltInProvider.Version} {GrokPrompt.Version} {_options.BaseUrl} {_options.Models} {_options.ReasoningEffort}"
        : $"{_options.Region} {BuiltInProvider.Version}";

    public Task<Provided<AssessmentWords>> AssessAsync(AssessmentBrief brief, GuidanceCall call, CancellationToken cancellationToken)
        => AskAsync(GrokPrompt.Of(brief), json => GrokWords.Read(json, brief), call, cancellationToken);

    public Task<Provided<SkillWords>> RecommendAsync(SkillBrief brief, GuidanceCall call, CancellationToken cancellationToken)
        => AskAsync(GrokPrompt.Of(brief), json => GrokWords.Read(json, brief), call, cancellationToken);

    public Task<Provided<DraftWords>> DraftAsync(DraftBrief brief, GuidanceCall call, CancellationToken cancellationToken)
        => AskAsync(GrokPrompt.Of(brief), json => GrokWords.Read(json, brief), call, cancellationToken);

    async Task<Provided<TWords>> AskAsync<TWords>(
        GrokPrompt prompt, Func<JsonElement, TWords> read, GuidanceCall call, CancellationToken cancellationToken)
    {
        if (IsPausing)
            throw new GrokFailure(GrokFailure.CircuitOpen);
        var request = await ReserveAsync(prompt, call, cancellationToken);
        var (spent, attempts, error) = (GrokUsage.Nothing, 0, (string?)GrokFailure.Unavailable);
        GrokCompletion? completion = null;
        var started = Stopwatch.GetTimestamp();
        try
        {
            call.Progress(new("asking", "Asking the AI provider"));
            var told = 0;
            var words = await _pipeline.ExecuteAsync(
                async token =>
                {
                    attempts++;
                    var heard = 0;
                    try
                    {
                        completion = await CompleteAsync(prompt, usage => spent += usage, written =>
                        {
                            heard = written;
                            if (written < told + 400)
                                return;
                            told = written;
                            call.Progress(new("writing", "The answer is being written", written));
                        }, token);
                    }
                    catch (OperationCanceledException) when (heard > 0 && !cancellationToken.IsCancellationRequested)
                    {
                        throw new GrokFailure(GrokFailure.Timeout, "no whole answer in time") { IsAboutTheQuestion = true }; // It may be a long one.
                    }

                    return read(GrokWords.Parse(completion.Text));
                }, cancellationToken);
            error = null;
            return new(words, completion!.Model, SettleAsync(request, completion, spent, attempts, error));
        }
        catch (GrokFailure failure)
        {
            error = failure.Reason;
            throw;
        }
        catch (TimeoutRejectedException)
        {
            error = GrokFailure.Timeout;
            throw new GrokFailure(GrokFailure.Timeout, "no whole answer in time");
        }
        catch (BrokenCircuitException)
        {
            error = GrokFailure.CircuitOpen;
            throw new GrokFailure(GrokFailure.CircuitOpen);
        }
        finally
        {
            Count(_models.Current ?? "none", spent, error, started);
            if (error is not null)
                await SettleAsync(request, completion, spent, attempts, error);
        }
    }

    /// <summary>Whether nobody is asked for a while, because too many calls failed.</summary>
    internal bool IsPausing => _time.GetUtcNow().UtcTicks < Volatile.Read(ref _pausesUntil);

    // Models are those of Ai:Models, so there are few names.
    static void Count(string model, GrokUsage spent, string? error, long started)
    {
        EvolvMeter.ModelAnswered(GenAi.Xai, model, error, started);
        if (error is not null)
            EvolvMeter.ThirdPartyFailed("grok", error);
        if (spent.PromptTokens is { } input)
            EvolvMeter.TokensUsed(GenAi.Xai, model, GenAi.Input, input);
        if (spent.CompletionTokens is { } output)
            EvolvMeter.TokensUsed(GenAi.Xai, model, GenAi.Output, output + (spent.ReasoningTokens ?? 0));
        EvolvMeter.AiPaid(model, spent.Usd);
    }

    // A model that is gone makes room for the next at once.
    async Task<GrokCompletion> CompleteAsync(GrokPrompt prompt, Action<GrokUsage> spend, Action<int> written, CancellationToken cancellationToken)
    {
        while (_models.Current is { } model)
        {
            try
            {
                return await _client.CompleteAsync(model, prompt, spend, written, cancellationToken);
            }
            catch (GrokFailure failure) when (failure.Reason == GrokFailure.ModelGone)
            {
                _models.MarkGone(model);
            }
        }

        throw new GrokFailure(GrokFailure.ModelGone, "none of Ai:Models is there");
    }

    async Task<Guid> ReserveAsync(GrokPrompt prompt, GuidanceCall call, CancellationToken cancellationToken)
    {
        var body = prompt.ToJson("", _options);
        var estimate = GrokUsage.Most(body.Length, _options).CostTicks;
        var (id, refusal) = await _database.QueryAsync(
            Caller.Service, // a person does not set their own budgets
            $"""
            select id, refusal
            from evolv.reserve_ai_request(
                {call.UserId}, {call.Purpose}, {call.InputHash}, {Name}, {Sha256Hex.Of(body)}, {estimate}, {GrokUsage.Ticks(_options.PersonDailyUsd)},
                {GrokUsage.Ticks(_options.PersonMonthlyUsd)}, {GrokUsage.Ticks(_options.InstallationDailyUsd)}, {GrokUsage.Ticks(_options.InstallationMonthlyUsd)})
            """,
            static async (reader, token) =>
            {
                await reader.ReadAsync(token);
                return (reader.IsDBNull(0) ? Guid.Empty : reader.GetGuid(0), reader.IsDBNull(1) ? null : reader.GetString(1));
            },
            cancellationToken);
        return refusal is null ? id : throw new GrokFailure(refusal);
    }

    // Also when the server is stopping: the money is spent.
    async Task SettleAsync(Guid request, GrokCompletion? completion, GrokUsage spent, int attempts, string? error)
    {
        var answer = completion is null ? null : Sha256Hex.Of(completion.Text);
        await _database.QueryAsync(
            Caller.Service,
            $"""
            select evolv.settle_ai_request(
                {request}, {(error is null ? "answered" : "failed")}, {spent.CostTicks}, {spent.IsEstimated}, {completion?.Model}, {answer}, {attempts},
                {spent.PromptTokens}, {spent.CachedTokens}, {spent.CompletionTokens}, {spent.ReasoningTokens}, {completion?.FinishReason}, {error})
            """,
            static (reader, token) => reader.ReadAsync(token), CancellationToken.None);
    }
}
