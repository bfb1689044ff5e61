using Evolv.Platform.Cache;
using Evolv.Platform.Data;

namespace Evolv.Features;

/// <summary>
/// The seed's table of what is cached: the key, the longest time, and what makes it old before. The topics are announced by
/// triggers named <c>*_announce</c> in <c>db/migrations</c>. AI answers are kept for a day, too, in <c>ai_requests</c>.
/// </summary>
static class CacheKeys
{
    internal static CacheKey UserLevel(Guid person)
        => new("user-level", $"user:{person}:level", Seconds(60), [$"level:{person}", "levels"]);

    /// <param name="board">Scope, its id, metric, period and which part, in words that were checked.</param>
    /// <param name="caller">Who asks: their own place is in it, and whom they have blocked is not.</param>
    /// <param name="scopeId">The guild or path whose visibility counts.</param>
    /// <param name="now">Days and periods begin at quarters of an hour, whatever the time zone; no answer outlives one.</param>
    internal static CacheKey Leaderboard(string board, Caller caller, Guid? scopeId, DateTimeOffset now)
        => new CacheKey(
            "leaderboard", $"leaderboard:{board}", Least(Seconds(300), QuarterHour - TimeSpan.FromTicks(now.Ticks % QuarterHour.Ticks)),
            ["leaderboards", "guilds", $"path:{scopeId}", $"sight:{caller.UserId}"]).For(caller);

    /// <summary>As everybody sees it; who sees more is not answered from the cache.</summary>
    internal static CacheKey LearningPath(Guid path)
        => new("learning-path", $"path:{path}", Seconds(600), [$"path:{path}"]);

    /// <param name="page">Filter, size and beginning, in words that were checked.</param>
    /// <param name="caller">Whose feed it is. The people and posts in it are further topics.</param>
    internal static CacheKey UserFeed(string page, Caller caller)
        => new CacheKey("feed", $"feed:{page}", Seconds(60), ["feed", "guilds", "badges", $"sight:{caller.UserId}"]).For(caller);

    internal static CacheKey SkillsList(string? category)
        => new("skills", $"skills:list:{category ?? "all"}", Seconds(3600), ["skills"]);

    static readonly TimeSpan QuarterHour = TimeSpan.FromMinutes(15);

    static TimeSpan Seconds(int seconds) => TimeSpan.FromSeconds(seconds);

    static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;
}
