using Evolv.Platform.Settings;
using Evolv.Rest.Token;
using Microsoft.Extensions.Options;

namespace Evolv.Rest;

/// <summary>/rest/v1: tables, views and functions, in PostgREST's dialect.</summary>
static class RestModule
{
    internal static IServiceCollection AddRest(this IServiceCollection services)
    {
        services.AddSettings<RestOptions, RestOptions.Validator>(RestOptions.Section);
        services.AddSingleton<IValidateOptions<RestOptions>, JwtSettings>();
        services.AddSingleton(new ErrorFamily("/rest/v1", typeof(RestError)));
        services.AddSingleton<RestCallers>();
        return services;
    }
}
