using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.Features;

namespace Evolv.Auth;

/// <summary>Reads bodies as GoTrue does: as JSON, whatever their Content-Type says.</summary>
static class AuthBody
{
    /// <summary>An answer that says nothing. auth-js reads JSON from every one.</summary>
    internal static IResult Empty { get; } = Results.Text("{}", "application/json");

    internal static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        try
        {
            return await JsonSerializer.DeserializeAsync(request.Body, type, cancellationToken)
                ?? throw AuthError.BadJson("it must be an object");
        }
        catch (JsonException exception)
        {
            throw AuthError.BadJson(exception.Path is { Length: > 1 } path ? $"unexpected value at {path}" : "it is malformed");
        }
    }

    /// <summary>The same where there may be none: null then.</summary>
    internal static async Task<T?> ReadOptionalAsync<T>(HttpRequest request, JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
        => request.ContentLength == 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false }
            ? null
            : await ReadAsync(request, type, cancellationToken);

    /// <summary>A part that must be an object when it is there.</summary>
    internal static JsonElement? RequireObject(JsonElement? value, string name)
        => value is null or { ValueKind: JsonValueKind.Object } ? value : throw AuthError.Invalid($"{name} must be an object");
}
