using System.Collections.Immutable;
using System.Globalization;
using Evolv.Platform;
using Evolv.Rest.Response;
using Evolv.Rest.Schema;
using Evolv.Rest.Token;

namespace Evolv.Rest;

/// <summary>
/// Makes <see cref="RestConfig"/> of the options and of what the database stores, which wins. A stored value that makes no
/// sense is logged and the option holds; an empty one stands for PostgREST's default.
/// </summary>
sealed class RestConfigReader(RestOptions options, StoredSettings stored, ILogger logger)
{
    static readonly ImmutableArray<string> NeverExposed = ["pg_catalog", "information_schema"];

    static readonly ImmutableArray<string> HoistedByDefault =
        ["statement_timeout", "plan_filter.statement_cost_limit", "default_transaction_isolation"];

    /// <exception cref="SetupException">An option is wrong.</exception>
    internal static RestConfig Read(RestOptions options, StoredSettings stored, ILogger logger)
        => new RestConfigReader(options, stored, logger).Read();

    RestConfig Read()
    {
        var txEnd = Value("db_tx_end", options.DbTxEnd, text => OneOf(
            text, "commit", "commit", "commit-allow-override", "rollback", "rollback-allow-override"));
        return new RestConfig(
            Schemas: Value("db_schemas", options.DbSchemas, ReadSchemas),
            AnonRole: Value("db_anon_role", options.DbAnonRole, Text),
            ExtraSearchPath: Value("db_extra_search_path", options.DbExtraSearchPath, List),
            MaxRows: Value("db_max_rows", options.DbMaxRows.ToString(CultureInfo.InvariantCulture), Limit),
            PreRequest: Value("db_pre_request", options.DbPreRequest, Function),
            RollbackAll: txEnd.StartsWith("rollback", StringComparison.Ordinal),
            AllowTxOverride: txEnd.EndsWith("-allow-override", StringComparison.Ordinal),
            AggregatesEnabled: Flag("db_aggregates_enabled", options.DbAggregatesEnabled, false),
            PlanEnabled: Flag("db_plan_enabled", options.DbPlanEnabled, false),
            RootSpec: Value("db_root_spec", options.DbRootSpec, Function),
            HoistedSettings: Value(
                "db_hoisted_tx_settings", options.DbHoistedTxSettings, text => text.Length > 0 ? List(text) : HoistedByDefault),
            Jwt: ReadJwt(),
            OpenApiMode: Value("openapi_mode", options.OpenapiMode, text => OneOf(
                text, "follow-privileges", "follow-privileges", "ignore-privileges", "disabled")) switch
            {
                "ignore-privileges" => OpenApiMode.IgnorePrivileges,
                "disabled" => OpenApiMode.Disabled,
                _ => OpenApiMode.FollowPrivileges,
            },
            OpenApiSecurityActive: Flag("openapi_security_active", options.OpenapiSecurityActive, false),
            OpenApiServerProxyUri: Value("openapi_server_proxy_uri", options.OpenapiServerProxyUri, ProxyUri),
            ServerTimingEnabled: Flag("server_timing_enabled", options.ServerTimingEnabled, false),
            ServerTraceHeader: Value("server_trace_header", options.ServerTraceHeader, HeaderName),
            LegacyTargetNames: Flag("url_use_legacy_target_names", options.UrlUseLegacyTargetNames, true),
            VerboseErrors: Value("client_error_verbosity", options.ClientErrorVerbosity, text => OneOf(text, "verbose", "verbose", "minimal"))
                == "verbose",
            RoleSettings: stored.RoleSettings,
            RoleIsolationLevels: stored.RoleIsolationLevels,
            AppSettings: ReadAppSettings(options.AppSettings ?? ""),
            Limits: new RestLimits(options.MaxBodyBytes, options.MaxDepth, options.MaxConditions));
    }

