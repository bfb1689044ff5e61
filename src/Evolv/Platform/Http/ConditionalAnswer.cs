using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Net.Http.Headers;

namespace Evolv.Platform.Http;

/// <summary>
/// Answers to GET that a client may keep and ask about again: an ETag made of the bytes, and 304 without a body for who has
/// them already.
/// </summary>
static class ConditionalAnswer
{
    const int TagBytes = 16;

    /// <summary>Headers of an answer that depends on who asks: only the client keeps it, and asks each time whether it still holds.</summary>
    /// <returns>False when the client has these bytes: the answer is 304 and complete.</returns>
    internal static bool BeginPrivate(HttpResponse response, ReadOnlySpan<byte> body)
        => Begin(response, TagOf(body), "private, no-cache", "Authorization, apikey");

    /// <summary>The same with a tag that <see cref="TagOf"/> made before, for bytes that are kept.</summary>
    internal static bool BeginPrivate(HttpResponse response, string tag)
        => Begin(response, tag, "private, no-cache", "Authorization, apikey");

    /// <summary>Writes JSON that is the same for everybody; caches on the way may keep it.</summary>
    internal static async Task WritePublicAsync(HttpResponse response, byte[] json, TimeSpan freshFor, CancellationToken cancellationToken)
    {
        var cacheControl = string.Create(CultureInfo.InvariantCulture, $"public, max-age={freshFor.TotalSeconds}");
        if (!Begin(response, TagOf(json), cacheControl, vary: null))
            return;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        await response.BodyWriter.WriteAsync(json, cancellationToken);
    }

    /// <summary>Weak, because the same answer may go out compressed or not.</summary>
    internal static string TagOf(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return $"W/\"{Base64Url.EncodeToString(hash[..TagBytes])}\"";
    }

    static bool Begin(HttpResponse response, string tag, string cacheControl, string? vary)
    {
        response.Headers.ETag = tag;
        response.Headers.CacheControl = cacheControl;
        if (vary is not null)
            response.Headers.Append(HeaderNames.Vary, vary);
        if (!IsKnown(response.HttpContext.Request, tag))
            return true;
        response.StatusCode = StatusCodes.Status304NotModified;
        return false;
    }

    // Clients that keep nothing send no such header, and nothing is parsed.
    static bool IsKnown(HttpRequest request, string tag)
    {
        if (request.Headers.IfNoneMatch.Count == 0 || !EntityTagHeaderValue.TryParseList(request.Headers.IfNoneMatch, out var known))
            return false;
        var current = EntityTagHeaderValue.Parse(tag);
        return known.Any(one => one.Equals(EntityTagHeaderValue.Any) || one.Compare(current, useStrongComparison: false));
    }
}
