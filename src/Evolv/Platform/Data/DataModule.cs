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
            .AddSingleton(provider => Open(provider.GetRequiredService<ConnectionStrings>()))
            .AddSingleton<Database>()
            .AddSingleton<NotificationListener>();

    // By its name it is found in metrics and traces. A span has the text of a statement and never a value: values are parameters.
    static NpgsqlDataSource Open(ConnectionStrings connections)
        => new NpgsqlDataSourceBuilder(connections.Pool.ConnectionString) { Name = "evolv" }
            .ConfigureTracing(traces => traces.EnableFirstResponseEvent(false))
            .Build();
}
