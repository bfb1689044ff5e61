using System.Collections.Concurrent;
using Evolv.Platform.Observability;

namespace Evolv.Features.Career.Guidance;

/// <summary>
/// Makes the same answer once, however many ask for it at the same time. It does not belong to who asked first: when they leave, it is
/// finished and kept, because it may have cost money. Only the end of the server ends it.
/// </summary>
sealed class SingleFlight(IHostApplicationLifetime lifetime)
{
    readonly ConcurrentDictionary<string, Flight> _flights = new(StringComparer.Ordinal);

    internal async Task<byte[]> RunAsync(
        string key, Action<GuidanceProgress> progress, Func<Action<GuidanceProgress>, CancellationToken, Task<byte[]>> produce,
        CancellationToken cancellationToken)
    {
        var isFirst = false;
        var flight = _flights.GetOrAdd(key, _ =>
        {
            isFirst = true; // Two who come at once may both think so; it is for a metric.
            return new Flight(tell => ProduceAsync(key, tell, produce));
        });
        EvolvMeter.AiAsked(isFirst ? "miss" : "shared");
        flight.Told += progress;
        try
        {
            return await flight.Answer.WaitAsync(cancellationToken);
        }
        finally
        {
            flight.Told -= progress;
        }
    }

    async Task<byte[]> ProduceAsync(
        string key, Action<GuidanceProgress> tell, Func<Action<GuidanceProgress>, CancellationToken, Task<byte[]>> produce)
    {
        try
        {
            return await produce(tell, lifetime.ApplicationStopped);
        }
        finally
        {
            _flights.TryRemove(key, out _);
        }
    }

    sealed class Flight
    {
        readonly Lazy<Task<byte[]>> _answer;

        internal Flight(Func<Action<GuidanceProgress>, Task<byte[]>> produce)
            => _answer = new(() => Task.Run(() => produce(progress => Told?.Invoke(progress))));

        internal event Action<GuidanceProgress>? Told;

        internal Task<byte[]> Answer => _answer.Value;
    }
}
