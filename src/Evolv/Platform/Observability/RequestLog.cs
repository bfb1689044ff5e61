using System.Diagnostics;

namespace Evolv.Platform.Observability;

/// <summary>Says of which request a line of the log is, and writes one line for each request where the category <c>Access</c> is let through.</summary>
sealed class RequestLog(RequestDelegate next, ILoggerFactory loggers)
{
    readonly ILogger _access = loggers.CreateLogger("Access");

    public async Task InvokeAsync(HttpContext context)
    {
        var facts = new RequestFacts(context);
        RequestFacts.Current = facts;
        var started = Stopwatch.GetTimestamp();
        try
        {
            await next(context);
        }
        finally
        {
            if (_access.IsEnabled(LogLevel.Information))
                Write(context, started);
            facts.End();
        }
    }

    // Without the query string: tokens travel in it.
    void Write(HttpContext context, long started)
    {
        var milliseconds = Math.Round(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 2);
        var address = context.Connection.RemoteIpAddress?.ToString();
        var (request, status) = (context.Request, context.Response.StatusCode);
        var path = request.Path.ToString();
        _access.RequestServed(request.Method, path, status, milliseconds, request.Protocol, address);
    }
}
