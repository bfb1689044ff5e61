using System.Globalization;
using System.Text.Json;

namespace Evolv.Rest.Response;

/// <summary>Headers and status that SQL chose with <c>set_config('response.headers', …)</c> and <c>'response.status'</c>.</summary>
static class ResponseHeaders
{
    /// <summary>Whether a header of an answer can be this: a request's may have any letters.</summary>
    internal static bool MayHold(string value) => !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

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
            try
            {
                response.Headers.Append(name, value);
            }
            catch (InvalidOperationException)
            {
                throw RestError.ResponseHeadersSetting(); // A line break, or what is no name.
            }
        }
    }

    /// <exception cref="RestError">PGRST112</exception>
    internal static int ReadStatus(string? status, int otherwise)
    {
        if (status is null)
            return otherwise;
        return int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) && code is >= 100 and <= 999
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
                return KeyValuePair.Create(header.Name, header.Value.GetString() ?? throw RestError.ResponseHeadersSetting());
            })];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw RestError.ResponseHeadersSetting();
        }
    }
}
