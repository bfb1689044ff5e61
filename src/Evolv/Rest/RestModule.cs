using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Settings;

namespace Evolv.Rest;

/// <summary>/rest/v1: tables, views and functions, in PostgREST's dialect.</summary>
static class RestModule
{
    internal static IServiceCollection AddRest(this IServiceCollection services)
    {
        services.AddSettings<RestOptions, RestOptions.Validator>(RestOptions.Section);
        services.AddSingleton<NotificationListener>();
        services.AddSingleton<RestSnapshots>();
        services.AddSingleton<SchemaWatcher>();
        services.AddHostedService(provider => provider.GetRequiredService<SchemaWatcher>());
        services.AddSingleton(provider => new StartupStep((_, cancellationToken) =>
            provider.GetRequiredService<SchemaWatcher>().LoadFirstAsync(cancellationToken)));
        return services;
    }
}