    JwtConfig? ReadJwt()
    {
        var isBase64 = Flag("jwt_secret_is_base64", options.JwtSecretIsBase64, false);
        var audience = Value("jwt_aud", options.JwtAud, Audience);
        var roleClaim = Value("jwt_role_claim_key", options.JwtRoleClaimKey, text =>
        {
            var path = Text(text) ?? ".role";
            ClaimPath.Parse(path);
            return path;
        });
        return Value("jwt_secret", options.JwtSecret, text =>
        {
            if (Text(text) is not { } secret)
                return null;
            var config = new JwtConfig(secret, isBase64, audience, roleClaim);
            JwtKeys.Read(config);
            return config;
        });
    }

    static string? HeaderName(string text)
        => Text(text) is not { } name || ResponseHeaders.IsValid(name, "") ? Text(text) : throw new FormatException("must be the name of a header");

    /// <param name="name">As it is stored; the option has PostgREST's name, too.</param>
    /// <param name="parse">Throws a <see cref="FormatException"/> that says how the value should be.</param>
    T Value<T>(string name, string? option, Func<string, T> parse)
    {
        if (stored.Settings.TryGetValue(name, out var value))
        {
            try
            {
                return parse(value);
            }
            catch (FormatException exception)
            {
                logger.StoredSettingIgnored(name, exception.Message);
            }
        }

        try
        {
            return parse(option ?? "");
        }
        catch (FormatException exception)
        {
            var property = string.Concat(name.Split('_').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));
            throw new SetupException($"Setting {RestOptions.Section}:{property} is wrong: it {exception.Message}.");
        }
    }

    bool Flag(string name, bool option, bool byDefault)
        => Value(name, option ? "true" : "false", text => text.Length > 0 ? Boolean(text) : byDefault);

    static ImmutableArray<string> ReadSchemas(string text)
    {
        var schemas = text.Length > 0 ? List(text) : ["public"];
        return schemas.FirstOrDefault(NeverExposed.Contains) is { } schema
            ? throw new FormatException($"must not expose {schema}")
            : schemas;
    }

    static ImmutableArray<KeyValuePair<string, string>> ReadAppSettings(string text)
        =>
        [
            .. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
                .Select(setting => setting.Split('=', 2, StringSplitOptions.TrimEntries))
                .Select(pair => pair is [{ Length: > 0 } name, var value]
                    ? KeyValuePair.Create($"app.settings.{name}", value)
                    : throw new SetupException($"Setting {RestOptions.Section}:AppSettings is wrong: write it as name=value, name=value.")),
        ];

    static string? Text(string text) => text.Length > 0 ? text : null;

    static ImmutableArray<string> List(string text) => text.Length > 0 ? [.. text.Split(',', StringSplitOptions.TrimEntries)] : [];

    static int? Limit(string text)
    {
        if (text.Length == 0)
            return null;
        return int.TryParse(text, NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var rows)
            ? rows > 0 ? rows : null
            : throw new FormatException("must be a number of rows, 0 for no limit");
    }

    static QualifiedName? Function(string text) => text.Split('.', 2) switch
    {
        [""] => null,
        [var name] => new QualifiedName("", name),
        [var schema, var name] => new QualifiedName(schema, name),
        _ => null,
    };

    // PostgREST reads true in any case and with quotes, and numbers above zero.
    static bool Boolean(string text)
        => string.Concat(text.Where(char.IsLetter)).ToLowerInvariant() switch
        {
            "true" => true,
            "false" => false,
            _ => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
                ? number > 0
                : throw new FormatException("must be true or false"),
        };

    static string OneOf(string text, string byDefault, params ReadOnlySpan<string> values)
    {
        if (text.Length == 0)
            return byDefault;
        return values.Contains(text) ? text : throw new FormatException($"must be one of {string.Join(", ", values)}");
    }

    static string? ProxyUri(string text)
    {
        if (text.Length == 0)
            return null;
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? text
            : throw new FormatException("must be an address such as https://example.com:8443/basePath");
    }

    static string? Audience(string text)
    {
        if (text.Length == 0)
            return null;
        return !text.Contains(':', StringComparison.Ordinal) || Uri.IsWellFormedUriString(text, UriKind.Absolute)
            ? text
            : throw new FormatException("must be a text without colons or a URI");
    }
}
