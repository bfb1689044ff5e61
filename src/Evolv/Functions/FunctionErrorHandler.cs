using System.Globalization;
using System.Text.Json;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Evolv.Platform.Observability;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Functions;

/// <summary>Answers everything that goes wrong under /functions/v1 in the functions' envelope.</summary>
sealed class FunctionErrorHandler(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client has gone; there is nobody to answer.
        }
        catch (Exception exception) when (!context.Response.HasStarted)
        {
            await AnswerAsync(context, exception);
        }
    }

    internal static Task AnswerAsync(HttpContext context, Exception exception) => WriteAsync(context, Translate(context, exception));

    /// <summary>What is told of an exception; the log hears of those that are Evolv's.</summary>
    internal static FunctionError Translate(HttpContext context, Exception exception)
    {
        var error = exception switch
        {
            FunctionError known => known,
            BadHttpRequestException { StatusCode: 413 } => FunctionError.TooLarge(
                context.RequestServices.GetRequiredService<IOptions<HttpOptions>>().Value.MaxBodyBytes),
            BadHttpRequestException { StatusCode: 408 } => FunctionError.TooSlow(),
            BadHttpRequestException { StatusCode: 403 } refusal => FunctionError.Refused(refusal.Message),
            BadHttpRequestException bad => FunctionError.BadRequest(bad.Message),
            _ when PgErrors.IsUnavailable(exception) => FunctionError.Unavailable(),
            PostgresException postgres => FunctionError.From(PgErrors.From(postgres)),
            _ => FunctionError.Internal(context.TraceIdentifier),
        };
        EvolvMeter.FunctionFailed(NameOf(context), error.Code);
        if (error.Status < 500)
            return error;
        var logger = context.RequestServices.GetRequiredService<ILogger<FunctionErrorHandler>>();
        if (error.Status == 503)
            logger.DatabaseUnavailable(exception.Message);
        else
            logger.RequestFailed(PgErrors.ForLog(exception), context.Request.Method, context.Request.Path);
        return error;
    }

    // As it is mapped, so what strangers make up is one name.
    static string NameOf(HttpContext context)
        => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern is { Parameters.Count: 0, RawText: { } route } ? route[(route.LastIndexOf('/') + 1)..] : "unknown";

    internal static Task WriteAsync(HttpContext context, FunctionError error)
    {
        context.Response.ContentLength = null;
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = "application/json; charset=utf-8";
        if (error.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return context.Response.WriteAsync(ToJson(error), context.RequestAborted);
    }

    internal static string ToJson(FunctionError error)
        => error.RequestId is { } requestId
            ? JsonSerializer.Serialize(new { success = false, error = error.Message, code = error.Code, request_id = requestId }, FunctionJson.Options)
            : JsonSerializer.Serialize(new { success = false, error = error.Message, code = error.Code }, FunctionJson.Options);
}
