using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Evolv.Tests.Features.Career.Providers.Grok;

/// <summary>Keeps every line that is logged, at every level, with its exception.</summary>
sealed class KeptLog : ILoggerProvider
{
    readonly ConcurrentQueue<string> _lines = [];

    internal IReadOnlyList<string> Lines => [.. _lines];

    internal ILogger<T> For<T>() => new Logger<T>(this);

    public ILogger CreateLogger(string categoryName) => new Logger<KeptLog>(this);

    public void Dispose()
    {
    }

    sealed class Logger<T>(KeptLog log) : ILogger<T>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull
            => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            => log._lines.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception}");
    }
}
