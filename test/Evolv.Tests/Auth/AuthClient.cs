using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;

namespace Evolv.Tests.Auth;

/// <summary>An answer of /auth/v1 as a client sees it.</summary>
sealed record Answer(int Status, JsonObject? Body, HttpResponseHeaders Headers)
{
    internal string Text(string name) => Body![name]!.GetValue<string>();

    internal JsonObject User => Body!["user"]!.AsObject();

    internal string Code => Text("code");

    /// <summary>Status and body of an error, as <c>400 {"code":…}</c>.</summary>
    internal string Whole => $"{Status} {Body?.ToJsonString()}";
}

/// <summary>Calls /auth/v1 as auth-js does: with the version header, and whatever body.</summary>
static class AuthClient
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static async Task<Answer> AuthAsync(
        this HttpClient client, HttpMethod method, string path, object? body = null, string? bearer = null, bool isVersioned = true)
    {
        var answer = await client.JsonAsync(method, path, body, bearer, isVersioned);
        return new Answer(answer.Status, answer.Body?.AsObject(), answer.Headers);
    }

    /// <summary>The same where a list may come back.</summary>
    internal static async Task<JsonAnswer> JsonAsync(
        this HttpClient client, HttpMethod method, string path, object? body = null, string? bearer = null, bool isVersioned = true)
    {
        using var request = new HttpRequestMessage(method, $"/auth/v1/{path}");
        if (isVersioned)
            request.Headers.Add("X-Supabase-Api-Version", "2024-01-01");
        if (bearer is not null)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {bearer}");
        if (body is not null)
            request.Content = body is string text ? new StringContent(text, Encoding.UTF8, "application/json") : JsonContent.Create(body);
        using var response = await client.SendAsync(request, Token);
        var content = await response.Content.ReadAsStringAsync(Token);
        return new JsonAnswer((int)response.StatusCode, content.Length == 0 ? null : JsonNode.Parse(content), response.Headers);
    }

    internal static Task<Answer> PostAsync(this HttpClient client, string path, object? body = null, string? bearer = null)
        => client.AuthAsync(HttpMethod.Post, path, body, bearer);

    internal static Task<Answer> SignInAsync(this HttpClient client, string email, string password)
        => client.PostAsync("token?grant_type=password", new { email, password });

    internal static Task<Answer> RefreshAsync(this HttpClient client, string token)
        => client.PostAsync("token?grant_type=refresh_token", new { refresh_token = token });

    internal static Task<Answer> GetUserAsync(this HttpClient client, string? bearer)
        => client.AuthAsync(HttpMethod.Get, "user", bearer: bearer);

    internal static Task<Answer> PutUserAsync(this HttpClient client, string bearer, object body)
        => client.AuthAsync(HttpMethod.Put, "user", body, bearer);
}
