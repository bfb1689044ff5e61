using Evolv.Platform.Observability;
using Evolv.Realtime.Socket;

namespace Evolv.Realtime;

/// <summary>What this server holds for its clients now.</summary>
static class RealtimeGauges
{
    internal static IServiceCollection Add(IServiceCollection services) => services
        .AddGauge(Gauges.RealtimeConnections, provider => () => provider.GetRequiredService<Sockets>().Count)
        .AddGauge(Gauges.RealtimeChannels, provider => () => provider.GetRequiredService<Sockets>().All.Sum(socket => (double)socket.Channels.Length));
}
