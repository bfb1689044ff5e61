using Evolv.Features.Career.Guidance;
using Evolv.Features.Career.Occupations;
using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Career;

/// <summary>
/// POST /functions/v1/ai-career-assessment: five occupations that fit the caller, with what is missing and what to do next. The seed's request:
/// <c>user_profile</c> (education_level, major, interests, experience_years, current_skills, career_goals), <c>analysis_depth</c> and
/// <c>include_salary_insights</c>.
/// </summary>
static class AiCareerAssessment
{
    internal static async Task HandleAsync(HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var profile = body.Nested("user_profile");
        var question = new AssessmentQuestion(
            new PersonalProfile(
                profile.OptionalRemark("education_level", 100), profile.OptionalRemark("major", 200), [.. profile.OptionalTexts("interests", 30, 100)],
                profile.OptionalNumber("experience_years", 0, 80), [.. profile.OptionalTexts("current_skills", 100, 100)],
                profile.OptionalRemark("career_goals", 2000)),
            body.OptionalOneOf("analysis_depth", AssessmentQuestion.Depths) ?? "standard",
            body.Flag("include_salary_insights", otherwise: true));
        await GuidanceEndpoint.AnswerAsync(http, caller, question, cancellationToken);
    }
}
