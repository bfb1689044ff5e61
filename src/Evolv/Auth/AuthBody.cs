using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Evolv.Auth;

/// <summary>Reads bodies as GoTrue does: as JSON, whatever their Content-Type says.</summary>
static class AuthBody
{
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

    /// <summary>A part that must be an object when it is there.</summary>
    internal static JsonElement? RequireObject(JsonElement? value, string name)
        => value is null or { ValueKind: JsonValueKind.Object } ? value : throw AuthError.Invalid($"{name} must be an object");
}
