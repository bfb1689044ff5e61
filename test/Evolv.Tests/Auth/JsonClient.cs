using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
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

/// <summary>Calls /auth/v1 as <see cref="AuthClient"/> does, whatever JSON comes back.</summary>
static class JsonClient
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<JsonAnswer> JsonAsync(
        this HttpClient client, HttpMethod method, string path, object? body = null, string? bearer = null)
    {
        using var request = new HttpRequestMessage(method, $"/auth/v1/{path}");
        request.Headers.Add("X-Supabase-Api-Version", "2024-01-01");
        if (bearer is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {bearer}");
        if (body is not null)
            request.Content = body is string text ? new StringContent(text, Encoding.UTF8, "application/json") : JsonContent.Create(body);
        using var response = await client.SendAsync(request, Token);
        var content = await response.Content.ReadAsStringAsync(Token);
        return new JsonAnswer((int)response.StatusCode, content.Length == 0 ? null : JsonNode.Parse(content), response.Headers);
    }

    internal static Task<JsonAnswer> ReadAsync(this HttpClient client, string path, string? bearer = null)
        => client.JsonAsync(HttpMethod.Get, path, bearer: bearer);

    internal static Task<JsonAnswer> SendAsync(this HttpClient client, string path, object? body = null, string? bearer = null)
        => client.JsonAsync(HttpMethod.Post, path, body, bearer);

    internal static Task<JsonAnswer> WriteAsync(this HttpClient client, string path, object body, string? bearer = null)
        => client.JsonAsync(HttpMethod.Put, path, body, bearer);

    internal static Task<JsonAnswer> RemoveAsync(this HttpClient client, string path, object? body = null, string? bearer = null)
        => client.JsonAsync(HttpMethod.Delete, path, body, bearer);
}
