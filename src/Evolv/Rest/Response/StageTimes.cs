using System.Globalization;

namespace Evolv.Rest.Response;

/// <summary>How long each stage took, for <c>Server-Timing</c>.</summary>
sealed class StageTimes(TimeProvider time)
{
    readonly List<string> _stages = [];
    long _since = time.GetTimestamp();

    /// <summary>Ends a stage; the next one begins.</summary>
    internal void End(string stage)
    {
        var elapsed = time.GetElapsedTime(_since);
        _since = time.GetTimestamp();
        _stages.Add(string.Create(CultureInfo.InvariantCulture, $"{stage};dur={elapsed.TotalMilliseconds:0.0##}"));
    }

    public override string ToString() => string.Join(", ", _stages);
}
