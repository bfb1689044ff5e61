using System.Collections.Concurrent;
using System.Diagnostics;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Evolv.Tests.Platform.Observability;

/// <summary>What a trace tells of statements.</summary>
public sealed class SpanTests(EvolvCluster cluster)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Span_of_a_refused_statement_has_its_SQLSTATE_and_no_row_of_a_person()
    {
        var server = await cluster.SharedServerAsync();
        using var root = new ActivitySource("Evolv.Tests.Spans");
        using var kept = new Kept();
        using var provider = StatementSpans.Add(Sdk.CreateTracerProviderBuilder().AddSource(root.Name).SetSampler(new ParentBasedSampler(new AlwaysOnSampler())))
            .AddProcessor(kept).Build();
        using var asked = root.StartActivity("asked");
        await using var session = await server.Services.GetRequiredService<Database>().BeginAsync(Caller.Service, Token);
        await session.QuerySingleAsync($"select 1", row => row.GetInt32(0), Token);

        // In an order that is not in the SQL, as if it were a value.
        await Assert.ThrowsAsync<PostgresException>(() => session.ExecuteAsync(
            $"do $$ begin raise exception 'refused' using errcode = '23505', detail = reverse('moc.elpmaxe@ada'); end $$", Token));

        var spans = kept.Of(asked!.TraceId);
        var told = string.Join('\n', spans.SelectMany(span => span.TagObjects.Concat(span.Events.SelectMany(happened => happened.Tags)))
            .Select(tag => $"{tag.Key}={tag.Value}").Concat(spans.Select(span => span.StatusDescription)));
        Assert.Contains("db.response.status_code=23505", told, StringComparison.Ordinal);
        Assert.Contains("db.query.text=do $$", told, StringComparison.Ordinal);
        Assert.DoesNotContain("ada@example.com", told, StringComparison.Ordinal);
        var refused = Assert.Single(spans, span => span.Status == ActivityStatusCode.Error);
        Assert.Equal(asked.SpanId, refused.ParentSpanId);
    }

    [Theory]
    [InlineData(ActivityKind.Server, SamplingDecision.RecordAndSample)]
    [InlineData(ActivityKind.Client, SamplingDecision.Drop)]
    [InlineData(ActivityKind.Internal, SamplingDecision.Drop)]
    public void Only_requests_begin_traces(ActivityKind kind, SamplingDecision expected)
        => Assert.Equal(expected, new RequestSampler(1).ShouldSample(new SamplingParameters(default, ActivityTraceId.CreateRandom(), "x", kind)).Decision);

    // What an exporter would send.
    sealed class Kept : BaseProcessor<Activity>
    {
        readonly ConcurrentQueue<Activity> _spans = [];

        public override void OnEnd(Activity data)
        {
            if (data.Recorded)
                _spans.Enqueue(data);
        }

        internal Activity[] Of(ActivityTraceId trace) => [.. _spans.Where(span => span.TraceId == trace)];
    }
}
