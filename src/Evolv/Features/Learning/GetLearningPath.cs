using Evolv.Functions;
using Evolv.Platform.Cache;
using Evolv.Platform.Data;

namespace Evolv.Features.Learning;

/// <summary>
/// GET /functions/v1/get-learning-path?path_id=…: a path with its steps. What everybody may see is cached once for all; a path that is
/// not active is read anew for those few who may see it.
/// </summary>
static class GetLearningPath
{
    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var path = http.Request.Query.OptionalGuid("path_id") ?? throw FunctionError.Field("path_id", "is missing");

        var json = await http.RequestServices.GetRequiredService<AnswerCache>().GetAsync(
            CacheKeys.LearningPath(path), caller, async token => Answer.Of(await ReadAsync(Caller.Anonymous, token)), cancellationToken)
            ?? await ReadAsync(caller, cancellationToken)
            ?? throw FunctionError.Missing("learning path");
        await http.Response.WriteDataAsync(json, cancellationToken);

        Task<byte[]?> ReadAsync(Caller reader, CancellationToken token)
            => database.QueryOptionalJsonAsync(reader, $"select evolv.get_learning_path({path})", token);
    }
}
