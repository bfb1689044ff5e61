using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Settings;

static partial class SettingsExtensions
{
    /// <summary>Where Evolv's own files are: the folder with package.json above the program, else the current one.</summary>
    internal static string HomeFolder { get; } = FindHome();

    internal static string SettingsFile => Path.Combine(HomeFolder, "appsettings.json");

    /// <summary>
    /// Only our own sources: appsettings.json, PostgREST's variables, EVOLV__ variables, and options of the command line;
    /// the last one wins.
    /// </summary>
    internal static IConfigurationRoot Load(IReadOnlyDictionary<string, string?> commandLine)
    {
        try
        {
            return new ConfigurationBuilder()
                .AddInMemoryCollection(Plain(new ConfigurationBuilder()
                    .AddJsonFile(SettingsFile, optional: true).Build().AsEnumerable()))
                .AddInMemoryCollection(Plain(PostgrestVariables.Read().Settings))
                .AddInMemoryCollection(Plain(new ConfigurationBuilder().AddEnvironmentVariables("EVOLV__").Build().AsEnumerable()))
                .AddInMemoryCollection(Plain(commandLine))
                .Build();
        }
        catch (InvalidDataException exception)
        {
            throw new SetupException($"appsettings.json cannot be read: {exception.InnerException?.Message ?? exception.Message}");
        }
    }

    // db-max-rows, DB_MAX_ROWS and DbMaxRows are one name. Only in the last part: a section may be called as it likes.
    static IEnumerable<KeyValuePair<string, string?>> Plain(IEnumerable<KeyValuePair<string, string?>> settings)
        => settings.Where(setting => setting.Value is not null).Select(setting =>
        {
            var name = setting.Key.LastIndexOf(':') + 1;
            var isOurs = !setting.Key.StartsWith("Logging:", StringComparison.OrdinalIgnoreCase);
            return isOurs
                ? KeyValuePair.Create(setting.Key[..name] + string.Concat(setting.Key[name..].Where(character => character is not ('-' or '_'))), setting.Value)
                : setting;
        });

    /// <summary>Binds a section to its options, validates it at start and lists it in <see cref="SettingsCatalog"/>.</summary>
    internal static IServiceCollection AddSettings<TOptions, TValidator>(this IServiceCollection services, string section)
        where TOptions : class, new()
        where TValidator : class, IValidateOptions<TOptions>
    {
        services.AddSingleton(new SettingsSection(section, typeof(TOptions)));
        services.AddSingleton<IValidateOptions<TOptions>, TValidator>();
        services.AddOptions<TOptions>()
            .Configure<IConfiguration>((options, configuration) =>
                (section.Length > 0 ? configuration.GetSection(section) : configuration).Bind(options))
            .ValidateOnStart();
        return services;
    }

    /// <summary>Checks every setting.</summary>
    /// <exception cref="SetupException">The first one that is wrong: which, why and what to do.</exception>
    internal static void ValidateSettings(this IServiceProvider services, IConfiguration configuration)
    {
        var catalog = SettingsCatalog.Read(services.GetServices<SettingsSection>());
        SettingsCatalog.RefuseUnknown(configuration, catalog);
        var ignored = string.Join(", ", PostgrestVariables.Read().Ignored);
        if (ignored.Length > 0)
            services.GetRequiredService<ILoggerFactory>().CreateLogger<PostgrestVariables>().VariablesIgnored(ignored);
        try
        {
            services.GetRequiredService<IStartupValidator>().Validate();
        }
        catch (OptionsValidationException exception)
        {
            var section = services.GetServices<SettingsSection>().First(section => section.OptionsType == exception.OptionsType);
            var (property, why) = ReadFailure(exception.Failures.First());
            throw Wrong(section.Name.Length > 0 ? $"{section.Name}:{property}" : property, why, catalog);
        }
        catch (InvalidOperationException exception) when (BindingFailure().Match(exception.Message) is { Success: true } match)
        {
            throw Wrong(match.Groups["key"].Value, $"'{match.Groups["value"].Value}' has the wrong type", catalog);
        }
    }

    static SetupException Wrong(string key, string why, IReadOnlyList<Setting> catalog)
    {
        var setting = catalog.FirstOrDefault(setting => setting.IsNamed(key));
        var expected = setting is null || setting.Range.Length == 0 ? "" : $" (a {setting.Type}, {setting.Range})";
        var advice = setting is null ? "" : $"; correct it in appsettings.json or {(setting with { Key = key }).EnvironmentVariable}, or leave it out for {(setting.Default.Length > 0 ? setting.Default : "the default")}";
        return new SetupException($"Setting {key} is wrong: {why}{expected}{advice}.");
    }

    // "PoolSize: The field DatabaseOptions.PoolSize must be between 1 and 1000."
    static (string Property, string Why) ReadFailure(string failure)
    {
        var parts = failure.Split(": ", 2);
        if (parts.Length != 2)
            return ("", failure.TrimEnd('.'));
        var property = parts[0].Split('.')[^1];
        var why = parts[1].TrimEnd('.');
        var must = why.IndexOf(" must ", StringComparison.Ordinal);
        return (property, must > 0 ? "it" + why[must..] : why);
    }

    static string FindHome()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Evolv.slnx")))
                return at.FullName;
        }

        return Directory.GetCurrentDirectory();
    }

    [GeneratedRegex("configuration value '(?<value>[^']*)' at '(?<key>[^']*)'")]
    private static partial Regex BindingFailure();
}
