using System.Buffers;
using System.Text.Json;
using Evolv.Platform.Data;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evolv.Auth;

/// <summary>Turns what endpoints of /auth/v1 throw into GoTrue's form of an error.</summary>
sealed class AuthErrorHandler(RequestDelegate next, IOptions<AuthOptions> options, ILogger<AuthErrorHandler> logger)
{
    const string VersionHeader = "X-Supabase-Api-Version";
    const string Version = "2024-01-01";

    public async Task InvokeAsync(HttpContext context)
    {
        if (!context.Request.Path.StartsWithSegments("/auth/v1"))
        {
            await next(context);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = options.Value.MaxBodyBytes;
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
            await AnswerAsync(context, exception, logger);
        }

        AuthEvents.Count(context);
    }

    internal static Task AnswerAsync(HttpContext context, Exception exception, ILogger logger)
        => WriteAsync(context, Translate(context, exception, logger));

    static AuthError Translate(HttpContext context, Exception exception, ILogger logger)
    {
        switch (exception)
        {
            case AuthError error:
                return error;
            case JsonException:
                return AuthError.BadJson("it is malformed");
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return AuthError.TooLarge();
            case BadHttpRequestException { StatusCode: StatusCodes.Status408RequestTimeout }:
                return AuthError.TooSlow();
            case BadHttpRequestException { StatusCode: StatusCodes.Status403Forbidden } refusal:
                return AuthError.Refused(refusal.Message);
            case BadHttpRequestException bad:
                return AuthError.BadJson(bad.Message);
        }

        if (PgErrors.IsUnavailable(exception))
        {
            logger.AuthDatabaseUnavailable(context.Request.Path, exception.Message);
            return AuthError.Unavailable();
        }

        var translated = exception is PostgresException postgres
            ? PgErrors.From(postgres) switch
            {
                { Status: 503 } => AuthError.Busy(),
                { Status: 504 } => AuthError.Timeout(),
                // Values that PostgreSQL refuses: NUL in text, half a surrogate pair, a number without end.
                { Status: >= 400 and < 500 } refused => AuthError.Invalid(refused.Message),
                _ => AuthError.Unexpected(context.TraceIdentifier),
            }
            : AuthError.Unexpected(context.TraceIdentifier);
        if (translated.Status >= 500)
            logger.AuthRequestFailed(PgErrors.ForLog(exception), context.Request.Method, context.Request.Path);
        return translated;
    }

    internal static async Task WriteAsync(HttpContext context, AuthError error)
    {
        var response = context.Response;
        response.StatusCode = error.Status;
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Sb-Error-Code"] = error.Code;
        if (error.RetryAfterSeconds is { } seconds)
            response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        // auth-js believes `code` only beside this header.
        var isVersioned = string.CompareOrdinal(context.Request.Headers[VersionHeader].ToString(), Version) >= 0;
        if (isVersioned)
            response.Headers[VersionHeader] = Version;

        var body = new ArrayBufferWriter<byte>();
        Write(body, error, isVersioned);
        await response.BodyWriter.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    static void Write(ArrayBufferWriter<byte> body, AuthError error, bool isVersioned)
    {
        using var json = new Utf8JsonWriter(body);
        json.WriteStartObject();
        if (error.IsOAuth)
        {
            json.WriteString("error"u8, error.Code);
            json.WriteString("error_description"u8, error.Message);
        }
        else if (isVersioned)
        {
            json.WriteString("code"u8, error.Code);
            json.WriteString("message"u8, error.Message);
        }
        else
        {
            json.WriteNumber("code"u8, error.Status);
            json.WriteString("error_code"u8, error.Code);
            json.WriteString("msg"u8, error.Message);
        }

        if (error.Id is { } id)
            json.WriteString("error_id"u8, id);
        if (error.WeakPasswordReasons is { } reasons)
        {
            json.WriteStartObject("weak_password"u8);
            json.WriteStartArray("reasons"u8);
            foreach (var reason in reasons)
                json.WriteStringValue(reason);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
