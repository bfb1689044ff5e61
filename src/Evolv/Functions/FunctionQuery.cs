using System.Globalization;

namespace Evolv.Functions;

/// <summary>The query string of a function. Every getter names the parameter and what it takes when the value is wrong.</summary>
static class FunctionQuery
{
    internal static int Integer(this IQueryCollection query, string name, int otherwise, int most)
        => (int?)query.OptionalInteger(name, most) ?? otherwise;

    /// <summary>An integer from 1; null when it is absent.</summary>
    internal static long? OptionalInteger(this IQueryCollection query, string name, long most)
        => query[name].FirstOrDefault() is not { } text
            ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most
                ? number
                : throw FunctionError.Field(name, $"must be an integer from 1 to {most}");

    /// <summary>False when it is absent.</summary>
    internal static bool Flag(this IQueryCollection query, string name) => query[name].FirstOrDefault() switch
    {
        null or "false" => false,
        "true" => true,
        _ => throw FunctionError.Field(name, "must be true or false"),
    };

    /// <summary>Null when it is absent.</summary>
    internal static Guid? OptionalGuid(this IQueryCollection query, string name)
        => query[name].FirstOrDefault() is not { } text
            ? null
            : Guid.TryParseExact(text, "D", out var id) ? id : throw FunctionError.Field(name, "must be a UUID");

    /// <summary>Null when it is absent.</summary>
    internal static string? OptionalText(this IQueryCollection query, string name, int longest)
        => query[name].FirstOrDefault() is not { } text
            ? null
            : text.Length > 0 && text.Length <= longest && !text.Contains('\0', StringComparison.Ordinal)
                ? text
                : throw FunctionError.Field(name, $"must be a text of 1 to {longest} characters");

    internal static string OneOf(this IQueryCollection query, string name, string otherwise, IReadOnlyCollection<string> allowed)
        => query[name].FirstOrDefault() is not { } text
            ? otherwise
            : allowed.Contains(text) ? text : throw FunctionError.Field(name, $"must be one of {string.Join(", ", allowed)}");
}
