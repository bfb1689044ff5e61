using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static Evolv.Tests.Support.GrokCalls;

namespace Evolv.Tests.Support;

/// <summary>The stand-in does what the names of its behaviours say.</summary>
public sealed class GrokStandInTests
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_has_the_shape_of_the_schema(bool streams)
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);

        var heard = await HearAsync(client, streams);

        using var answer = JsonDocument.Parse(heard.Content);
        var root = answer.RootElement;
        Assert.Equal("stop", heard.FinishReason);
        Assert.Equal(["title", "kind", "score", "skills", "steps", "note", "when"], root.EnumerateObject().Select(property => property.Name));
        Assert.InRange(root.GetProperty("title").GetString()!.Length, 60, 80);
        Assert.Equal("plan", root.GetProperty("kind").GetString());
        Assert.Equal(50, root.GetProperty("score").GetInt32());
        Assert.Equal(["C#", "SQL", "Go"], root.GetProperty("skills").EnumerateArray().Select(skill => skill.GetString()));
        Assert.Equal(["a", "b"], root.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("code").GetString()));
        Assert.Equal([true, false], root.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("done").GetBoolean()));
        Assert.True(DateOnly.TryParse(root.GetProperty("when").GetString(), out _));
        string[] texts =
        [
            root.GetProperty("title").GetString()!, root.GetProperty("note").GetString()!,
            .. root.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("name").GetString()!),
        ];
        Assert.Equal(4, texts.Distinct().Count());
        Assert.All(texts, text => Assert.Matches("^Lorem [a-z ]+$", text));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Usage_and_cost_add_up(bool streams)
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);

        var usage = (await HearAsync(client, streams)).Usage!;

        var (prompt, completion) = (usage["prompt_tokens"]!.GetValue<long>(), usage["completion_tokens"]!.GetValue<long>());
        var cached = usage["prompt_tokens_details"]!["cached_tokens"]!.GetValue<long>();
        var reasoning = usage["completion_tokens_details"]!["reasoning_tokens"]!.GetValue<long>();
        Assert.True(prompt > 0 && completion > 0 && cached > 0 && reasoning > 0);
        Assert.Equal(prompt + completion + reasoning, usage["total_tokens"]!.GetValue<long>());
        Assert.Equal(0, usage["num_sources_used"]!.GetValue<long>());
        Assert.Equal(
            (prompt - cached) * 20_000 + cached * 5_000 + (completion + reasoning) * 60_000, usage["cost_in_usd_ticks"]!.GetValue<long>());
    }

    [Fact]
    public async Task Stream_comes_as_chunks_of_forty_characters_and_ends_with_usage_and_done()
    {
        await using var grok = await GrokStandIn.StartAsync();
        grok.Answer = request => $$"""{"said":"{{request.GetProperty("model")}} ã {{new string('x', 60)}} 🦆"}""";
        using var client = ClientOf(grok);

        using var answer = await client.PostAsync("chat/completions", Ask(streams: true), Token);
        var events = (await answer.Content.ReadAsStringAsync(Token)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.All(events, line => Assert.StartsWith("data: ", line, StringComparison.Ordinal));
        Assert.Equal("data: [DONE]", events[^1]);
        JsonNode[] chunks = [.. events[..^1].Select(line => JsonNode.Parse(line["data: ".Length..])!)];
        Assert.All(chunks, chunk => Assert.Equal("chat.completion.chunk", (string?)chunk["object"]));
        Assert.All(chunks, chunk => Assert.Equal("grok-4.6", (string?)chunk["model"]));
        Assert.Equal([1, 1, 1, 1, 0], chunks.Select(chunk => chunk["choices"]!.AsArray().Count));
        Assert.Equal([null, null, null, "stop"], chunks[..^1].Select(chunk => (string?)chunk["choices"]![0]!["finish_reason"]));
        Assert.Equal(
            $$"""{"said":"grok-4.6 ã {{new string('x', 60)}} 🦆"}""",
            string.Concat(chunks[..^1].Select(chunk => (string?)chunk["choices"]![0]!["delta"]!["content"])));
        Assert.All(chunks[..^2], chunk => Assert.InRange(((string)chunk["choices"]![0]!["delta"]!["content"]!).Length, 1, 41));
        Assert.NotNull(chunks[^1]["usage"]);
    }

    [Fact]
    public async Task What_came_is_kept()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);

        await HearAsync(client, streams: true);

        var request = Assert.Single(grok.Requests);
        Assert.Equal(("POST", "/v1/chat/completions", "grok-4.6", true), (request.Method, request.Path, request.Model, request.IsChat));
        Assert.Equal($"Bearer {GrokStandIn.Key}", request.Headers["authorization"]);
        Assert.Equal("Hello", request.Json.GetProperty("messages")[0].GetProperty("content").GetString());
        Assert.Contains("\"Hello\"", request.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_are_listed()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);

        var list = (await client.GetFromJsonAsync<JsonNode>("models", Token))!;

        Assert.Equal("list", (string?)list["object"]);
        Assert.Equal(["grok-4.6", "grok-4.5"], list["data"]!.AsArray().Select(model => (string?)model!["id"]));
    }

    [Fact]
    public async Task A_bad_request_is_refused_in_a_flat_object()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        using var stranger = new HttpClient { BaseAddress = client.BaseAddress };
        using var wrong = ClientOf(grok);
        wrong.DefaultRequestHeaders.Authorization = new("Bearer", "xai-not-very");

        Assert.Equal(
            (400, "Incorrect API key provided: xa***ry. You can obtain an API key from https://console.x.ai."),
            await ErrorAsync(wrong, Ask()));
        Assert.Equal(401, (await ErrorAsync(stranger, Ask())).Status);
        Assert.Equal(404, (await ErrorAsync(client, Ask(model: "grok-beta"))).Status);
        Assert.Equal(404, (await ErrorAsync(client, Ask(), "completions")).Status);
        Assert.Equal(415, (await ErrorAsync(client, new StringContent("{}"))).Status);
        Assert.Equal(422, (await ErrorAsync(client, new StringContent("{", new MediaTypeHeaderValue("application/json")))).Status);
        Assert.Equal(422, (await ErrorAsync(client, JsonContent.Create(new { model = "grok-4.6" }))).Status);
        Assert.Equal(
            (400, "Invalid response schema. The schema refers to itself."),
            await ErrorAsync(client, Ask(schema: JsonElement.Parse("""{"$ref":"#"}"""))));
        Assert.Equal(
            (400, "Invalid response schema. The schema refers to itself."),
            await ErrorAsync(client, Ask(schema: JsonElement.Parse("""{"type":"array","items":{"$ref":"#"}}"""))));
    }

    [Theory]
    [InlineData(nameof(GrokBehaviour.Unauthorized401), 401)]
    [InlineData(nameof(GrokBehaviour.BadKey400), 400)]
    [InlineData(nameof(GrokBehaviour.ModelGone404), 404)]
    [InlineData(nameof(GrokBehaviour.RateLimited429), 429)]
    [InlineData(nameof(GrokBehaviour.ServerError500), 500)]
    [InlineData(nameof(GrokBehaviour.Unavailable503), 503)]
    public async Task A_failure_has_the_status_of_its_name_once_when_it_was_queued(string behaviour, int status)
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Enqueue(Enum.Parse<GrokBehaviour>(behaviour));

        using var listed = await client.GetAsync("models", Token);
        using var failed = await client.PostAsync("chat/completions", Ask(), Token);
        using var answered = await client.PostAsync("chat/completions", Ask(model: "grok-4.5"), Token);

        Assert.Equal([200, status, 200], new[] { listed, failed, answered }.Select(answer => (int)answer.StatusCode));
        Assert.Null(failed.Headers.RetryAfter);
        var error = (await failed.Content.ReadFromJsonAsync<JsonNode>(Token))!.AsObject();
        Assert.Equal(["code", "error"], error.Select(property => property.Key));
    }

    [Fact]
    public async Task The_first_model_stays_gone_and_the_second_answers()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = GrokBehaviour.ModelGone404;

        Assert.Equal(404, (await ErrorAsync(client, Ask())).Status);
        Assert.Equal(200, (await ErrorAsync(client, Ask(model: "grok-4.5"))).Status);
        Assert.Equal(404, (await ErrorAsync(client, Ask())).Status);
        Assert.Equal(["grok-4.6"], grok.GoneModels);
    }

    [Fact]
    public async Task Retry_after_comes_when_it_is_set()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        (grok.Behaviour, grok.RetryAfterSeconds) = (GrokBehaviour.RateLimited429, 7);

        using var answer = await client.PostAsync("chat/completions", Ask(), Token);

        Assert.Equal(TimeSpan.FromSeconds(7), answer.Headers.RetryAfter!.Delta);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_the_model_says_goes_wrong_as_named(bool streams)
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        const string Good = """{"a":["b"]}""";
        grok.Answer = _ => Good;
        grok.Enqueue(
            GrokBehaviour.TruncatedAtLength, GrokBehaviour.FencedJson, GrokBehaviour.ProseAroundJson, GrokBehaviour.WrongSchema,
            GrokBehaviour.NotJson, GrokBehaviour.EmptyAnswer, GrokBehaviour.TenMegabytes, GrokBehaviour.ContentFilter,
            GrokBehaviour.Refusal, GrokBehaviour.Answers);

        var heard = new List<Heard>();
        for (var i = 0; i < 10; i++)
            heard.Add(await HearAsync(client, streams));

        Assert.Equal((Good[..5], "length"), (heard[0].Content, heard[0].FinishReason));
        Assert.Equal($"```json\n{Good}\n```", heard[1].Content);
        Assert.Equal($"Sure! Here is what you asked for:\n\n{Good}\n\nShall I go on?", heard[2].Content);
        Assert.NotNull(JsonNode.Parse(heard[3].Content));
        Assert.ThrowsAny<JsonException>(() => JsonNode.Parse(heard[4].Content));
        Assert.Equal(("", "stop"), (heard[5].Content, heard[5].FinishReason));
        Assert.Equal((GrokAnswer.TenMegabytes + Good.Length, Good), (heard[6].Content.Length, heard[6].Content.Trim()));
        Assert.Equal((Good, "content_filter"), (heard[7].Content, heard[7].FinishReason));
        Assert.Equal(("", "I cannot help with that."), (heard[8].Content, heard[8].Refusal));
        Assert.Equal((Good, "stop"), (heard[9].Content, heard[9].FinishReason));
        Assert.All(heard, one => Assert.NotNull(one.Usage));
    }

    [Fact]
    public async Task Stream_tells_its_usage_when_it_is_asked_to_unless_it_never_does()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Enqueue(GrokBehaviour.NoUsage, GrokBehaviour.NoUsage, GrokBehaviour.Answers);

        Assert.Null((await HearAsync(client, streams: true)).Usage);
        Assert.Null((await HearAsync(client, streams: false)).Usage);
        Assert.Null((await HearAsync(client, streams: true, wantsUsage: false)).Usage);
        Assert.NotNull((await HearAsync(client, streams: true)).Usage);
    }

    [Fact]
    public async Task A_page_of_a_proxy_is_html_with_status_200()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = GrokBehaviour.Html200;

        foreach (var answer in new[] { await client.PostAsync("chat/completions", Ask(), Token), await client.GetAsync("models", Token) })
        {
            Assert.Equal((HttpStatusCode.OK, "text/html"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
            Assert.StartsWith("<!DOCTYPE html>", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
            answer.Dispose();
        }
    }

    [Fact]
    public async Task A_refused_connection_is_reset()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Enqueue(GrokBehaviour.RefusesConnection);

        var queued = await Assert.ThrowsAnyAsync<Exception>(() => client.PostAsync("chat/completions", Ask(), Token));
        using var answer = await client.PostAsync("chat/completions", Ask(), Token);
        grok.Behaviour = GrokBehaviour.RefusesConnection;
        using var other = ClientOf(grok);
        var asked = await Assert.ThrowsAnyAsync<Exception>(() => client.PostAsync("chat/completions", Ask(), Token));
        var looked = await Assert.ThrowsAnyAsync<Exception>(() => other.GetAsync("models", Token));

        // A connection that is reset while it is made is not connected, and the client says that without a word of HTTP.
        Assert.All((Exception[])[queued, asked, looked], exception => Assert.Contains(
            Assert.IsType<SocketException>(exception.GetBaseException()).SocketErrorCode, (SocketError[])[SocketError.ConnectionReset, SocketError.NotConnected]));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(3, grok.Requests.Count);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cut_answer_begins_and_is_reset(bool streams)
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = GrokBehaviour.CutMidStream;
        using var answer = await SendAsync(client, streams);
        var read = new StringBuilder();

        var cut = await Assert.ThrowsAnyAsync<IOException>(async () =>
        {
            await using var body = await answer.Content.ReadAsStreamAsync(Token);
            var buffer = new byte[1024];
            while (await body.ReadAsync(buffer, Token) is > 0 and var count)
                read.Append(Encoding.UTF8.GetString(buffer, 0, count));
        });

        Assert.Equal(SocketError.ConnectionReset, Assert.IsType<SocketException>(cut.GetBaseException()).SocketErrorCode);
        Assert.Contains("Lorem", read.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", read.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_error_comes_where_a_chunk_should_be()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = GrokBehaviour.ErrorMidStream;

        using var answer = await SendAsync(client, streams: true);
        var events = (await answer.Content.ReadAsStringAsync(Token)).Split("\n\n", StringSplitOptions.RemoveEmptyEntries);

        Assert.True(events.Length > 2);
        Assert.Contains("Lorem", events[0], StringComparison.Ordinal);
        Assert.Equal(
            """data: {"code":"The service is currently unavailable","error":"Timed out waiting for first token"}""", events[^1]);
        Assert.Equal(503, (await ErrorAsync(client, Ask())).Status);
    }

    [Fact]
    public async Task Garbage_is_declared_as_events_and_has_none()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = GrokBehaviour.GarbageSse;

        using var answer = await SendAsync(client, streams: true);

        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        Assert.DoesNotContain("data:", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_endless_answer_ends_when_its_reader_leaves(bool streams)
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Enqueue(GrokBehaviour.EndlessStream);

        using (var answer = await SendAsync(client, streams))
        {
            await using var body = await answer.Content.ReadAsStreamAsync(Token);
            await body.ReadExactlyAsync(new byte[1024 * 1024], Token);
        }

        Assert.Equal("stop", (await HearAsync(client, streams)).FinishReason);
    }

    [Fact]
    public async Task One_byte_comes_per_second()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = GrokBehaviour.OneBytePerSecond;
        using var answer = await SendAsync(client, streams: true);
        await using var body = await answer.Content.ReadAsStreamAsync(Token);
        var (buffer, started) = (new byte[64], Stopwatch.GetTimestamp());

        int[] counts = [await body.ReadAsync(buffer, Token), await body.ReadAsync(buffer, Token), await body.ReadAsync(buffer, Token)];

        Assert.Equal([1, 1, 1], counts);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 1, 10);
    }

    [Fact]
    public async Task Slow_but_fine_takes_two_seconds()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = GrokBehaviour.SlowButFine;
        var started = Stopwatch.GetTimestamp();

        var heard = await HearAsync(client, streams: true);

        Assert.Equal("stop", heard.FinishReason);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 1.5, 10);
    }

    [Fact]
    public async Task The_first_byte_waits_for_the_delay()
    {
        await using var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Delay = TimeSpan.FromMilliseconds(300);
        var started = Stopwatch.GetTimestamp();

        using var answer = await SendAsync(client, streams: true);

        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalMilliseconds, 290, 10_000);
    }

    [Theory]
    [InlineData(nameof(GrokBehaviour.Hangs))]
    [InlineData(nameof(GrokBehaviour.OneBytePerSecond))]
    [InlineData(nameof(GrokBehaviour.EndlessStream))]
    public async Task The_end_of_the_stand_in_ends_what_hangs(string behaviour)
    {
        var grok = await GrokStandIn.StartAsync();
        using var client = ClientOf(grok);
        grok.Behaviour = Enum.Parse<GrokBehaviour>(behaviour);
        var hanging = client.PostAsync("chat/completions", Ask(), Token);
        while (grok.Requests.Count == 0)
            await Task.Delay(5, Token);
        Assert.False(hanging.IsCompleted);
        var started = Stopwatch.GetTimestamp();

        await grok.DisposeAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
        Assert.InRange(Stopwatch.GetElapsedTime(started).TotalSeconds, 0, 2);
    }
}
