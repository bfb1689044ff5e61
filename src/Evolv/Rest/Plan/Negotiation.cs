using Evolv.Rest.Request;
using Evolv.Rest.Schema;

namespace Evolv.Rest.Plan;

/// <summary>Which of the accepted media types is sent, and what makes it.</summary>
static class Negotiation
{
    static readonly MediaHandler Nothing = new MediaHandler.None();

    /// <param name="target">The table, or the function.</param>
    /// <param name="isWholeRow">Whether nothing but <c>*</c> is selected: only then a handler for the table's rows fits.</param>
    /// <exception cref="RestError">PGRST107</exception>
    internal static ResolvedHandler Negotiate(ApiRequest request, RestSnapshot snapshot, QualifiedName target, bool isWholeRow)
    {
        foreach (var accepted in request.Accept)
        {
            if (Find(accepted, snapshot, target, isWholeRow) is not { } found)
                continue;
            var hasBody = request.Action switch
            {
                RequestAction.Mutate => request.Preferences.Representation == Representation.Full,
                RequestAction.Read read => !read.HeadersOnly,
                RequestAction.Call call => !call.HeadersOnly,
                _ => true,
            };
            return hasBody ? found : found with { Handler = Nothing };
        }

        throw RestError.NotAcceptable(request.Accept.Select(accepted => accepted.Mime));
    }

    static ResolvedHandler? Find(MediaType accepted, RestSnapshot snapshot, QualifiedName target, bool isWholeRow)
    {
        switch (accepted)
        {
            case MediaType.Singular singular:
                return new(new MediaHandler.SingleJson(singular.StripNulls), accepted);
            case MediaType.ArrayStripped:
                return new(new MediaHandler.ArrayJsonStripped(), accepted);
            case MediaType.Plan plan:
                return snapshot.Config.PlanEnabled && Find(plan.For, snapshot, target, isWholeRow) is { } planned
                    ? planned with { MediaType = accepted }
                    : null;
        }

        var handlers = snapshot.Schema!.MediaHandlers;
        return (isWholeRow ? handlers.GetValueOrDefault(new(target, MediaType.Any)) ?? handlers.GetValueOrDefault(new(target, accepted)) : null)
            ?? handlers.GetValueOrDefault(new(null, accepted));
    }
}
