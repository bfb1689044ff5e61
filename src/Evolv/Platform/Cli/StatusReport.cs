using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Cli;

/// <summary>What a client needs to connect, under the names that <c>supabase status</c> uses.</summary>
sealed record StatusReport(IReadOnlyList<(string Name, string Value)> Values, string DataFolder)
{
    internal static async Task<StatusReport> ReadAsync(
        NpgsqlConnection owner, ConnectionStrings connectionStrings, string url, ServerOptions options, IEnumerable<StatusLine> lines,
        CancellationToken cancellationToken)
    {
        var keys = options.Migrate ? await ReadKeysAsync(owner, cancellationToken) : [];
        url = url.TrimEnd('/').Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal).Replace("[::]", "127.0.0.1", StringComparison.Ordinal);
        return new StatusReport(
        [
            ("API_URL", url),
            ("REST_URL", $"{url}/rest/v1"),
            ("FUNCTIONS_URL", $"{url}/functions/v1"),
            ("DB_URL", connectionStrings.OwnerUrl),
            ("PUBLISHABLE_KEY", keys.GetValueOrDefault("publishable anon", "")),
            ("SECRET_KEY", keys.GetValueOrDefault("secret service_role", "")),
            ("ANON_KEY", keys.GetValueOrDefault("legacy_jwt anon", "")),
            ("SERVICE_ROLE_KEY", keys.GetValueOrDefault("legacy_jwt service_role", "")),
            .. lines.Where(_ => options.Migrate).Select(line => (line.Name, Value: line.ValueAt(url))).Where(line => line.Value.Length > 0),
        ], Installation.FolderOf(options));
    }

    internal string ToText(string format) => format switch
    {
        "env" => string.Join('\n', Values.Select(value => $"{value.Name}=\"{value.Value}\"")),
        "json" => JsonSerializer.Serialize(Values.ToDictionary(value => value.Name, value => value.Value), Indented),
        _ => string.Join('\n', Values.Select(value => $"{value.Name,16}: {value.Value}")),
    };

    /// <summary>What <c>start</c> prints: at most 25 lines, and a command that works when pasted.</summary>
    internal string ToBanner(IReadOnlyList<DemoLogin> logins)
    {
        var text = new StringBuilder();
        text.AppendLine("Evolv is running.").AppendLine();
        var hasKeys = Find("PUBLISHABLE_KEY").Length > 0;
        string[] left = hasKeys
            ? ["ANON_KEY", "SERVICE_ROLE_KEY", "REST_URL"]
            : ["ANON_KEY", "SERVICE_ROLE_KEY", "PUBLISHABLE_KEY", "SECRET_KEY", "API_URL", "FUNCTIONS_URL"];
        foreach (var (name, value) in Values.Where(value => !left.Contains(value.Name)))
            text.AppendLine($"  {name,-16} {value}");
        text.AppendLine($"  {"DATA",-16} {DataFolder}").AppendLine();
        foreach (var login in logins)
            text.AppendLine($"  {login.Role,-16} {login.Email}  {login.Password ?? "(password as printed when it was loaded)"}");
        if (logins.Count > 0)
            text.AppendLine();
        text.AppendLine("Try:");
        text.AppendLine(!hasKeys ? $"  curl -s '{Find("REST_URL")}/'" :
            $"  curl -s '{Find("API_URL")}/auth/v1/signup' -H 'apikey: {Find("PUBLISHABLE_KEY")}' -H 'content-type: application/json' -d '{{\"email\":\"ada@example.com\",\"password\":\"correct horse battery\"}}'");
        text.AppendLine();
        text.Append("./evolv status shows this again. Ctrl+C stops.");
        return text.ToString();
    }

    // A database that Evolv only serves has no such table, whoever asks.
    static async Task<Dictionary<string, string>> ReadKeysAsync(NpgsqlConnection owner, CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, string>();
        await using (var exists = new NpgsqlCommand(
            "select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = 'auth' and c.relname = 'api_keys')", owner))
        {
            if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
                return keys;
        }

        await using var command = new NpgsqlCommand(
            "select kind || ' ' || role, api_key from auth.api_keys where revoked_at is null order by created_at desc", owner);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
            keys[reader.GetString(0)] = reader.GetString(1);
        return keys;
    }

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    string Find(string name) => Values.First(value => value.Name == name).Value;
}
