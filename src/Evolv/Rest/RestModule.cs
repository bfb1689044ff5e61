using Evolv.Platform.Settings;
using Evolv.Rest.Token;
using Microsoft.Extensions.Options;

namespace Evolv.Rest;

/// <summary>/rest/v1: tables, views and functions of the database, in PostgREST's dialect.</summary>
static class RestModule
{
    const string Root = "/rest/v1";

    internal static IServiceCollection AddRest(this IServiceCollection services)
        => services
            .AddSettings<RestOptions, RestOptions.Validator>(RestOptions.Section)
            .AddSingleton<IValidateOptions<RestOptions>, JwtSettings>()
            .AddSingleton(new ErrorFamily(Root, typeof(RestError)))
            .AddSingleton<RestCallers>();
}
