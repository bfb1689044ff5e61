using System.Diagnostics;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace Evolv.Platform.Observability;

/// <summary>
/// Npgsql's spans of statements. When PostgreSQL refuses one, Npgsql writes the whole exception into the span, with the DETAIL, which holds
/// the rows of people; and what is in a span cannot be taken out. So such a span is put aside, and one like it without the
/// exception goes in its place; the SQLSTATE is a tag.
/// </summary>
sealed class StatementSpans : BaseProcessor<Activity>
{
    static readonly ActivitySource Source = new("Evolv.Statements");

    /// <summary>Before the exporters.</summary>
    internal static TracerProviderBuilder Add(TracerProviderBuilder traces) => traces.AddNpgsql().AddSource(Source.Name).AddProcessor(new StatementSpans());

    public override void OnEnd(Activity data)
    {
        if (data.Source.Name != "Npgsql" || !data.Events.Any())
            return;
        data.ActivityTraceFlags &= ~ActivityTraceFlags.Recorded;
        var parent = new ActivityContext(data.TraceId, data.ParentSpanId, data.ActivityTraceFlags | ActivityTraceFlags.Recorded);
        using var told = Source.StartActivity(data.DisplayName, data.Kind, parent, data.TagObjects, startTime: data.StartTimeUtc);
        told?.SetStatus(data.Status);
        told?.SetEndTime(data.StartTimeUtc + data.Duration);
    }
}
