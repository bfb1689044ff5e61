using System.Globalization;
using System.Text.Json;

namespace Evolv.Auth.Import;

/// <summary>The values of a dump's row, checked so that PostgreSQL takes them.</summary>
static class ImportValues
{
    const int LongestText = 255;

    internal static Guid Id(this DumpRow row, string column)
        => row.OptionalId(column) ?? throw new BadRowException($"{column} is missing");

    internal static Guid? OptionalId(this DumpRow row, string column)
        => string.IsNullOrEmpty(row[column]) ? null
            : Guid.TryParse(row[column], out var id) ? id : throw new BadRowException($"{column} is no uuid");

    /// <summary>Null when it is empty.</summary>
    internal static string? Text(this DumpRow row, string column, int longest = LongestText)
    {
        var text = row[column];
        if (string.IsNullOrEmpty(text))
            return null;
        if (text.Length > longest)
            throw new BadRowException($"{column} is longer than {longest} characters");
        return text.Contains('\0', StringComparison.Ordinal) ? throw new BadRowException($"{column} has a NUL") : text;
    }

    internal static string RequiredText(this DumpRow row, string column, int longest = LongestText)
        => row.Text(column, longest) ?? throw new BadRowException($"{column} is missing");

    /// <summary>PostgreSQL's form or ISO's. A ban without an end is infinity.</summary>
    internal static DateTime? Instant(this DumpRow row, string column) => row[column] switch
    {
        null or "" => null,
        "infinity" => DateTime.MaxValue,
        var text when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) => instant.UtcDateTime,
        _ => throw new BadRowException($"{column} is no time"),
    };

    internal static bool Flag(this DumpRow row, string column) => row[column]?.ToLowerInvariant() switch
    {
        null or "" or "f" or "false" or "0" => false,
        "t" or "true" or "1" => true,
        _ => throw new BadRowException($"{column} is neither true nor false"),
    };

    internal static string? JsonObject(this DumpRow row, string column)
    {
        if (string.IsNullOrEmpty(row[column]) || row[column] == "null")
            return null;
        try
        {
            using var json = JsonDocument.Parse(row[column]!);
            if (json.RootElement.ValueKind != JsonValueKind.Object)
                throw new BadRowException($"{column} is no JSON object");
            // As PostgreSQL will have it; half a surrogate pair does not get through here, and it takes no NUL.
            var text = JsonSerializer.Serialize(json.RootElement);
            return text.Contains("\\u0000", StringComparison.Ordinal) ? throw new BadRowException($"{column} has a NUL") : text;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new BadRowException($"{column} is no JSON");
        }
    }
}
