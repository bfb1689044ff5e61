using System.Data;
using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Evolv.Rest.Plan;
using Evolv.Rest.Request;

namespace Evolv.Rest.Query;

/// <summary>What SQL can ask about the request with <c>current_setting</c>, and the settings that roles and functions want.</summary>
static class SessionSettings
{
    internal static RequestSession From(HttpRequest http, ApiRequest request, ActionPlan plan, Caller caller, RestConfig config)
    {
        var searchPath = string.Join(", ", config.ExtraSearchPath.Prepend(request.Schema).Select(schema => new Identifier(schema).Quoted));
        var before = new List<KeyValuePair<string, string>> { new("search_path", searchPath) };
        // Before the role, so that what may be set is granted to the login alone.
        if (config.RoleSettings.TryGetValue(caller.Role, out var ofRole))
            before.AddRange(ofRole);

        var after = new List<KeyValuePair<string, string>>
        {
            new("request.method", request.Method),
            new("request.path", request.Path),
            new("request.headers", Headers(http)),
            new("request.cookies", Cookies(http)),
        };
        if (request.Preferences.Timezone is { } timezone)
            after.Add(new("timezone", timezone));
        var routine = (plan as ActionPlan.Call)?.Routine;
        if (routine is not null)
            after.AddRange(routine.Settings);
        after.AddRange(config.AppSettings);
        var isolation = routine?.IsolationLevel ?? config.RoleIsolationLevels.GetValueOrDefault(caller.Role);
        return new RequestSession(plan is not ActionPlan.Statement { ReadOnly: false }, before, after, Level(isolation));
    }

    // Read committed is what a transaction has anyhow.
    static IsolationLevel? Level(string? name) => name?.ToLowerInvariant() switch
    {
        "serializable" => IsolationLevel.Serializable,
        "repeatable read" => IsolationLevel.RepeatableRead,
        _ => null,
    };

    static string Headers(HttpRequest http)
        => ToJson(http.Headers.Where(header => !header.Key.Equals("cookie", StringComparison.OrdinalIgnoreCase))
            .Select(header => KeyValuePair.Create(header.Key.ToLowerInvariant(), header.Value[^1] ?? "")));

    // As they came: what is encoded in a cookie is its owner's business.
    static string Cookies(HttpRequest http)
    {
        if (http.Headers.Cookie.Count == 0)
            return "{}";
        var cookies = new Dictionary<string, string>();
        foreach (var pair in http.Headers.Cookie.ToString().Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = pair.IndexOf('=', StringComparison.Ordinal);
            cookies[equals < 0 ? pair : pair[..equals]] = equals < 0 ? "" : pair[(equals + 1)..];
        }

        return ToJson(cookies);
    }

    static string ToJson(IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json))
        {
            writer.WriteStartObject();
            foreach (var (name, value) in pairs)
                writer.WriteString(name, value);
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(json.WrittenSpan);
    }
}
