using System.Globalization;
using System.Text.Json;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Functions;

/// <summary>Answers everything that goes wrong under /functions/v1 in the functions' envelope.</summary>
sealed class FunctionErrorHandler(RequestDelegate next, IOptions<HttpOptions> options, ILogger<FunctionErrorHandler> logger)
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
            var error = Translate(exception);
            if (error.Status >= 500)
                Report(context, exception, error);
            await WriteAsync(context, error);
        }
    }

    FunctionError Translate(Exception exception) => exception switch
    {
        FunctionError error => error,
        BadHttpRequestException { StatusCode: 413 } => FunctionError.TooLarge(options.Value.MaxBodyBytes),
        BadHttpRequestException bad => FunctionError.BadRequest(bad.Message),
        _ when PgErrors.IsUnavailable(exception) => FunctionError.Unavailable(),
        PostgresException postgres => FunctionError.From(PgErrors.From(postgres)),
        _ => FunctionError.Internal(),
    };

    void Report(HttpContext context, Exception exception, FunctionError error)
    {
        if (error.Status == 503)
            logger.DatabaseUnavailable(exception.Message);
        else
            logger.RequestFailed(PgErrors.ForLog(exception), context.Request.Method, context.Request.Path);
    }

    internal static Task WriteAsync(HttpContext context, FunctionError error)
    {
        context.Response.ContentLength = null;
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = "application/json; charset=utf-8";
        if (error.RetryAfterSeconds is { } seconds)
            context.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        return context.Response.WriteAsync(
            JsonSerializer.Serialize(new { success = false, error = error.Message, code = error.Code }, FunctionJson.Options),
            context.RequestAborted);
    }
}
