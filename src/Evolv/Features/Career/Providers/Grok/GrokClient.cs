using System.ClientModel;
using System.ClientModel.Primitives;
using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;

namespace Evolv.Features.Career.Providers.Grok;

/// <summary>What a model wrote.</summary>
sealed record GrokCompletion(string Text, string Model, string FinishReason, GrokUsage Usage);

/// <summary>
/// One call of the provider, by the OpenAI SDK's protocol methods: it sends, signs and streams; what comes is read here, because xAI's errors
/// and costs have shapes of their own and because an answer is bounded before it is parsed.
/// </summary>
sealed partial class GrokClient(IOptions<AiOptions> options, TimeProvider time) : IDisposable
{
    const int LongestAnswer = 1 << 20; // bytes on the wire

    readonly HttpClient _http = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(5),
        AllowAutoRedirect = false,
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        ActivityHeadersPropagator = null, // The provider needs no ids of our traces.
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // who calls says how long
    };

    AiOptions Options => options.Value;

    /// <summary>The models that the key may use.</summary>
    /// <exception cref="GrokFailure">It did not answer so.</exception>
    internal async Task<string[]> ListModelsAsync(CancellationToken cancellationToken)
    {
        var client = new OpenAIModelClient(new ApiKeyCredential(Options.ApiKey!), ClientOptions());
        var response = (await GuardAsync(() => client.GetModelsAsync(Raw(cancellationToken)), cancellationToken)).GetRawResponse();
        using var json = await ReadAsync(response, cancellationToken);
        try
        {
            return [.. json.RootElement.GetProperty("data").EnumerateArray().Select(model => model.GetProperty("id").GetString()).OfType<string>()];
        }
        catch (Exception exception) when (exception is InvalidOperationException or KeyNotFoundException)
        {
            throw new GrokFailure(GrokFailure.BadAnswer, "the list of models has another shape");
        }
    }

    /// <summary>Asks a model and reads its answer as it is written.</summary>
    /// <param name="spend">Told what the call cost, also when it fails.</param>
    /// <param name="written">Told how many characters there are so far.</param>
    /// <exception cref="GrokFailure">There is no whole answer.</exception>
    internal async Task<GrokCompletion> CompleteAsync(
        string model, GrokPrompt prompt, Action<GrokUsage> spend, Action<int> written, CancellationToken cancellationToken)
    {
        var body = prompt.ToJson(model, Options);
        var client = new ChatClient(model, new ApiKeyCredential(Options.ApiKey!), ClientOptions());
        using var content = BinaryContent.Create(BinaryData.FromBytes(body));
        var draft = new Draft(model, body.Length, Options);
        PipelineResponse response;
        try
        {
            response = (await GuardAsync(() => client.CompleteChatAsync(content, Raw(cancellationToken)), cancellationToken)).GetRawResponse();
        }
        catch (OperationCanceledException)
        {
            draft.IsUnheard = true;
            spend(draft.Usage);
            throw;
        }

        using (response)
        {
            if (response.Status != 200)
            {
                using var error = await ReadAsync(response, cancellationToken); // throws
            }

            try
            {
                await ReadAnswerAsync(response, draft, written, cancellationToken);
                return draft.Finish();
            }
            catch (Exception exception) when (exception is JsonException or InvalidOperationException)
            {
                // The latter: JSON of another shape, or half a character.
                throw new GrokFailure(GrokFailure.BadAnswer, "the answer is no JSON where there should be some, or of another shape");
            }
            catch (OperationCanceledException)
            {
                draft.IsUnheard = true;
                throw;
            }
            catch (IOException exception)
            {
                throw draft.BrokeOff(exception.GetType().Name);
            }
            finally
            {
                spend(draft.Usage);
            }
        }
    }

    public void Dispose() => _http.Dispose();

    static async Task ReadAnswerAsync(PipelineResponse response, Draft draft, Action<int> written, CancellationToken cancellationToken)
    {
        var stream = new BoundedStream(response.ContentStream!, LongestAnswer);
        var type = response.Headers.TryGetValue("content-type", out var value) ? value! : "";
        if (type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            using var whole = await JsonDocument.ParseAsync(stream, cancellationToken: cancellationToken);
            draft.Add(whole.RootElement);
            return;
        }

        if (!type.StartsWith("text/event-stream", StringComparison.OrdinalIgnoreCase))
            throw new GrokFailure(GrokFailure.BadAnswer, $"it answered {PlainText.FromModel(type, 60)} instead of events; is Ai:BaseUrl right?") { IsTransient = false };
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.Data == "[DONE]")
                return;
            using var chunk = JsonDocument.Parse(item.Data);
            draft.Add(chunk.RootElement);
            written(draft.Characters);
        }
    }

    // The body of an answer that is one document; an error of the provider is thrown.
    async Task<JsonDocument> ReadAsync(PipelineResponse response, CancellationToken cancellationToken)
    {
        JsonDocument? json = null;
        try
        {
            json = await JsonDocument.ParseAsync(new BoundedStream(response.ContentStream!, LongestAnswer), cancellationToken: cancellationToken);
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            if (response.Status == 200)
                throw new GrokFailure(GrokFailure.BadAnswer, "it answered something else than JSON; is Ai:BaseUrl right?");
        }

        if (response.Status == 200)
            return json!;
        using (json)
            throw ErrorOf(response, json is null ? "" : ErrorText(json.RootElement));
    }

    // xAI says {"code":"…","error":"…"}, others {"error":{"message":"…"}}. A wrong key is a 400 at xAI.
    GrokFailure ErrorOf(PipelineResponse response, string text) => response.Status switch
    {
        404 => new(GrokFailure.ModelGone, "404: the model is not there"),
        400 when NamesMissingModel().IsMatch(text) => new(GrokFailure.ModelGone, "400: the model is not there"),
        401 or 403 => new(GrokFailure.BadKey, $"{response.Status}: the key (Ai:ApiKey) is not accepted"),
        400 when text.Contains("API key", StringComparison.OrdinalIgnoreCase) => new(GrokFailure.BadKey, "400: the key (Ai:ApiKey) is not accepted"),
        400 when text.Contains("reasoning", StringComparison.OrdinalIgnoreCase) => new(GrokFailure.BadAnswer, "400: the model does not know Ai:ReasoningEffort; leave it empty"),
        429 => new(GrokFailure.RateLimited, "429: too many requests") { IsTransient = IsSoon(response), RetryAfter = RetryAfter(response) },
        408 or >= 500 => new(GrokFailure.Unavailable, $"{response.Status}") { IsTransient = IsSoon(response), RetryAfter = RetryAfter(response) },
        // Too long for this model, for example: that is no reason to take it from others.
        _ => new(GrokFailure.BadAnswer, $"{response.Status}: it does not take the request") { IsAboutTheQuestion = true },
    };

    // Never what it says word for word: it may repeat what was sent.
    static string ErrorText(JsonElement error)
    {
        try
        {
            if (error.ValueKind != JsonValueKind.Object || !error.TryGetProperty("error", out var told))
                return "";
            if (told.ValueKind == JsonValueKind.Object && !told.TryGetProperty("message", out told))
                return "";
            return told.ValueKind == JsonValueKind.String ? told.GetString()! : "";
        }
        catch (InvalidOperationException)
        {
            return ""; // half a character
        }
    }

    bool IsSoon(PipelineResponse response) => RetryAfter(response) is not { } wait || wait <= TimeSpan.FromSeconds(10);

    // Seconds or a date.
    TimeSpan? RetryAfter(PipelineResponse response)
    {
        if (!response.Headers.TryGetValue("retry-after", out var text))
            return null;
        if (!RetryConditionHeaderValue.TryParse(text, out var when))
            return text!.All(char.IsAsciiDigit) ? TimeSpan.MaxValue : null;
        var wait = when.Delta ?? when.Date!.Value - time.GetUtcNow();
        return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
    }

    static async Task<ClientResult> GuardAsync(Func<Task<ClientResult>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call();
        }
        catch (Exception exception) when (
            exception is HttpRequestException or SocketException or IOException or ClientResultException ||
            (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new GrokFailure(GrokFailure.Unavailable, $"it cannot be reached: {(exception.InnerException ?? exception).GetType().Name}") { IsTransient = true };
        }
    }

    [GeneratedRegex(@"(unknown|no such) model|model\b.{0,100}\b(not found|does not exist)", RegexOptions.IgnoreCase)]
    private static partial Regex NamesMissingModel();

    OpenAIClientOptions ClientOptions() => new()
    {
        Endpoint = new Uri(Options.BaseUrl.TrimEnd('/')),
        Transport = new HttpClientPipelineTransport(_http),
        RetryPolicy = new ClientRetryPolicy(maxRetries: 0), // GrokProvider knows what is worth a second attempt
        NetworkTimeout = Timeout.InfiniteTimeSpan,
        UserAgentApplicationId = "evolv",
    };

    static RequestOptions Raw(CancellationToken cancellationToken)
        => new() { CancellationToken = cancellationToken, BufferResponse = false, ErrorOptions = ClientErrorBehaviors.NoThrow };

    /// <summary>An answer that is being written.</summary>
    sealed class Draft(string model, int sentCharacters, AiOptions prices)
    {
        readonly StringBuilder _text = new();
        string? _finishReason;
        string _model = model;
        GrokUsage? _usage;

        internal int Characters => _text.Length;

        /// <summary>The provider has the question, and may be paid for an answer that nobody waited for.</summary>
        internal bool IsUnheard { private get; set; }

        // What was broken off costs as much as it could have, or one could ask for long answers at no cost to one's budget.
        internal GrokUsage Usage => _usage ?? (IsUnheard || (_finishReason is null && _text.Length > 0)
            ? GrokUsage.Most(sentCharacters, prices)
            : GrokUsage.Estimate(sentCharacters, _text.Length, prices));

        /// <summary>A chunk of a stream, or a whole completion.</summary>
        internal void Add(JsonElement part)
        {
            if (part.ValueKind != JsonValueKind.Object)
                throw new GrokFailure(GrokFailure.BadAnswer, "an event is no object");
            if (part.TryGetProperty("error", out var error) && error.ValueKind != JsonValueKind.Null)
                throw BrokeOff("with an error");
            if (part.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
                _usage = GrokUsage.Read(usage, prices);
            if (part.TryGetProperty("model", out var named) && named.ValueKind == JsonValueKind.String)
                _model = PlainText.Name(named.GetString()!, 100) is { Length: > 0 } name ? name : _model;
            if (!part.TryGetProperty("choices", out var choices) || choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() == 0)
                return;
            var choice = choices[0];
            if (Text(choice, "finish_reason") is { } finish && _finishReason != "refusal") // which ends with "stop"
                _finishReason = PlainText.Clip(finish, 40);
            if (!choice.TryGetProperty("delta", out var delta) && !choice.TryGetProperty("message", out delta))
                return;
            if (Text(delta, "refusal") is { Length: > 0 })
                _finishReason = "refusal";
            _text.Append(Text(delta, "content"));
        }

        /// <summary>Worth another attempt as long as nothing has been written: what has is paid, and was reserved once.</summary>
        internal GrokFailure BrokeOff(string how) => new(GrokFailure.Unavailable, $"the answer broke off: {how}") { IsTransient = _text.Length == 0 };

        internal GrokCompletion Finish() => _finishReason switch
        {
            "stop" when _text.Length > 0 => new(_text.ToString(), _model, _finishReason, Usage),
            "stop" => throw new GrokFailure(GrokFailure.BadAnswer, "the answer is empty"),
            "length" or "max_tokens" => throw new GrokFailure(GrokFailure.Truncated, "the answer is longer than Ai:MaxCompletionTokens") { IsAboutTheQuestion = true },
            "refusal" or "content_filter" => throw new GrokFailure(GrokFailure.Refused, "the model refused to answer") { IsAboutTheQuestion = true },
            null when _text.Length == 0 => throw new GrokFailure(GrokFailure.BadAnswer, "there is no answer in the events"),
            null => throw BrokeOff("without an end"),
            _ => throw new GrokFailure(GrokFailure.BadAnswer, $"the answer ended by {PlainText.FromModel(_finishReason, 40)}"),
        };

        static string? Text(JsonElement from, string name)
            => from.ValueKind == JsonValueKind.Object && from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
    }

    /// <summary>Refuses to read on after so many bytes.</summary>
    sealed class BoundedStream(Stream inner, long left) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            left -= read;
            return left >= 0 ? read : throw new GrokFailure(GrokFailure.BadAnswer, "the answer is larger than a megabyte");
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
