using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Evolv.Features.Career.Providers.Grok;

/// <summary>Which model answers: the first of <c>Ai:Models</c> that is there.</summary>
sealed class GrokModels(IOptions<AiOptions> options, TimeProvider time)
{
    static readonly TimeSpan Pause = TimeSpan.FromMinutes(10);

    readonly ConcurrentDictionary<string, DateTimeOffset> _gone = new(StringComparer.Ordinal);

    /// <summary>Null when all are gone.</summary>
    internal string? Current => options.Value.ModelList.FirstOrDefault(model => !_gone.TryGetValue(model, out var until) || until <= time.GetUtcNow());

    /// <summary>Passes it over for ten minutes.</summary>
    internal void MarkGone(string model) => _gone[model] = time.GetUtcNow() + Pause;
}

/// <summary>Asks the provider once after the start whether key and models are right, and says so in the log. Evolv starts either way.</summary>
sealed class GrokStartupCheck(GrokClient client, GrokModels models, IOptions<AiOptions> options, ILogger<GrokStartupCheck> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.UsesGrok)
            return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        patience.CancelAfter(TimeSpan.FromSeconds(options.Value.TimeoutSeconds));
        try
        {
            var there = await client.ListModelsAsync(patience.Token);
            foreach (var missing in options.Value.ModelList.Except(there))
            {
                models.MarkGone(missing);
                logger.AiModelMissing(missing);
            }

            if (models.Current is { } model)
                logger.AiReady(model);
            else
                logger.AiModelsMissing(string.Join(", ", there.Take(20).Select(name => PlainText.Name(name, 60))));
        }
        catch (GrokFailure failure)
        {
            logger.AiNotReady(failure.Message);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            logger.AiNotReady("no answer in time");
        }
    }
}
