using Evolv.Features.Career.Guidance;
using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Career;

/// <summary>
/// POST /functions/v1/ai-learning-path: drafts a learning path to a <c>goal</c> from <c>current_level</c>, with steps that lead into paths of the
/// platform where those fit. accept-ai-learning-path makes it a real one.
/// </summary>
static class AiLearningPath
{
    internal static async Task HandleAsync(HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var question = new DraftQuestion(
            body.Text("goal", 1000).Trim(), body.OptionalOneOf("current_level", DraftQuestion.Levels) ?? DraftQuestion.Levels[0]);
        await GuidanceEndpoint.AnswerAsync(http, caller, question, cancellationToken);
    }
}
