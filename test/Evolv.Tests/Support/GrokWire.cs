using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Evolv.Tests.Support;

/// <summary>An error as xAI writes it: one flat object, not OpenAI's nested one.</summary>
sealed record GrokError(int Status, string Code, string Error)
{
    internal static GrokError NoKey { get; } = new(
        401, "Unauthenticated", "No or an invalid authentication header was provided on the request.");

    internal static GrokError NoRoute { get; } = new(
        404, "Some requested entity was not found", "No handler found on route. Please double check your URL.");

    internal static GrokError WrongMethod { get; } = new(405, "Method not allowed", "The method is not allowed on this route.");

    internal static GrokError WrongType { get; } = new(
        415, "Unsupported media type", "Expected request with `Content-Type: application/json`");

    internal static GrokError RateLimited { get; } = new(
        429, "Some resource has been exhausted", "Too many requests for team 00000000-0000-0000-0000-000000000000.");

    internal static GrokError Internal { get; } = new(500, "Internal error", "The service failed internally.");

    internal static GrokError Unavailable { get; } = new(503, "The service is currently unavailable", "Timed out waiting for first token");

    internal static GrokError WrongKey(string key)
        => Invalid($"Incorrect API key provided: {Masked(key)}. You can obtain an API key from https://console.x.ai.");

    internal static GrokError UnknownModel(string model) => new(
        404, "Some requested entity was not found",
        $"The model {model} does not exist or your team 00000000-0000-0000-0000-000000000000 does not have access to it. "
        + "Please ensure you're using the correct API key. If you believe this is a mistake, please contact support and quote "
        + "your team ID and the model name.");

    internal static GrokError Invalid(string error) => new(400, "Client specified an invalid argument", error);

    internal static GrokError Unprocessable(string error) => new(
        422, "Unprocessable entity", $"Failed to deserialize the JSON body into the target type: {error}");

    internal byte[] ToJson() => GrokWire.Json(new { code = Code, error = Error });

    static string Masked(string key) => key.Length < 5 ? "***" : $"{key[..2]}***{key[^2..]}";
}

/// <summary>The JSON that xAI sends.</summary>
static class GrokWire
{
    internal const string Html = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><h1>Welcome to the hotel network</h1></body></html>\n";

    internal const string Garbage = "\u0001\u0002\u0003 this is not an event\n<<<>>>\n\n{\"id\":\n%PDF-1.7\ndatum {\"choices\":[]}\n\n";

    const long Created = 1_790_000_000;

    // xAI writes UTF-8 as it is, so that a character may come in two reads.
    static readonly JsonSerializerOptions Raw = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static byte[] Json(object value) => JsonSerializer.SerializeToUtf8Bytes(value, Raw);

    internal static byte[] Event(byte[] json) => [.. "data: "u8, .. json, .. "\n\n"u8];

    internal static byte[] Models(IEnumerable<string> models) => Json(new
    {
        @object = "list",
        data = models.Select(id => new { id, created = Created, @object = "model", owned_by = "xai" }),
    });

    internal static byte[] Completion(GrokRequest request, GrokAnswer answer) => Json(WithUsage(
        new()
        {
            ["id"] = Id(request),
            ["object"] = "chat.completion",
            ["created"] = Created,
            ["model"] = request.Model,
            ["choices"] = new object[]
            {
                new
                {
                    index = 0,
                    message = new { role = "assistant", content = answer.Refusal is null ? answer.Content : null, refusal = answer.Refusal },
                    finish_reason = answer.FinishReason,
                },
            },
        },
        answer.HasUsage ? Usage(request, answer) : null));

    /// <summary>The events of a stream: the text in pieces, why it ended, the usage if it was asked for, and the end.</summary>
    internal static IEnumerable<byte[]> Events(GrokRequest request, GrokAnswer answer, int pieceLength)
    {
        foreach (var piece in Pieces(answer.Content, pieceLength))
            yield return Chunk(request, new { role = "assistant", content = piece });
        if (answer.Refusal is not null)
            yield return Chunk(request, new { role = "assistant", refusal = answer.Refusal });
        yield return Chunk(request, new { }, answer.FinishReason);
        if (answer.HasUsage)
            yield return Chunk(request, null, null, Usage(request, answer));
        yield return "data: [DONE]\n\n"u8.ToArray();
    }

    /// <summary>A chunk; without a delta it is the last one, that has no choices.</summary>
    static byte[] Chunk(GrokRequest request, object? delta, string? finishReason = null, object? usage = null) => Event(Json(WithUsage(
        new()
        {
            ["id"] = Id(request),
            ["object"] = "chat.completion.chunk",
            ["created"] = Created,
            ["model"] = request.Model,
            ["choices"] = delta is null ? [] : new object[] { new { index = 0, delta, finish_reason = finishReason } },
        },
        usage)));

    static Dictionary<string, object?> WithUsage(Dictionary<string, object?> answer, object? usage)
    {
        answer["system_fingerprint"] = "fp_0000000000";
        if (usage is not null)
            answer["usage"] = usage;
        return answer;
    }

    // Tokens are four bytes. Here xAI counts reasoning beside the completion, not in it, and bills it as such.
    static object Usage(GrokRequest request, GrokAnswer answer)
    {
        var prompt = Tokens(request.Body);
        var completion = Tokens(answer.Content + answer.Refusal);
        var (cached, reasoning) = (prompt / 4, 128L);
        return new
        {
            prompt_tokens = prompt,
            completion_tokens = completion,
            total_tokens = prompt + completion + reasoning,
            prompt_tokens_details = new { text_tokens = prompt, audio_tokens = 0, image_tokens = 0, cached_tokens = cached },
            completion_tokens_details = new
            {
                reasoning_tokens = reasoning,
                audio_tokens = 0,
                accepted_prediction_tokens = 0,
                rejected_prediction_tokens = 0,
            },
            num_sources_used = 0,
            // $2, $0.5 and $6 for a million tokens; a tick is 1e-10 of a dollar.
            cost_in_usd_ticks = (prompt - cached) * 20_000 + cached * 5_000 + (completion + reasoning) * 60_000,
        };
    }

    static long Tokens(string text) => (Encoding.UTF8.GetByteCount(text) + 3) / 4;

    static string Id(GrokRequest request) => $"chatcmpl-{Tokens(request.Body):x8}";

    static IEnumerable<string> Pieces(string text, int length)
    {
        for (var start = 0; start < text.Length;)
        {
            var end = Math.Min(start + length, text.Length);
            if (end < text.Length && char.IsLowSurrogate(text[end]))
                end++;
            yield return text[start..end];
            start = end;
        }
    }
}
