using System.Collections;
using System.Globalization;

namespace Evolv.Platform.Settings;

/// <summary>
/// PostgREST's own environment variables as our settings, so that who comes from there changes nothing:
/// <c>PGRST_DB_MAX_ROWS</c> is <c>Rest:DbMaxRows</c>. Only what has another name or place here needs a line in a table.
/// </summary>
/// <param name="Settings">By our names.</param>
/// <param name="Ignored">Variables that PostgREST has and Evolv has no use for.</param>
sealed record PostgrestVariables(IReadOnlyDictionary<string, string?> Settings, IReadOnlyList<string> Ignored)
{
    const string Prefix = "PGRST_";
    const string AppSettings = "APP_SETTINGS_";

    static readonly Dictionary<string, string> Elsewhere = new(StringComparer.OrdinalIgnoreCase)
    {
        ["DB_URI"] = "Database:ConnectionString",
        ["DB_POOL"] = "Database:MaxPoolSize",
        ["DB_POOL_ACQUISITION_TIMEOUT"] = "Database:PoolAcquisitionTimeout",
        ["SERVER_CORS_ALLOWED_ORIGINS"] = "Http:AllowedOrigins",
        // Names that PostgREST still takes.
        ["DB_SCHEMA"] = "Rest:DbSchemas",
        ["MAX_ROWS"] = "Rest:DbMaxRows",
        ["PRE_REQUEST"] = "Rest:DbPreRequest",
        ["ROOT_SPEC"] = "Rest:DbRootSpec",
        ["ROLE_CLAIM_KEY"] = "Rest:JwtRoleClaimKey",
        ["SECRET_IS_BASE64"] = "Rest:JwtSecretIsBase64",
    };

    static readonly HashSet<string> WithoutUse = new(StringComparer.OrdinalIgnoreCase)
    {
        "ADMIN_SERVER_HOST", "ADMIN_SERVER_PORT", "ADMIN_SERVER_UNIX_SOCKET", "ADMIN_SERVER_UNIX_SOCKET_MODE",
        "DB_POOL_AUTOMATIC_RECOVERY", "DB_POOL_MAX_IDLETIME", "DB_POOL_MAX_LIFETIME", "DB_POOL_TIMEOUT", "DB_PRE_CONFIG",
        "JWT_CACHE_MAX_ENTRIES", "JWT_CACHE_MAX_LIFETIME", "LOG_LEVEL", "LOG_QUERY",
        "SERVER_REUSEPORT", "SERVER_UNIX_SOCKET", "SERVER_UNIX_SOCKET_MODE",
        "INTERNAL_SCHEMA_CACHE_QUERY_SLEEP", "INTERNAL_SCHEMA_CACHE_QUERY_SLEEP_BEFORE_QUERIES",
    };

    // An empty value says as much as none, but for these.
    static readonly HashSet<string> MayBeEmpty = new(StringComparer.OrdinalIgnoreCase) { "DB_ANON_ROLE", "DB_EXTRA_SEARCH_PATH" };

    // PostgREST reads a number as a yes or no, too.
    static readonly HashSet<string> Flags = new(StringComparer.OrdinalIgnoreCase)
    {
        "DB_AGGREGATES_ENABLED", "DB_PLAN_ENABLED", "DB_CONFIG", "DB_CHANNEL_ENABLED", "DB_PREPARED_STATEMENTS", "JWT_SECRET_IS_BASE64",
        "SECRET_IS_BASE64", "OPENAPI_SECURITY_ACTIVE", "SERVER_TIMING_ENABLED", "URL_USE_LEGACY_TARGET_NAMES",
    };

    /// <summary>Those of this process.</summary>
    internal static PostgrestVariables Read()
        => Read(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(entry => ((string)entry.Key, (string?)entry.Value ?? "")));

    internal static PostgrestVariables Read(IEnumerable<(string Name, string Value)> environment)
    {
        var variables = environment
            .Where(variable => variable.Name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(variable => (Name: variable.Name[Prefix.Length..], variable.Value))
            .Where(variable => variable.Value.Length > 0 || MayBeEmpty.Contains(variable.Name))
            .Select(variable => Flags.Contains(variable.Name) ? (variable.Name, Value: Flag(variable.Value)) : variable)
            .OrderBy(variable => variable.Name, StringComparer.Ordinal)
            .ToList();
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var (appSettings, ignored) = (new List<string>(), new List<string>());
        foreach (var (name, value) in variables)
        {
            if (name.StartsWith(AppSettings, StringComparison.Ordinal))
                appSettings.Add(AppSetting(name[AppSettings.Length..], value));
            else if (WithoutUse.Contains(name))
                ignored.Add(Prefix + name);
            else if (name == "DB_PREPARED_STATEMENTS")
                SetIfAbsent("Database:MaxAutoPrepare", value.Equals("false", StringComparison.OrdinalIgnoreCase) ? "0" : null);
            else if (name is not ("SERVER_HOST" or "SERVER_PORT"))
                settings[Elsewhere.GetValueOrDefault(name) ?? $"Rest:{name}"] = name == "DB_URI" ? ReadFile(value) : value;
        }

        if (appSettings.Count > 0)
            settings["Rest:AppSettings"] = string.Join(", ", appSettings);
        SetIfAbsent("Urls", Url(Find("SERVER_HOST"), Find("SERVER_PORT")));
        return new PostgrestVariables(settings, ignored);

        string? Find(string name) => variables.FirstOrDefault(variable => variable.Name == name).Value;

        void SetIfAbsent(string key, string? value)
        {
            if (value is not null)
                settings.TryAdd(key, value);
        }
    }

    static string Flag(string value)
        => int.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? number > 0 ? "true" : "false"
            : value;

    // PostgREST's port, but not its address: without a word Evolv listens on this machine alone.
    static string? Url(string? host, string? port)
    {
        if (host is null && port is null)
            return null;
        var address = host switch
        {
            null => "127.0.0.1",
            "*" or "*4" or "!4" => "0.0.0.0",
            "*6" or "!6" => "[::]",
            _ when host.Contains(':', StringComparison.Ordinal) && host[0] != '[' => $"[{host}]",
            _ => host,
        };
        return string.Create(CultureInfo.InvariantCulture, $"http://{address}:{port ?? "3000"}");
    }

    static string AppSetting(string name, string value)
        => value.Contains(',', StringComparison.Ordinal)
            ? throw new SetupException($"{Prefix}{AppSettings}{name} is wrong: Evolv separates these settings by commas, so a value cannot hold one.")
            : $"{name}={value}";

    static string ReadFile(string value)
    {
        if (value[0] != '@')
            return value;
        try
        {
            return File.ReadAllText(value[1..]).Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SetupException($"{Prefix}DB_URI is wrong: the file after @ cannot be read ({exception.Message.TrimEnd('.')}).");
        }
    }
}
