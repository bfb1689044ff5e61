using System.Globalization;

namespace Evolv.Bench.Cache;

/// <summary>What people write while others read.</summary>
static class Writes
{
    /// <summary>The bytes of a request: one in five is a post, two are likes and two are XP.</summary>
    internal static byte[] Of(Callers callers, long number) => (number % 5) switch
    {
        0 => callers.Post(number, "/rest/v1/posts", """{"content":"Something learned just now"}"""),
        // Whoever liked it before likes it again, which changes nothing.
        1 or 2 => callers.Post(
            number * 7919, "/rest/v1/post_likes?on_conflict=post_id,user_id", $$"""{"post_id":"{{callers.Posts[number * 104729 % callers.Posts.Length]}}"}""",
            "Prefer: resolution=ignore-duplicates"),
        _ => callers.PostAsService("/functions/v1/add-xp", string.Create(
            CultureInfo.InvariantCulture, $$"""{"user_id":"00000000-0000-4000-8000-{{1 + (number * 31 % 1000):x12}}","amount":5,"source":"quiz_completion"}""")),
    };
}
