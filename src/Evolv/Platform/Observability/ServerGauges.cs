using Evolv.Platform.Changes;
using Evolv.Platform.Nodes;
using Microsoft.Extensions.Options;

namespace Evolv.Platform.Observability;

/// <summary>What the platform itself shows of this server: changes, other servers, disk.</summary>
static class ServerGauges
{
    internal static IServiceCollection AddServerGauges(this IServiceCollection services)
        => services
            .AddSingleton<SlotSize>()
            .AddHostedService(provider => provider.GetRequiredService<SlotSize>())
            .AddGauge(Gauges.SlotRetained, provider => () => provider.GetRequiredService<SlotSize>().Retained)
            .AddGauge(Gauges.SlotLimit, provider => () => provider.GetRequiredService<SlotSize>().Limit)
            .AddGauge(Gauges.ChangesLag, provider => () => provider.GetRequiredService<ChangeStream>().Meters.Lag.TotalSeconds)
            .AddGauge(Gauges.ChangesStreaming, provider => () => provider.GetRequiredService<ChangeStream>().IsStreaming ? 1 : 0)
            .AddGauge(Gauges.ChangesRead, provider => () => provider.GetRequiredService<ChangeStream>().Meters.Changes)
            .AddGauge(Gauges.NodePeers, provider => () => provider.GetRequiredService<NodeBus>().Peers.Count)
            .AddGauge(Gauges.DiskFree, provider => () => DiskOf(provider)?.AvailableFreeSpace ?? 0)
            .AddGauge(Gauges.DiskSize, provider => () => DiskOf(provider)?.TotalSize ?? 0);

    static DriveInfo? DiskOf(IServiceProvider provider)
        => Installation.DiskOf(provider.GetRequiredService<IOptions<ServerOptions>>().Value);
}
