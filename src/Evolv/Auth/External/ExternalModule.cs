using Evolv.Auth.Endpoints;
using Evolv.Auth.Grants;
using Evolv.Platform.Settings;
using Microsoft.Extensions.Options;

namespace Evolv.Auth.External;

/// <summary>Providers that vouch for people: settings, flows, and whose account somebody from one enters.</summary>
static class ExternalModule
{
    internal static void AddExternalIdentities(this IServiceCollection services)
    {
        services.AddSingleton(new SettingsSection($"{ExternalOptions.Section}:*", typeof(ExternalProviderOptions)));
        services.AddSingleton<IValidateOptions<ExternalOptions>, ExternalOptions.Validator>();
        services.AddOptions<ExternalOptions>()
            .Configure<IConfiguration>((options, configuration) => options.Read(configuration)).ValidateOnStart();
        services.AddSingleton<ExternalProviders>();
        services.AddSingleton<ExternalFlows>();
        services.AddSingleton<ExternalAccounts>();
        services.AddSingleton<Callback.Work>();
        services.AddSingleton<IdTokenGrant>();
    }
}
