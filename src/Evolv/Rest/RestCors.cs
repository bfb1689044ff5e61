using System.Globalization;
using Evolv.Platform.Http;
using Microsoft.Extensions.Primitives;

namespace Evolv.Rest;

/// <summary>
/// CORS as PostgREST answers it. A preflight is answered with 200 and never needs a key; OPTIONS without
/// <c>Access-Control-Request-Method</c> asks for the methods of a table.
/// </summary>
sealed class RestCors(RequestDelegate next, Origins origins)
{
    // The first line is PostgREST's own; browsers read all lines as one.
    static readonly StringValues Exposed = new(
    [
        "Content-Encoding, Content-Location, Content-Range, Content-Type, Date, Location, Server, Transfer-Encoding, Range-Unit",
        string.Join(", ", ["Content-Profile", "Proxy-Status", .. Cors.ExposedHeaders]),
    ]);

    static readonly string MaxAge = Cors.PreflightAge.TotalSeconds.ToString(CultureInfo.InvariantCulture);

    public Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var headers = context.Response.Headers;
        var origin = request.Headers.Origin.ToString();
        if (!origins.AllowsAny)
            headers.Append("Vary", "Origin"); // Also to who said none: a cache would hand the answer to others.
        if (origin.Length == 0 || !origins.Allow(origin))
            return next(context);
        headers.AccessControlAllowOrigin = origins.AllowsAny ? "*" : origin;
        if (origins.AreNamed)
            headers.AccessControlAllowCredentials = "true";

        if (!HttpMethods.IsOptions(request.Method) || request.Headers.AccessControlRequestMethod.Count == 0)
        {
            headers.AccessControlExposeHeaders = Exposed;
            return next(context);
        }

        var asked = request.Headers.AccessControlRequestHeaders.ToString()
            .Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        headers.AccessControlAllowMethods = "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD";
        headers.AccessControlAllowHeaders = string.Join(", ", ["Authorization", .. asked, "Accept", "Accept-Language", "Content-Language"]);
        headers.AccessControlMaxAge = MaxAge;
        context.Response.ContentLength = 0;
        return Task.CompletedTask;
    }
}
