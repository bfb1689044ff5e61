using System.Text.Json;
using Evolv.Platform;
using Evolv.Platform.Data;
using Evolv.Platform.Http;
using Evolv.Realtime.Channels;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace Evolv.Realtime.Socket;

/// <summary>GET /realtime/v1/websocket: checks the key, the origin and the limits, and then serves the socket to its end.</summary>
sealed class SocketEndpoint(
    Sockets sockets, ClientEvents events, ChannelExit exit, FindCaller findCaller, CredentialsFinder credentials,
    IOptions<RealtimeOptions> options, Origins origins,
    IHostApplicationLifetime lifetime, TimeProvider time)
{
    internal async Task HandleAsync(HttpContext context)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await RefuseAsync(context, 400, "This address speaks WebSocket");
            return;
        }

        // A browser says where its page is from; other programs do not.
        if (context.Request.Headers.Origin.ToString() is { Length: > 0 } origin && !origins.AllowOrOwn(origin, context.Request))
        {
            await RefuseAsync(context, 403, "The origin is not allowed; see Http:AllowedOrigins");
            return;
        }

        if (Version(context.Request.Query["vsn"].ToString()) is not { } version)
        {
            await RefuseAsync(context, 400, "vsn is 1.0.0 or 2.0.0");
            return;
        }

        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            context.Response.Headers.RetryAfter = "1";
            await RefuseAsync(context, 503, "The server is stopping");
            return;
        }

        var key = KeyOf(context.Request);
        var found = key.Length == 0 ? new FoundCaller(null, "API key is missing") : await findCaller(key);
        if (found.Caller is null)
        {
            await RefuseAsync(context, 401, found.ExpiresAt is not null ? "Token has expired" : credentials.Refuse(found).Message);
            return;
        }

        var address = ClientAddress.Of(context.Connection.RemoteIpAddress);
        using var place = sockets.Take(address);
        if (place is null)
        {
            context.Response.Headers.RetryAfter = "5";
            await RefuseAsync(context, 429, "Too many connected users");
            return;
        }

        // It is open for hours, which says nothing of how long requests take.
        if (context.Features.Get<IHttpMetricsTagsFeature>() is { } metrics)
            metrics.MetricsDisabled = true;
        using var webSocket = await context.WebSockets.AcceptWebSocketAsync();
        await ServeAsync(new RealtimeSocket(webSocket, version, key, address, options.Value, time));
    }

    async Task ServeAsync(RealtimeSocket socket)
    {
        sockets.Add(socket);
        try
        {
            // It may have begun between the check and here, and then nobody else closes it.
            if (lifetime.ApplicationStopping.IsCancellationRequested)
                socket.Close(RealtimeSocket.ServiceRestart, "service restart");
            await socket.RunAsync(events);
        }
        finally
        {
            sockets.Remove(socket);
            foreach (var channel in socket.Channels)
                exit.Forget(channel);
        }
    }

    static string KeyOf(HttpRequest request)
        => request.Query["apikey"].ToString() is { Length: > 0 } inUrl ? inUrl
            : request.Headers["x-api-key"].ToString() is { Length: > 0 } inHeader ? inHeader
            : request.Headers["apikey"].ToString();

    static ProtocolVersion? Version(string vsn) => vsn switch
    {
        "" or "1.0.0" => ProtocolVersion.V1,
        "2.0.0" => ProtocolVersion.V2,
        _ => null,
    };

    internal static Task RefuseAsync(HttpContext context, int status, string error)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsJsonAsync(new { error }, JsonSerializerOptions.Web, context.RequestAborted);
    }
}
