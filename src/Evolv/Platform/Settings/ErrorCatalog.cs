using System.Globalization;
using System.Reflection;
using System.Text.Json.Nodes;

namespace Evolv.Platform.Settings;

/// <summary>The catalogue of a family: a class whose static factories make its errors.</summary>
/// <param name="Path">Where the family is served.</param>
/// <param name="Errors">Has the properties Status, Code and Message.</param>
sealed record ErrorFamily(string Path, Type Errors);

/// <summary><c>docs/errors.md</c>, made by calling every factory of every catalogue.</summary>
static class ErrorCatalog
{
    internal static string ToMarkdown(IEnumerable<ErrorFamily> families)
    {
        var lines = new List<string>
        {
            "# Errors",
            "",
            "Made by `./evolv types` from the catalogues; do not edit. Codes are stable: programs may branch on them. Words in braces depend",
            "on the request. `/auth/v1` answers in GoTrue's form, `/rest/v1` in PostgREST's, where errors of SQL have PostgreSQL's own codes and words,",
            "`/functions/v1` with `{\"success\":false,\"error\":…,\"code\":…}`; other paths answer with problem details (RFC 9457). Functions also pass on errors that the database raises on purpose, such as",
            "`user_not_found` (404) and `idempotency_key_reused` (409). `/realtime/v1` answers a join in the socket with `{\"reason\":\"<Code>: <Message>\"}`, and ends a channel with the message alone, in the event `system`:",
            "statuses are what HTTP would have. A refused handshake has the body `{\"error\":…}`; `/realtime/v1/api` answers with `{\"message\":…}`, and 422 with `{\"errors\":{<field>:[…]}}`. 503 comes with `Retry-After`: the request may be sent again.",
        };
        foreach (var family in families)
        {
            lines.AddRange(["", $"## {family.Path}", "", "| Status | Code | Message |", "|---|---|---|"]);
            lines.AddRange(Read(family.Errors).Distinct().Order(StringComparer.Ordinal));
        }

        return string.Join('\n', lines) + "\n";
    }

    static IEnumerable<string> Read(Type errors)
    {
        foreach (var factory in errors.GetMethods(BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public))
        {
            if (factory.ReturnType != errors || Arguments(factory) is not { } arguments)
                continue;
            var error = factory.Invoke(null, arguments)!;
            if (Property(error, "Status") == "0")
                continue; // It passes on what the database says.
            var message = Property(error, "Message").Replace("|", "\\|", StringComparison.Ordinal);
            var code = Property(error, "Code") is { Length: > 0 } word ? $"`{word}`" : "";
            yield return $"| {Property(error, "Status")} | {code} | {message} |";
        }
    }

    // {name} for a text; a factory that translates another error has no row of its own.
    static object[]? Arguments(MethodInfo factory)
    {
        var arguments = new List<object>();
        foreach (var parameter in factory.GetParameters())
        {
            if (parameter.ParameterType == typeof(string))
                arguments.Add($"{{{parameter.Name}}}");
            else if (parameter.ParameterType.IsValueType)
                arguments.Add(Activator.CreateInstance(parameter.ParameterType)!);
            else if (parameter.ParameterType.IsAssignableFrom(typeof(string[])))
                arguments.Add((string[])["…"]);
            else if (parameter.ParameterType == typeof(JsonArray))
                arguments.Add(new JsonArray());
            else
                return null;
        }

        return [.. arguments];
    }

    static string Property(object error, string name)
        => Convert.ToString(
            error.GetType().GetProperty(name, BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public)!.GetValue(error),
            CultureInfo.InvariantCulture)!;
}
