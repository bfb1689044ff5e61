using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Evolv.Tests.Support;

/// <summary>What a plain client heard of the model, in one piece or put together from a stream.</summary>
sealed record Heard(string Content, string? Refusal, string? FinishReason, JsonNode? Usage);

/// <summary>Calls of the stand-in by a plain client, that knows nothing of any library.</summary>
static class GrokCalls
{
    static readonly JsonElement Schema = JsonElement.Parse(
        """
        {
          "type": "object",
          "required": ["title", "kind", "score", "skills", "steps", "note", "when"],
          "properties": {
            "title": {"type": "string", "minLength": 60, "maxLength": 80},
            "kind": {"const": "plan"},
            "score": {"type": "integer", "minimum": 0, "maximum": 100},
            "skills": {"type": "array", "minItems": 3, "items": {"enum": ["C#", "SQL", "Go", "Räder"]}},
            "steps": {"type": "array", "items": {"$ref": "#/$defs/step"}},
            "note": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "when": {"type": ["string", "null"], "format": "date"}
          },
          "$defs": {
            "step": {"type": "object", "properties": {
              "name": {"type": "string"}, "code": {"type": "string", "enum": ["a", "b", "c"]}, "done": {"type": "boolean"}}}
          }
        }
        """);

    static CancellationToken Token => TestContext.Current.CancellationToken;

    internal static HttpClient ClientOf(GrokStandIn grok) => new()
    {
        BaseAddress = new Uri($"{grok.Url}/"),
        DefaultRequestHeaders = { Authorization = new("Bearer", GrokStandIn.Key) },
    };

    internal static JsonContent Ask(
        bool streams = false, string model = "grok-4.6", bool wantsUsage = true, JsonElement? schema = null)
        => JsonContent.Create(new
        {
            model,
            stream = streams,
            stream_options = streams ? new { include_usage = wantsUsage } : null,
            messages = new[] { new { role = "user", content = "Hello" } },
            response_format = new { type = "json_schema", json_schema = new { name = "plan", strict = true, schema = schema ?? Schema } },
        });

    internal static async Task<HttpResponseMessage> SendAsync(HttpClient client, bool streams)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "chat/completions") { Content = Ask(streams) };
        return await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
    }

    internal static async Task<(int Status, string? Error)> ErrorAsync(HttpClient client, HttpContent content, string path = "chat/completions")
    {
        using var answer = await client.PostAsync(path, content, Token);
        var body = (await answer.Content.ReadFromJsonAsync<JsonNode>(Token))!;
        return ((int)answer.StatusCode, (string?)body["error"]);
    }

    internal static async Task<Heard> HearAsync(HttpClient client, bool streams, bool wantsUsage = true)
    {
        using var answer = await client.PostAsync("chat/completions", Ask(streams, wantsUsage: wantsUsage), Token);
        var body = await answer.Content.ReadAsStringAsync(Token);
        JsonNode[] messages = streams
            ? [.. body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).SkipLast(1).Select(line => JsonNode.Parse(line["data: ".Length..])!)]
            : [JsonNode.Parse(body)!];
        JsonNode[] choices = [.. messages.SelectMany(message => message["choices"]!.AsArray()).Select(choice => choice!)];
        JsonNode[] parts = [.. choices.Select(choice => choice["delta"] ?? choice["message"]!)];
        return new Heard(
            string.Concat(parts.Select(part => (string?)part["content"])),
            parts.Select(part => (string?)part["refusal"]).LastOrDefault(refusal => refusal is not null),
            (string?)choices[^1]["finish_reason"],
            messages[^1]["usage"]);
    }
}
