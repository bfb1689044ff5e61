namespace Evolv.Platform.Changes;

/// <summary>The change stream as a service of this server.</summary>
static class ChangesModule
{
    internal static IServiceCollection AddChanges(this IServiceCollection services)
        => services
            .AddSingleton<ChangeStream>()
            .AddHostedService(provider => provider.GetRequiredService<ChangeStream>());
}
