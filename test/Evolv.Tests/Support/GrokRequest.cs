using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Evolv.Tests.Support;

/// <summary>A request as it came. <paramref name="Json"/> is undefined where the body is no JSON.</summary>
sealed record GrokRequest(string Method, string Path, IReadOnlyDictionary<string, string> Headers, string Body, JsonElement Json)
{
    internal bool IsChat => Path == "/v1/chat/completions";

    internal string? Model => Text("model");

    internal bool Streams
        => Json.ValueKind is JsonValueKind.Object && Json.TryGetProperty("stream", out var stream) && stream.ValueKind is JsonValueKind.True;

    /// <summary>A stream tells its usage only when it was asked to.</summary>
    internal bool WantsUsage => !Streams
        || (Json.TryGetProperty("stream_options", out var options) && options.ValueKind is JsonValueKind.Object
            && options.TryGetProperty("include_usage", out var usage) && usage.ValueKind is JsonValueKind.True);

    /// <summary>The schema that the answer must have, if the request names one.</summary>
    internal JsonElement? Schema
        => Json.TryGetProperty("response_format", out var format) && format.TryGetProperty("json_schema", out var named)
            && named.TryGetProperty("schema", out var schema) ? schema : null;

    internal static async Task<GrokRequest> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(request.Body);
        var body = await reader.ReadToEndAsync(cancellationToken);
        return new GrokRequest(
            request.Method, request.Path,
            request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase),
            body, Parse(body));
    }

    string? Text(string property)
        => Json.ValueKind is JsonValueKind.Object && Json.TryGetProperty(property, out var value) && value.ValueKind is JsonValueKind.String
            ? value.GetString()
            : null;

    static JsonElement Parse(string body)
    {
        try
        {
            return JsonElement.Parse(body);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
