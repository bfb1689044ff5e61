using Evolv.Platform.Data;
using OpenTelemetry;
using OpenTelemetry.Logs;

namespace Evolv.Platform.Observability;

/// <summary>What is known of the request in which something is logged. Of people no more than their id.</summary>
sealed class RequestFacts(HttpContext context)
{
    static readonly AsyncLocal<RequestFacts?> Flowing = new();

    HttpContext? _context = context;

    /// <summary>Null outside of requests.</summary>
    internal static RequestFacts? Current
    {
        get => Flowing.Value is { _context: not null } facts ? facts : null;
        set => Flowing.Value = value;
    }

    internal string? RequestId => Read(request => request.Response.Headers["X-Request-Id"].ToString()) is { Length: > 0 } id ? id : null;

    internal string? Method => Read(request => request.Request.Method);

    /// <summary>The pattern, not the path.</summary>
    internal string? Route => Read(request => (request.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText);

    internal string? Role => Read(request => request.Features.Get<CallerFeature>()?.Caller.Role);

    internal Guid? UserId => Read(request => request.Features.Get<CallerFeature>()?.Caller.UserId);

    /// <summary>The request is over; what goes on in its name knows nothing of it any more.</summary>
    internal void End() => _context = null;

    T? Read<T>(Func<HttpContext, T?> read)
    {
        try
        {
            return _context is { } request ? read(request) : default;
        }
        catch (ObjectDisposedException)
        {
            return default; // It has ended a moment ago.
        }
    }
}

/// <summary>The same for a collector, and what PostgreSQL says of people's rows taken out.</summary>
sealed class RequestAttributes : BaseProcessor<LogRecord>
{
    public override void OnEnd(LogRecord data)
    {
        if (data.Exception is { } exception)
            data.Exception = PgErrors.ForLog(exception);
        if (RequestFacts.Current is not { } facts)
            return;
        var attributes = new List<KeyValuePair<string, object?>>(data.Attributes ?? []);
        Add("request.id", facts.RequestId);
        Add("http.route", facts.Route);
        Add("user.id", facts.UserId?.ToString());
        data.Attributes = attributes;

        void Add(string name, string? value)
        {
            if (value is not null)
                attributes.Add(new(name, value));
        }
    }
}
