using System.Diagnostics;
using System.Text.Json;

namespace Evolv.Platform.Http;

/// <summary>An error in the form of RFC 9457, outside the families only: what an operator needs to find it in the log, and nothing of its cause.</summary>
static class Problems
{
    internal static Task WriteAsync(HttpContext context, int status, string title, string detail)
    {
        context.Response.StatusCode = status;
        var problem = new
        {
            type = "about:blank",
            title,
            status,
            detail,
            traceId = Activity.Current?.TraceId.ToString(),
            requestId = context.Response.Headers["X-Request-Id"].ToString(),
        };
        return context.Response.WriteAsJsonAsync(problem, JsonSerializerOptions.Web, "application/problem+json", context.RequestAborted);
    }
}
