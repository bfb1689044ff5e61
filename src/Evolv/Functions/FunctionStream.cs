using System.Buffers;
using System.Text.Json;
using System.Threading.Channels;
using Microsoft.Net.Http.Headers;

namespace Evolv.Functions;

/// <summary>
/// A function that takes its time, as server-sent events for who asks with <c>Accept: text/event-stream</c>: <c>progress</c> while it works, then
/// <c>result</c> or <c>error</c> with the envelope that would have been the answer.
/// </summary>
static class FunctionStream
{
    const string EventStream = "text/event-stream";

    static readonly TimeSpan Silence = TimeSpan.FromSeconds(3); // A comment after it keeps proxies from closing.

    internal static bool WantsEvents(this HttpRequest request)
        => MediaTypeHeaderValue.TryParseList(request.Headers.Accept, out var accepted) &&
            accepted.Any(type => type.MediaType.Equals(EventStream, StringComparison.OrdinalIgnoreCase));

    /// <param name="http">The request.</param>
    /// <param name="work">Tells how far it is, and returns the data.</param>
    /// <param name="cancellationToken">Ends the wait, not the work.</param>
    internal static async Task WriteEventsAsync<TProgress>(
        this HttpContext http, Func<Action<TProgress>, Task<byte[]>> work, CancellationToken cancellationToken)
    {
        http.Response.ContentType = EventStream;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["X-Accel-Buffering"] = "no"; // or nginx would keep the events until the end
        var writer = http.Response.BodyWriter;
        var progress = Channel.CreateUnbounded<TProgress>(new() { SingleReader = true });
        var working = WorkAsync(work, progress.Writer);
        var more = progress.Reader.WaitToReadAsync(cancellationToken).AsTask();
        for (var goesOn = true; goesOn;)
        {
            if (await Task.WhenAny(more, Task.Delay(Silence, cancellationToken)) != more)
            {
                writer.Write(": still working\n\n"u8);
            }
            else if (goesOn = await more)
            {
                while (progress.Reader.TryRead(out var step))
                    writer.WriteEvent("progress"u8, JsonSerializer.SerializeToUtf8Bytes(step, FunctionJson.Options));
                more = progress.Reader.WaitToReadAsync(cancellationToken).AsTask();
            }

            await writer.FlushAsync(cancellationToken);
        }

        try
        {
            var data = await working;
            writer.Write("event: result\ndata: "u8);
            writer.WriteData(data);
            writer.Write("\n\n"u8);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            writer.WriteEvent("error"u8, System.Text.Encoding.UTF8.GetBytes(FunctionErrorHandler.ToJson(FunctionErrorHandler.Translate(http, exception))));
        }

        await writer.FlushAsync(cancellationToken);
    }

    static async Task<byte[]> WorkAsync<TProgress>(Func<Action<TProgress>, Task<byte[]>> work, ChannelWriter<TProgress> progress)
    {
        try
        {
            return await work(step => progress.TryWrite(step));
        }
        finally
        {
            progress.Complete();
        }
    }

    static void WriteEvent(this IBufferWriter<byte> writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> json)
    {
        writer.Write("event: "u8);
        writer.Write(name);
        writer.Write("\ndata: "u8);
        writer.Write(json);
        writer.Write("\n\n"u8);
    }
}
