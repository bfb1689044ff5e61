using System.Collections.Immutable;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Evolv.Functions;
using Evolv.Platform.Cache;
using Evolv.Platform.Data;
using Evolv.Platform.Observability;

namespace Evolv.Features.Social;

/// <summary>
/// GET /functions/v1/get-feed?filter=all|following|guilds&amp;limit=1..100&amp;cursor=…: a page of the caller's feed, newest
/// first. <c>next_cursor</c> of a page asks for the next one; the seed's <c>page</c> works for the first 1000 items.
/// </summary>
static class GetFeed
{
    const int DeepestPage = 1000;

    static readonly string[] Filters = ["all", "following", "guilds"];

    internal static async Task HandleAsync(
        HttpContext http, Caller caller, Database database, CancellationToken cancellationToken)
    {
        if (caller.UserId is null)
            throw FunctionError.Unauthorized(); // A key of the installation has no feed.

        var query = http.Request.Query;
        var filter = query.OneOf("filter", "all", Filters);
        var limit = query.Integer("limit", 20, 100);
        var page = query.Integer("page", 1, DeepestPage);
        if (page * limit > DeepestPage)
            throw FunctionError.Field("page", $"reaches only the first {DeepestPage} items; go on with cursor");
        var (at, id) = Cursor(query["cursor"].FirstOrDefault());

        var feed = await http.RequestServices.GetRequiredService<AnswerCache>().GetAsync(
            CacheKeys.UserFeed($"{filter}:{limit}:{page}:{at.UtcTicks}_{id}", caller), caller,
            async token =>
            {
                var started = Stopwatch.GetTimestamp();
                var json = await database.QueryJsonAsync(caller, $"select evolv.get_feed({filter}, {limit}, {at}, {id}, {page})", token);
                EvolvMeter.FeedWasRead(filter, started);
                return new Answer(json, TopicsOf(json));
            },
            cancellationToken);
        await http.Response.WriteDataAsync(feed!, cancellationToken);
    }

    // Whoever likes a post or changes their name makes those pages old that show it.
    static ImmutableArray<string> TopicsOf(byte[] json)
    {
        using var page = JsonDocument.Parse(json);
        var topics = new HashSet<string>();
        foreach (var item in page.RootElement.GetProperty("feed").EnumerateArray())
        {
            topics.Add($"profile:{item.GetProperty("user_id").GetString()}");
            if (item.GetProperty("activity_type").GetString() == "post" && item.GetProperty("content").TryGetProperty("post_id", out var post))
                topics.Add($"post:{post.GetString()}");
        }

        return [.. topics];
    }

    // Microseconds since 1970 and the id of the last item: "1795419021219666_4cee83a7-…". Without one, from the newest.
    static (DateTimeOffset At, Guid Id) Cursor(string? text)
    {
        if (text is null)
            return (DateTimeOffset.MaxValue, Guid.AllBitsSet);
        var parts = text.Split('_');
        return parts.Length == 2 &&
            long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) &&
            microseconds <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds() * 1000 &&
            Guid.TryParseExact(parts[1], "D", out var id)
            ? (DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond), id)
            : throw FunctionError.Field("cursor", "must be the next_cursor of an earlier answer");
    }
}
