using Evolv.Auth;
using Evolv.Features;
using Evolv.Features.Growth;
using Evolv.Functions;
using Evolv.Platform;
using Evolv.Platform.Audit;
using Evolv.Platform.Cache;
using Evolv.Platform.Changes;
using Evolv.Platform.Cli;
using Evolv.Platform.Data;
using Evolv.Platform.Doctor;
using Evolv.Platform.Http;
using Evolv.Platform.Nodes;
using Evolv.Platform.Observability;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Redis;
using Evolv.Platform.Settings;
using Evolv.Realtime;
using Evolv.Rest;

namespace Evolv;

static class Program
{
    static Task<int> Main(string[] args) => EvolvCommand.RunAsync(args, Build, ExplainCommand.Create(Build), XpCommand.Create(Build), KeysCommand.Create(Build), ImportUsersCommand.Create(Build));

    /// <summary>The whole server: services in order, middleware in order, routes. It neither opens nor starts anything.</summary>
    /// <param name="commandLine">Settings that win over all others.</param>
    /// <exception cref="SetupException">A setting is wrong.</exception>
    internal static WebApplication Build(IReadOnlyDictionary<string, string?> commandLine)
    {
        var settings = SettingsExtensions.Load(commandLine);
        var builder = WebApplication.CreateSlimBuilder();
        // Not as a configuration in the configuration: that would lose settings which are empty on purpose.
        builder.Configuration.AddInMemoryCollection(settings.AsEnumerable());
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Logging.ConfigureForEvolv(settings);

        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSettings<ServerOptions, ServerOptions.Validator>(ServerOptions.Section);
        builder.Services.AddObservability(settings, () => SettingsExtensions.Load(commandLine));
        builder.Services.AddDatabase();
        builder.Services.AddAudit();
        builder.Services.AddChanges();
        builder.Services.AddRedis(settings);
        builder.Services.AddNodes();
        builder.Services.AddCache();
        builder.Services.AddHealth();
        builder.Services.AddHttp();
        builder.Services.AddRateLimits();
        builder.Services.AddDoctor();
        builder.Services.AddAuth();
        builder.Services.AddRest();
        builder.Services.AddRealtime();
        builder.Services.AddFunctions();
        builder.Services.AddFeatures();

        var app = builder.Build();
        app.Services.ValidateSettings(settings);
        app.UseUrls();
        app.UseObservability();
        app.UseHttp();
        app.UseRest();
        app.UseRealtime();
        app.UseAuth();
        app.UseCache();
        app.UseFunctions();
        app.UseRouting();
        app.UseRateLimits();

        app.MapHealth();
        app.MapMetrics();
        app.MapAuth();
        app.MapRest();
        app.MapRealtime();
        app.MapFunctions().MapFeatures();
        app.MapNotFound();
        return app;
    }
}
