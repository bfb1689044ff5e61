using System.Globalization;

namespace Evolv.Rest.Response;

/// <summary>How long each stage took, for <c>Server-Timing</c>.</summary>
sealed class StageTimes(TimeProvider time)
{
    static readonly string[] Names = ["jwt", "parse", "plan", "transaction", "response"];

    readonly List<string> _stages = [];
    long _since = time.GetTimestamp();

    /// <summary>Ends the current stage; the next one begins.</summary>
    internal void End()
    {
        if (_stages.Count == Names.Length)
            return;
        var elapsed = time.GetElapsedTime(_since);
        _since = time.GetTimestamp();
        _stages.Add(string.Create(CultureInfo.InvariantCulture, $"{Names[_stages.Count]};dur={elapsed.TotalMilliseconds:0.0##}"));
    }

    /// <summary>Ends the last stage, and tells.</summary>
    internal void End(HttpResponse response)
    {
        End();
        response.Headers["Server-Timing"] = ToString();
    }

    public override string ToString() => string.Join(", ", _stages);
}
