using System.Security.Cryptography;
using Evolv.Platform.Data;
using Evolv.Platform.Redis;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Nodes;

/// <summary>The other servers of the installation.</summary>
static class NodesModule
{
    internal static IServiceCollection AddNodes(this IServiceCollection services)
    {
        return services
            .AddSingleton(provider => new NodeBus(
                TransportOf(provider), provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<NodeBus>>()))
            .AddHostedService(provider => provider.GetRequiredService<NodeBus>());
    }

    // None for a database of somebody else's: only /rest/v1 is there then.
    static INodeTransport? TransportOf(IServiceProvider provider)
    {
        if (!provider.GetRequiredService<IOptions<ServerOptions>>().Value.Migrate)
            return null;
        var database = provider.GetRequiredService<Database>();
        if (provider.GetRequiredService<IOptions<RedisOptions>>().Value.Read() is { } redis)
            return new RedisTransport(redis, provider.GetRequiredService<RedisPrefix>());
        var logger = provider.GetRequiredService<ILogger<PostgresTransport>>();
        return new PostgresTransport(
            provider.GetRequiredService<NotificationListener>(), database, SealOf(provider.GetRequiredService<ConnectionStrings>(), logger), logger);
    }

    internal static NodeSeal SealOf(ConnectionStrings connections, ILogger logger)
    {
        if (connections.SecretOf("nodes") is { } secret)
            return new NodeSeal(secret);
        logger.NodesHaveNoSecret();
        return new NodeSeal(RandomNumberGenerator.GetBytes(32));
    }
}
