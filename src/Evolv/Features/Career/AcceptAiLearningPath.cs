using Evolv.Functions;
using Evolv.Platform.Data;

namespace Evolv.Features.Career;

/// <summary>
/// POST /functions/v1/accept-ai-learning-path: makes a draft of the caller (<c>generated_path_id</c>) a learning path of their own and enrols them.
/// Only they see it. Once more answers the same path.
/// </summary>
static class AcceptAiLearningPath
{
    internal static async Task HandleAsync(HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var draft = body.Guid("generated_path_id");
        if (caller.UserId is null)
            throw FunctionError.Unauthorized();

        var accepted = await database.QueryJsonAsync(caller, $"select evolv.accept_generated_path({draft})::text", cancellationToken);
        await http.Response.WriteDataAsync(accepted, cancellationToken);
    }
}
