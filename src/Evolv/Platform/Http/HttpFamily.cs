namespace Evolv.Platform.Http;

/// <summary>What every request must be told of a family of the API, before the family itself is asked.</summary>
/// <param name="Path">Where it is served.</param>
/// <param name="RefuseAsync">Answers in the family's own form what its code never saw: plain http, or a body that came too slowly.</param>
sealed record HttpFamily(string Path, Func<HttpContext, BadHttpRequestException, Task> RefuseAsync)
{
    /// <summary>Whether it answers CORS itself, as its upstream does.</summary>
    internal bool AnswersCors { get; init; }

    /// <summary>Whether its answers hold secrets, which must not be compressed.</summary>
    internal bool HasSecrets { get; init; }
}

static class HttpFamilies
{
    /// <summary>The family that serves a path; null for pages and probes.</summary>
    internal static HttpFamily? Find(this HttpFamily[] families, PathString path)
        => Array.Find(families, family => path.StartsWithSegments(family.Path));
}
