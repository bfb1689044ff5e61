using Evolv.Platform.Data;
using Evolv.Rest.Request;
using Evolv.Rest.Response;

namespace Evolv.Rest;

/// <summary>One request on its way: who asks, what for, and where the answer goes.</summary>
/// <param name="Times">Null when nobody wants to know.</param>
sealed record RestExchange(
    HttpResponse Response, ApiRequest Request, RestConfig Config, Caller Caller, RequestSession Session, ResponseWriter Writer, StageTimes? Times)
{
    /// <summary>Answers OPTIONS; no database is asked.</summary>
    internal Task DescribeAsync(string methods)
    {
        Times?.End();
        Writer.WriteAllow(methods);
        EndResponse();
        return Task.CompletedTask;
    }

    /// <summary>The headers are complete; the body follows.</summary>
    internal void EndResponse() => Times?.End(Response);
}
