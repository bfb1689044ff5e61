using Evolv.Functions;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;
using Npgsql;

namespace Evolv.Features.Growth;

/// <summary>
/// POST /functions/v1/add-xp: awards XP, for admins and the service. <c>evolv.add_xp</c> does all of it in one statement,
/// so two awards at the same time are both counted, and an award with a key that was used before is not counted again.
/// </summary>
static class AddXp
{
    /// <summary>The seed's seven sources, in its order.</summary>
    internal static readonly string[] Sources =
    [
        "course_completion", "skill_mastery", "social_interaction", "quiz_completion", "project_submission", "daily_login",
        "achievement_unlock",
    ];

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var body = await FunctionBody.ReadAsync(http.Request, cancellationToken);
        var userId = body.Guid("user_id");
        var amount = body.Integer("amount", 1, 100_000);
        var source = body.OneOf("source", Sources);
        var metadata = new Json(body.OptionalObject("metadata"));
        var key = IdempotencyKey(http.Request, body);

        var (data, replayed) = await AwardAsync(
            database, caller, $"select data::text, replayed from evolv.add_xp({userId}, {amount}, {source}, {metadata}, {key})", cancellationToken);

        if (key is not null)
            EvolvMeter.IdempotentRequest(replayed ? "replayed" : "new");
        if (replayed)
            http.Response.Headers["Idempotency-Replayed"] = "true";
        await http.Response.WriteDataAsync(data, cancellationToken);
    }

    static async Task<(byte[] Data, bool Replayed)> AwardAsync(Database database, Caller caller, Sql award, CancellationToken cancellationToken)
    {
        try
        {
            return await database.QueryAsync(
                caller, award,
                static async (reader, token) =>
                {
                    await reader.ReadAsync(token);
                    return (await reader.GetFieldValueAsync<byte[]>(0, token), reader.GetBoolean(1));
                },
                cancellationToken);
        }
        catch (PostgresException exception) when (exception.Hint == "idempotency_key_reused")
        {
            EvolvMeter.IdempotentRequest("conflict");
            throw;
        }
    }

    static string? IdempotencyKey(HttpRequest request, FunctionBody body)
    {
        const int Longest = 255;
        var fromBody = body.OptionalText("idempotency_key", Longest);
        var header = request.Headers["Idempotency-Key"];
        if (header.Count == 0)
            return fromBody;
        if (header is not [{ Length: > 0 and <= Longest } fromHeader])
            throw FunctionError.Field("Idempotency-Key", $"must be one text of 1 to {Longest} characters");
        return fromBody is null || fromBody == fromHeader
            ? fromHeader
            : throw FunctionError.Field("idempotency_key", "differs from the header Idempotency-Key");
    }
}
