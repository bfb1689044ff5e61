using Evolv.Platform.Audit;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Evolv.Platform.Redis;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Doctor;

/// <summary>The checks of <c>./evolv doctor</c>, in the order in which it tells of them. Families add their own.</summary>
static class DoctorModule
{
    internal static IServiceCollection AddDoctor(this IServiceCollection services)
        => services
            .AddSingleton(provider => DoctorCheck.Of("settings", _ => SettingsCheck.Run(
                provider.GetRequiredService<IConfiguration>(), SettingsCatalog.Read(provider.GetServices<SettingsSection>()))))
            .AddSingleton(provider => new DoctorCheck("port", (context, token) => PortCheck.RunAsync(Server(provider), context, token)))
            .AddSingleton(provider => DoctorCheck.Of("rights", _ => RightsCheck.Run(Server(provider))))
            .AddSingleton(provider => DoctorCheck.Of("disk", _ => DiskCheck.Run(Installation.FolderOf(Server(provider)), IsEmbedded(provider))))
            .AddSingleton(provider => new DoctorCheck(
                PostgresCheck.Name, (context, token) => PostgresCheck.RunAsync(context, Database(provider), Server(provider), token), NeedsDatabase: true))
            .AddSingleton(_ => new DoctorCheck(
                "schema", MigrationsCheck.RunAsync, NeedsDatabase: true, NeedsOurSchema: true))
            .AddSingleton(_ => new DoctorCheck("slots", SlotCheck.RunAsync, NeedsDatabase: true))
            .AddSingleton(provider => new DoctorCheck(
                "clock", (context, token) => ClockCheck.RunAsync(context, provider.GetRequiredService<TimeProvider>(), token)))
            .AddSingleton(provider => new DoctorCheck("redis", (_, token) => RedisCheck.RunAsync(OptionsOf<RedisOptions>(provider), token)))
            .AddSingleton(provider => DoctorCheck.Of("cors", _ => CorsCheck.Run(OptionsOf<HttpOptions>(provider))))
            .AddSingleton(_ => new DoctorCheck("lint", LintCheck.RunAsync, NeedsDatabase: true))
            .AddSingleton(provider => new DoctorCheck(
                "audit", (context, token) => AuditCheck.RunAsync(context, provider.GetRequiredService<AuditHeads>(), provider.GetRequiredService<TimeProvider>(), token),
                NeedsDatabase: true, NeedsOurSchema: true));

    static ServerOptions Server(IServiceProvider provider) => OptionsOf<ServerOptions>(provider);

    static DatabaseOptions Database(IServiceProvider provider) => OptionsOf<DatabaseOptions>(provider);

    static bool IsEmbedded(IServiceProvider provider) => string.IsNullOrEmpty(Database(provider).ConnectionString);

    static T OptionsOf<T>(IServiceProvider provider)
        where T : class
        => provider.GetRequiredService<IOptions<T>>().Value;
}
