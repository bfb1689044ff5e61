using System.Buffers;
using Microsoft.AspNetCore.Http.Features;

namespace Evolv.Rest.Request;

/// <summary>The body of a request in one piece of pooled memory: it is checked once and then sent to PostgreSQL as it is.</summary>
sealed class RequestBody : IDisposable
{
    const int FirstSize = 4096;
    const int MostAtOnce = 64 * 1024;

    static readonly RequestBody Empty = new([], 0);

    byte[] _buffer;
    readonly int _length;

    RequestBody(byte[] buffer, int length) => (_buffer, _length) = (buffer, length);

    internal ReadOnlyMemory<byte> Memory => _buffer.AsMemory(0, _length);

    /// <exception cref="RestError">EVOLV01: it is larger than allowed.</exception>
    internal static async ValueTask<RequestBody> ReadAsync(HttpRequest request, int most, CancellationToken cancellationToken)
    {
        if (request.ContentLength == 0 || (request.ContentLength is null && request.Headers.TransferEncoding.Count == 0))
            return Empty;
        // The server's own limit is for the other families, and counts what stands between chunks, too.
        if (request.HttpContext.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            limit.MaxRequestBodySize = 2L * most;
        if (request.ContentLength > most)
            throw RestError.TooLarge(most);
        // Not all that was announced: who never sends it would hold it.
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(request.ContentLength + 1 ?? FirstSize, MostAtOnce));
        var length = 0;
        try
        {
            while (true)
            {
                var read = await request.Body.ReadAsync(buffer.AsMemory(length), cancellationToken);
                if (read == 0)
                    return new RequestBody(buffer, length);
                length += read;
                if (length > most)
                    throw RestError.TooLarge(most);
                if (length == buffer.Length)
                    buffer = Grow(buffer);
            }
        }
        catch
        {
            ArrayPool<byte>.Shared.Return(buffer);
            throw;
        }
    }

    public void Dispose()
    {
        if (_buffer.Length > 0)
            ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }

    static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
