namespace Evolv.Tests.Support;

/// <summary>
/// What the stand-in does with a request. Those up to <see cref="OneBytePerSecond"/> hold for every path, the others only
/// for completions.
/// </summary>
enum GrokBehaviour
{
    Answers,

    /// <summary>Connections are reset: as soon as they are accepted when this stands, when the request came when it was queued.</summary>
    RefusesConnection,

    /// <summary>Takes the request and never sends a byte.</summary>
    Hangs,

    Unauthorized401,

    /// <summary>What xAI says to a wrong key: 400, not 401.</summary>
    BadKey400,

    /// <summary>Says nothing about when to come again, unless <see cref="GrokStandIn.RetryAfterSeconds"/> is set.</summary>
    RateLimited429,

    ServerError500,

    Unavailable503,

    /// <summary>A page of some proxy on the way.</summary>
    Html200,

    /// <summary>A good answer of which the body comes one byte per second; the headers come at once.</summary>
    OneBytePerSecond,

    /// <summary>The first model that is asked is gone (404), every other one answers.</summary>
    ModelGone404,

    /// <summary>Half of the JSON, and "length" as the reason to end.</summary>
    TruncatedAtLength,

    FencedJson,

    ProseAroundJson,

    /// <summary>JSON of a shape that nobody asked for.</summary>
    WrongSchema,

    NotJson,

    EmptyAnswer,

    /// <summary>A good answer after ten megabytes of white space, which is what a JSON mode runs away into.</summary>
    TenMegabytes,

    /// <summary>Goes on and on until the reader leaves.</summary>
    EndlessStream,

    /// <summary>Some chunks, then an error where a chunk should be, and the end. Without stream: 503.</summary>
    ErrorMidStream,

    /// <summary>Half of the answer, then the connection is reset.</summary>
    CutMidStream,

    /// <summary>A good answer that says nothing about tokens and cost.</summary>
    NoUsage,

    /// <summary>The whole answer, and yet "content_filter" as the reason to end.</summary>
    ContentFilter,

    /// <summary>A refusal where the content should be.</summary>
    Refusal,

    /// <summary>Lines that are no events, declared as events.</summary>
    GarbageSse,

    /// <summary>A good answer that takes two seconds.</summary>
    SlowButFine,
}
