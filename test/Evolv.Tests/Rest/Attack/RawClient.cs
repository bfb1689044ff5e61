using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Evolv.Tests.Rest.Attack;

/// <summary>A connection on which bytes are sent as they are; it is opened again when the server closes it.</summary>
sealed class RawClient(string url) : IAsyncDisposable
{
    readonly Uri _address = new(url);
    readonly byte[] _buffer = new byte[64 * 1024];
    TcpClient? _connection;
    int _from;
    int _to;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Null when the server closed the connection instead of answering.</summary>
    internal async Task<RestAnswer?> SendAsync(WireRequest request)
    {
        var isReused = _connection is not null;
        try
        {
            await WriteAsync(request.ToBytes());
            var answer = await ReadAsync(hasBody: request.Method != "HEAD");
            // One that the server had closed meanwhile.
            if (answer is not null || !isReused)
                return answer;
        }
        catch (IOException) when (isReused)
        {
        }

        Close();
        await WriteAsync(request.ToBytes());
        return await ReadAsync(hasBody: request.Method != "HEAD");
    }

    internal async Task WriteAsync(byte[] bytes)
    {
        if (_connection is null)
        {
            _connection = new TcpClient { NoDelay = true };
            (_from, _to) = (0, 0);
            await _connection.ConnectAsync(_address.Host, _address.Port, Token);
        }

        await _connection.GetStream().WriteAsync(bytes, Token);
    }

    internal async Task<RestAnswer?> ReadAsync(bool hasBody = true)
    {
        if (await LineAsync() is not { Length: > 0 } status)
        {
            Close();
            return null;
        }

        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync() is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            headers[line[..colon]] = headers.TryGetValue(line[..colon], out var before) ? $"{before}, {line[(colon + 1)..].Trim()}" : line[(colon + 1)..].Trim();
        }

        var body = "";
        var code = int.Parse(status.Split(' ')[1], CultureInfo.InvariantCulture);
        if (hasBody && code is not (204 or 304))
            body = headers.GetValueOrDefault("Transfer-Encoding") == "chunked" ? await ChunksAsync() : await BytesAsync(Length(headers));
        if (headers.GetValueOrDefault("Connection") == "close")
            Close();
        return new RestAnswer(code, body, headers);
    }

    /// <summary>Whether the server has hung up.</summary>
    internal async Task<bool> EndsAsync()
    {
        try
        {
            return await _connection!.GetStream().ReadAsync(_buffer, Token) == 0;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    void Close()
    {
        _connection?.Dispose();
        _connection = null;
    }

    static int Length(Dictionary<string, string> headers)
        => headers.TryGetValue("Content-Length", out var length) ? int.Parse(length, CultureInfo.InvariantCulture) : 0;

    async Task<string> ChunksAsync()
    {
        var text = new StringBuilder();
        while (int.Parse((await LineAsync())!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
        {
            text.Append(await BytesAsync(size));
            await LineAsync();
        }

        await LineAsync();
        return text.ToString();
    }

    async Task<string> BytesAsync(int length)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;)
        {
            if (_from == _to && !await FillAsync())
                throw new IOException("The answer ends too early.");
            var part = Math.Min(length - done, _to - _from);
            _buffer.AsSpan(_from, part).CopyTo(bytes.AsSpan(done));
            _from += part;
            done += part;
        }

        return Encoding.UTF8.GetString(bytes);
    }

    async Task<string?> LineAsync()
    {
        var line = new List<byte>();
        while (true)
        {
            if (_from == _to && !await FillAsync())
                return line.Count == 0 ? null : Encoding.UTF8.GetString([.. line]);
            var next = _buffer[_from++];
            if (next == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(next);
        }
    }

    async Task<bool> FillAsync()
    {
        (_from, _to) = (0, await _connection!.GetStream().ReadAsync(_buffer, Token));
        return _to > 0;
    }
}
