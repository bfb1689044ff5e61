using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Evolv.Platform.Observability;

/// <summary>
/// Which traces begin here: a share of the requests. Nothing else begins one; a statement of a background job, of the migrations or of the
/// owner would be a trace by itself, and some of those have secrets in their text.
/// </summary>
sealed class RequestSampler(double ratio) : Sampler
{
    readonly TraceIdRatioBasedSampler _share = new(Math.Clamp(double.IsNaN(ratio) ? 0 : ratio, 0, 1));

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters)
        => samplingParameters.Kind == ActivityKind.Server
            ? _share.ShouldSample(samplingParameters)
            : new SamplingResult(SamplingDecision.Drop);
}
