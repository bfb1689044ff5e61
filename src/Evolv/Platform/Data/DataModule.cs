using Evolv.Platform.Settings;
using Npgsql;

namespace Evolv.Platform.Data;

/// <summary>PostgreSQL, embedded or not, and the only door to it.</summary>
static class DataModule
{
    internal static IServiceCollection AddDatabase(this IServiceCollection services)
        => services
            .AddSettings<DatabaseOptions, DatabaseOptions.Validator>(DatabaseOptions.Section)
            .AddSingleton<Installation>()
            .AddSingleton(provider => provider.GetRequiredService<Installation>().ConnectionStrings)
            .AddSingleton(provider => NpgsqlDataSource.Create(provider.GetRequiredService<ConnectionStrings>().Pool))
            .AddSingleton<Database>()
            .AddSingleton<NotificationListener>();
}
