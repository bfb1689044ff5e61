using System.Buffers;
using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;

namespace Evolv.Rest.Response;

/// <summary>Headers and status that SQL chose with <c>set_config('response.headers', …)</c> and <c>'response.status'</c>.</summary>
static class ResponseHeaders
{
    static readonly SearchValues<char> NameLetters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    // These say where an answer ends; that is not for SQL to say.
    static readonly FrozenSet<string> Framing = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase, "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Upgrade", "Trailer");

    /// <summary>Whether this is one header, not the beginning of others, and not one that the server needs itself.</summary>
    internal static bool IsValid(string name, string value)
        => name.Length > 0 && !name.AsSpan().ContainsAnyExcept(NameLetters) && !Framing.Contains(name) && !value.Any(char.IsControl);

    /// <summary>A header of SQL takes the place of ours; it may be given several times.</summary>
    /// <exception cref="RestError">PGRST111</exception>
    internal static void Apply(HttpResponse response, string? json)
    {
        if (json is null)
            return;
        var replaced = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in Read(json))
        {
            if (replaced.Add(name))
                response.Headers.Remove(name);
            response.Headers.Append(name, value);
        }
    }

    /// <summary>What SQL chooses may be a status that has no body, whatever there is to send.</summary>
    internal static bool AllowsBody(int status) => status is >= 200 and not (204 or 205 or 304);

    /// <exception cref="RestError">PGRST112</exception>
    internal static int ReadStatus(string? status, int otherwise)
    {
        if (status is null)
            return otherwise;
        return int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 200 and <= 999
            ? code
            : throw RestError.ResponseStatusSetting();
    }

    static List<KeyValuePair<string, string>> Read(string json)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateArray().Select(entry =>
            {
                var header = entry.EnumerateObject().Single();
                return header.Value.GetString() is { } value && IsValid(header.Name, value)
                    ? KeyValuePair.Create(header.Name, value)
                    : throw RestError.ResponseHeadersSetting();
            })];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw RestError.ResponseHeadersSetting();
        }
    }
}
