using Evolv.Auth;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Evolv.Tests.Auth.OAuthServer;

/// <summary>What the server does every ten minutes, now.</summary>
static class OAuthUpkeep
{
    internal static Task RunAsync(EvolvServer server)
        => server.Services.GetServices<IHostedService>().OfType<Upkeep>().Single().CleanAsync(TestContext.Current.CancellationToken);
}
