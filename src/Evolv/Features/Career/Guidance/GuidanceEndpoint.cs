using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Career.Guidance;

/// <summary>What the three functions of guidance share: one JSON answer, or events while it is made.</summary>
static class GuidanceEndpoint
{
    internal static async Task AnswerAsync<TBrief, TWords>(
        HttpContext http, Caller caller, GuidanceQuestion<TBrief, TWords> question, CancellationToken cancellationToken)
    {
        if (caller.UserId is null)
            throw FunctionError.Unauthorized(); // A key of the installation has no career.
        var flow = http.RequestServices.GetRequiredService<GuidanceFlow>();
        if (http.Request.WantsEvents())
            await http.WriteEventsAsync<GuidanceProgress>(tell => flow.AnswerAsync(caller, question, tell, cancellationToken), cancellationToken);
        else
            await http.Response.WriteDataAsync(await flow.AnswerAsync(caller, question, _ => { }, cancellationToken), cancellationToken);
    }
}
