using Evolv.Features.Career.Guidance;
using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Career;

/// <summary>
/// POST /functions/v1/ai-skill-recommendations: which skills to learn for a role, in which order and by which paths. <c>target_role</c> is a title or
/// a code of an occupation, or words for one; without it the occupation that fits the caller best is taken.
/// </summary>
static class AiSkillRecommendations
{
    internal static async Task HandleAsync(HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var question = new SkillQuestion(
            [.. body.OptionalTexts("current_skills", 100, 100)], body.OptionalRemark("target_role", 200),
            body.OptionalInteger("hours_per_week", 1, 80) ?? 8);
        await GuidanceEndpoint.AnswerAsync(http, caller, question, cancellationToken);
    }
}
