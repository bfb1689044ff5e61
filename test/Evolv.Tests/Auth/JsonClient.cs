using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Evolv.Tests.Auth;

/// <summary>An answer of /auth/v1 that may be a list.</summary>
sealed record JsonAnswer(int Status, JsonNode? Body, HttpResponseHeaders Headers)
{
    internal JsonArray Array => Body!.AsArray();

    internal string Text(string name) => Body![name]!.GetValue<string>();

    /// <summary>Status and body, as <c>404 {"code":…}</c>.</summary>
    internal string Whole => $"{Status} {Body?.ToJsonString(Relaxed)}";

    static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}

/// <summary>The verbs of <see cref="AuthClient"/> where a list may come back.</summary>
static class JsonClient
{
    internal static Task<JsonAnswer> ReadAsync(this HttpClient client, string path, string? bearer = null)
        => client.JsonAsync(HttpMethod.Get, path, bearer: bearer);

    internal static Task<JsonAnswer> SendAsync(this HttpClient client, string path, object? body = null, string? bearer = null)
        => client.JsonAsync(HttpMethod.Post, path, body, bearer);

    internal static Task<JsonAnswer> WriteAsync(this HttpClient client, string path, object body, string? bearer = null)
        => client.JsonAsync(HttpMethod.Put, path, body, bearer);

    internal static Task<JsonAnswer> RemoveAsync(this HttpClient client, string path, object? body = null, string? bearer = null)
        => client.JsonAsync(HttpMethod.Delete, path, body, bearer);
}
