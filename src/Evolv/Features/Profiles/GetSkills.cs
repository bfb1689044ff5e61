using Evolv.Functions;
using Evolv.Platform.Cache;
using Evolv.Platform.Data;

namespace Evolv.Features.Profiles;

/// <summary>GET /functions/v1/get-skills?category=…: the catalogue of skills or one category of it, by name. The same for all who ask.</summary>
static class GetSkills
{
    const int LongestCategory = 100;

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var category = http.Request.Query.OptionalText("category", LongestCategory);

        var skills = await http.RequestServices.GetRequiredService<AnswerCache>().GetAsync(
            CacheKeys.SkillsList(category), caller,
            async token => Answer.Of(await database.QueryJsonAsync(Caller.Anonymous, $"select evolv.get_skills({category})", token)),
            cancellationToken);
        await http.Response.WriteDataAsync(skills!, cancellationToken);
    }
}
