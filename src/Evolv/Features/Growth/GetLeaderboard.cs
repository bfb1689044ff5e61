using System.Globalization;
using Evolv.Functions;
using Evolv.Platform.Cache;
using Evolv.Platform.Data;

namespace Evolv.Features.Growth;

/// <summary>
/// GET /functions/v1/get-leaderboard?scope=global|guild|path|skill|friends&amp;scope_id=…&amp;metric=xp|badges|skills|streak&amp;period=all|month|week|day:
/// a page of a board and the caller's own place. <c>period_start</c> (a day) reads an earlier period, <c>cursor</c> goes on after
/// a page, <c>from_rank</c> begins at a rank and <c>around_me</c> at the caller's neighbours. All of it costs the same however
/// many people there are.
/// </summary>
static class GetLeaderboard
{
    static readonly string[] Scopes = ["global", "guild", "path", "skill", "friends"];
    static readonly string[] Metrics = ["xp", "badges", "skills", "streak"];
    static readonly string[] Periods = ["all", "month", "week", "day"];

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        var query = http.Request.Query;
        var scope = query.OneOf("scope", Scopes[0], Scopes);
        var scopeId = ScopeId(query, scope);
        var metric = query.OneOf("metric", Metrics[0], Metrics);
        var period = query.OneOf("period", Periods[0], Periods);
        var day = Day(query, period);
        var limit = query.Integer("limit", 20, 100);
        var (score, tie) = Cursor(query);
        var fromRank = query.OptionalInteger("from_rank", long.MaxValue);
        var aroundMe = query.Flag("around_me");
        if ((score is null ? 0 : 1) + (fromRank is null ? 0 : 1) + (aroundMe ? 1 : 0) > 1)
            throw FunctionError.Field(aroundMe ? "around_me" : "from_rank", "says where a page begins, and so does another field; use one of cursor, from_rank and around_me");
        if (caller.UserId is null && (aroundMe || scope == "friends"))
            throw FunctionError.Unauthorized(); // A key of the installation has no place and no friends.

        var part = $"{scope}:{scopeId}:{metric}:{period}:{day}:{limit}:{score}_{tie}:{fromRank}:{aroundMe}";
        var now = http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
        var board = await http.RequestServices.GetRequiredService<AnswerCache>().GetAsync(
            CacheKeys.Leaderboard(part, caller, scopeId, now), caller,
            async token => Answer.Of(await database.QueryJsonAsync(
                caller,
                $"select evolv.get_leaderboard({scope}, {scopeId}, {metric}, {period}, {day}::date, {limit}, {score}, {tie}, {fromRank}, {aroundMe})",
                token)),
            cancellationToken);
        await http.Response.WriteDataAsync(board!, cancellationToken);
    }

    static Guid? ScopeId(IQueryCollection query, string scope)
    {
        var text = query["scope_id"].FirstOrDefault();
        return (scope, text) switch
        {
            ("global" or "friends", null) => null,
            ("global" or "friends", _) => throw FunctionError.Field("scope_id", "is for guild, path and skill"),
            _ => Guid.TryParseExact(text, "D", out var id) ? id : throw FunctionError.Field("scope_id", $"must be the UUID of the {scope}"),
        };
    }

    // As text: PostgreSQL reads it.
    static string? Day(IQueryCollection query, string period)
    {
        if (query["period_start"].FirstOrDefault() is not { } text)
            return null;
        if (period == "all")
            throw FunctionError.Field("period_start", "is for month, week and day");
        return DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is >= 2000 and < 3000
            ? text
            : throw FunctionError.Field("period_start", "must be a day of the period, such as 2026-11-23");
    }

    // Score and tie of the last entry: "4200_4cee83a7-…".
    static (long? Score, Guid? Tie) Cursor(IQueryCollection query)
    {
        if (query["cursor"].FirstOrDefault() is not { } text)
            return (null, null);
        var parts = text.Split('_');
        return parts.Length == 2 &&
            long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var score) &&
            Guid.TryParseExact(parts[1], "D", out var tie)
            ? (score, tie)
            : throw FunctionError.Field("cursor", "must be the next_cursor of an earlier answer");
    }
}
