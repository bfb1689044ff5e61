using Evolv.Platform.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Primitives;

namespace Evolv.Rest;

/// <summary>
/// CORS as PostgREST answers it. A preflight is answered with 200 and never needs a key; OPTIONS without
/// <c>Access-Control-Request-Method</c> asks for the methods of a table.
/// </summary>
sealed class RestCors(RequestDelegate next, IOptions<HttpOptions> options)
{
    // The first line is PostgREST's own; browsers read all lines as one.
    static readonly StringValues Exposed = new(
    [
        "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit",
        "Preference-Applied, Content-Profile, Proxy-Status, Server-Timing, Retry-After, X-Request-Id",
        "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit, RateLimit-Policy",
    ]);

    readonly string[] _origins = options.Value.ReadOrigins();

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var headers = context.Response.Headers;
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0)
            return next(context);
        if (_origins.Contains("*"))
        {
            headers.AccessControlAllowOrigin = "*";
        }
        else
        {
            headers.Append("Vary", "Origin");
            if (!_origins.Contains(origin))
                return next(context);
            headers.AccessControlAllowOrigin = origin;
            headers.AccessControlAllowCredentials = "true";
        }

        if (!HttpMethods.IsOptions(request.Method) || request.Headers.AccessControlRequestMethod.Count == 0)
        {
            headers.AccessControlExposeHeaders = Exposed;
            return next(context);
        }

        var asked = request.Headers.AccessControlRequestHeaders.ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        headers.AccessControlAllowMethods = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD";
        headers.AccessControlAllowHeaders = string.Join(", ", ["Authorization", .. asked, "Accept", "Accept-Language", "Content-Language"]);
        headers.AccessControlMaxAge = "86400";
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
