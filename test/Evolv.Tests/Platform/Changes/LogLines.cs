using System.Collections.Concurrent;
using Evolv.Platform.Changes;
using Microsoft.Extensions.Logging;

namespace Evolv.Tests.Platform.Changes;

/// <summary>What the change stream wrote into its log.</summary>
sealed class LogLines : ILogger<ChangeStream>
{
    internal ConcurrentQueue<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull
        => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        => Lines.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception?.Message}");
}
