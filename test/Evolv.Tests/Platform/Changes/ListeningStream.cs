using System.Collections.Immutable;
using System.Diagnostics;
using Evolv.Platform;
using Evolv.Platform.Changes;
using Evolv.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Evolv.Tests.Platform.Changes;

/// <summary>The change stream of a server over a database of a test, and one consumer of it.</summary>
sealed class ListeningStream : IAsyncDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    ListeningStream(ChangeStream stream)
    {
        Stream = stream;
        Reader = stream.Open("test", 1_000_000);
    }

    internal ChangeStream Stream { get; }

    internal ChangeReader Reader { get; }

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Publishes the tables and starts to read them. Changes from then on are heard.</summary>
    internal static async Task<ListeningStream> StartAsync(TestDatabase database, string sql)
    {
        await database.ExecuteAsync(sql);
        var listening = await BeginAsync(database);
        Assert.IsType<ChangeEvent.Streaming>(await listening.NextAsync());
        return listening;
    }

    /// <summary>Starts without waiting for it to stream.</summary>
    internal static async Task<ListeningStream> BeginAsync(TestDatabase database, bool migrate = true, ILogger<ChangeStream>? logger = null)
    {
        var stream = new ChangeStream(
            database.Connections, database.Database, Options.Create(new ServerOptions { Migrate = migrate }), TimeProvider.System,
            logger ?? NullLogger<ChangeStream>.Instance);
        var listening = new ListeningStream(stream);
        await stream.StartAsync(Token);
        return listening;
    }

    internal async Task<ChangeEvent> NextAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        return await Reader.Events.ReadAsync(patience.Token);
    }

    /// <summary>The changes of the next transaction; anything else fails.</summary>
    internal async Task<ImmutableArray<Change>> NextChangesAsync()
        => Assert.IsType<ChangeEvent.Committed>(await NextAsync()).Changes;

    internal async Task<Change> NextChangeAsync() => Assert.Single(await NextChangesAsync());

    /// <summary>How long it took until this came; what comes before is passed over.</summary>
    internal async Task<TimeSpan> WaitForAsync<T>()
        where T : ChangeEvent
    {
        var started = Stopwatch.GetTimestamp();
        while (await NextAsync() is not T)
        {
        }

        return Stopwatch.GetElapsedTime(started);
    }

    public async ValueTask DisposeAsync()
    {
        await Stream.StopAsync(CancellationToken.None);
        Stream.Dispose();
        Reader.Dispose();
    }
}
