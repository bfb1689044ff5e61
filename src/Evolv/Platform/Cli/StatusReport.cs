using System.Text;
using System.Text.Json;
using Evolv.Platform.Data;
using Npgsql;

namespace Evolv.Platform.Cli;

/// <summary>What a client needs to connect, under the names that <c>supabase status</c> uses.</summary>
sealed record StatusReport(IReadOnlyList<(string Name, string Value)> Values, string DataFolder)
{
    internal static async Task<StatusReport> ReadAsync(
        NpgsqlConnection owner, ConnectionStrings connectionStrings, string url, ServerOptions options, CancellationToken cancellationToken)
    {
        var keys = new Dictionary<string, string>();
        await using (var command = new NpgsqlCommand(
            "select kind || ' ' || role, api_key from auth.api_keys where revoked_at is null order by created_at desc", owner))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
                keys[reader.GetString(0)] = reader.GetString(1);
        }

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
        foreach (var (name, value) in Values.Where(value => value.Name is not ("ANON_KEY" or "SERVICE_ROLE_KEY" or "REST_URL")))
            text.AppendLine($"  {name,-16} {value}");
        text.AppendLine($"  {"DATA",-16} {DataFolder}").AppendLine();
        foreach (var login in logins)
            text.AppendLine($"  {login.Role,-16} {login.Email}  {login.Password ?? "(password as printed when it was loaded)"}");
        if (logins.Count > 0)
            text.AppendLine();
        text.AppendLine("Try:");
        text.AppendLine(
            $"  curl -s '{Find("API_URL")}/auth/v1/signup' -H 'apikey: {Find("PUBLISHABLE_KEY")}' -H 'content-type: application/json' -d '{{\"email\":\"ada@example.com\",\"password\":\"correct horse battery\"}}'");
        text.AppendLine();
        text.Append("./evolv status shows this again. Ctrl+C stops.");
        return text.ToString();
    }

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    string Find(string name) => Values.First(value => value.Name == name).Value;
}
