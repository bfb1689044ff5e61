using Evolv.Platform;
using Evolv.Platform.Changes;
using Evolv.Platform.Http;
using Evolv.Platform.RateLimits;
using Evolv.Platform.Settings;
using Evolv.Realtime.Changes;
using Evolv.Realtime.Channels;
using Evolv.Realtime.Endpoints;
using Evolv.Realtime.Socket;
using Microsoft.Extensions.Options;

namespace Evolv.Realtime;

/// <summary>/realtime/v1: changes of tables, broadcast and presence, in the protocol of Supabase Realtime (Phoenix channels).</summary>
static class RealtimeModule
{
    const string Root = "/realtime/v1";

    internal static IServiceCollection AddRealtime(this IServiceCollection services)
    {
        services.AddSettings<RealtimeOptions, RealtimeOptions.Validator>(RealtimeOptions.Section);
        services.AddSingleton(new ErrorFamily(Root, typeof(JoinError)));
        // Sockets are refused with an error, broadcasts with a message; clients of both read either.
        services.AddSingleton(new HttpFamily(Root, (context, refusal) => Broadcast.RefuseAsync(
            context, refusal.StatusCode, refusal.StatusCode == 408 ? "The body came too slowly" : refusal.Message)));
        services.AddSingleton(new ErrorFamily($"{Root}/api", typeof(BroadcastError)));

        services.AddSingleton<Sockets>().AddSingleton<ClientEvents>().AddSingleton<SocketEndpoint>();
        services.AddSingleton<Topics>().AddSingleton<ChannelExit>().AddSingleton<CredentialsFinder>().AddSingleton<ChannelAuthorizer>();
        services.AddSingleton<JoinHandler>().AddSingleton<AccessTokenHandler>().AddSingleton<BroadcastHandler>().AddSingleton<PresenceHandler>();
        services.AddSingleton<MessageStore>().AddSingleton<DatabaseMessages>().AddSingleton<Replay>();
        services.AddSingleton<RowVisibility>().AddSingleton<PublishedTables>().AddSingleton<Subscriptions>().AddSingleton<BindingReader>();
        services.AddSingleton<ChangeAudience>();
        services.AddSingleton<Broadcast>();
        services.AddSingleton(provider => new PersonalTopics(
            word => provider.GetRequiredService<Topics>().PeopleOn(word), provider.GetRequiredService<Broadcasts>().SendHere));

        RealtimeGauges.Add(services);
        AddRunning<Broadcasts>(services);
        AddRunning<PresenceRooms>(services);
        AddRunning<ChangeFeed>(services);
        AddRunning<SocketUpkeep>(services);
        AddRunning<MessageUpkeep>(services);
        return services;
    }

    internal static void UseRealtime(this IApplicationBuilder app)
        => app.UseWhen(
            context => context.Request.Path.StartsWithSegments(Root, StringComparison.Ordinal),
            // Clients send heartbeats of their own, and a timer for each socket would cost memory.
            family => family.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.Zero }));

    internal static void MapRealtime(this IEndpointRouteBuilder app)
    {
        if (!app.ServiceProvider.GetRequiredService<IOptions<ServerOptions>>().Value.Migrate)
            return; // It works on our schema; without it there is none.
        var realtime = app.MapGroup(Root);
        // Browsers CONNECT where they have a connection of HTTP/2 already.
        realtime.MapMethods("/websocket", [HttpMethods.Get, HttpMethods.Connect], (HttpContext context, SocketEndpoint endpoint) => endpoint.HandleAsync(context))
            .WithMetadata(new RateLimited(
                RateLimitTier.Realtime, (context, seconds) => SocketEndpoint.RefuseAsync(context, 429, $"Too many requests; try again in {seconds} s")));
        var broadcasts = realtime.MapGroup("/api/broadcast");
        broadcasts.WithMetadata(new RateLimited(
            RateLimitTier.Realtime, (context, seconds) => Broadcast.WriteAsync(context, BroadcastError.RateLimited(seconds))));
        broadcasts.MapPost("", (HttpContext context, Broadcast broadcast) => broadcast.ManyAsync(context));
        broadcasts.MapPost("/{topic}/events/{event}", (HttpContext context, Broadcast broadcast) => broadcast.OneAsync(context));
    }

    static void AddRunning<T>(IServiceCollection services) where T : class, IHostedService
        => services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());
}
