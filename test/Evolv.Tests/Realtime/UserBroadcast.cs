using System.Text;
using System.Text.Json.Nodes;
using Evolv.Auth.Tokens;
using Evolv.Tests.Rest;
using Evolv.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;

namespace Evolv.Tests.Realtime;

/// <summary>A broadcast as a binary frame: kind 3 from clients, kind 4 from the server.</summary>
sealed record UserBroadcast(string Topic, string Event, string Metadata, bool IsJson, byte[] Payload)
{
    internal string Text => Encoding.UTF8.GetString(Payload);

    internal JsonNode Meta => JsonNode.Parse(Metadata)!;

    internal static UserBroadcast Read(byte[] frame)
    {
        Assert.Equal(4, frame[0]);
        var (topicEnd, eventEnd) = (5 + frame[1], 5 + frame[1] + frame[2]);
        var metadataEnd = eventEnd + frame[3];
        return new UserBroadcast(
            Encoding.UTF8.GetString(frame[5..topicEnd]), Encoding.UTF8.GetString(frame[topicEnd..eventEnd]),
            Encoding.UTF8.GetString(frame[eventEnd..metadataEnd]), frame[4] == 1, frame[metadataEnd..]);
    }

    internal static byte[] Push(string topic, string @event, byte[] payload, bool isJson, string metadata = "", string @ref = "")
    {
        byte[][] fields = [[], Encoding.UTF8.GetBytes(@ref), Encoding.UTF8.GetBytes(topic), Encoding.UTF8.GetBytes(@event), Encoding.UTF8.GetBytes(metadata)];
        return [3, .. fields.Select(field => (byte)field.Length), isJson ? (byte)1 : (byte)0, .. fields.SelectMany(field => field), .. payload];
    }
}

static class PhoenixClientExtensions
{
    extension(PhoenixClient client)
    {
        /// <summary>Sends as realtime-js does in the second version: a binary frame, also for JSON.</summary>
        internal Task BroadcastAsync(string topic, string @event, string json, string metadata = "", string @ref = "")
            => client.SendBinaryAsync(UserBroadcast.Push($"realtime:{topic}", @event, Encoding.UTF8.GetBytes(json), isJson: true, metadata, @ref));

        /// <summary>The next broadcast, as a binary frame.</summary>
        internal async Task<UserBroadcast> NextBroadcastAsync()
        {
            var frame = default(byte[]);
            await Eventually.IsTrueAsync(() => Task.FromResult(client.Binaries.TryDequeue(out frame)));
            return UserBroadcast.Read(frame!);
        }

        /// <summary>The message that the server closes a channel with, and that it is closed after it.</summary>
        internal async Task<string> NextEndAsync(string topic)
        {
            var system = await client.NextAsync(message => message is { Event: "system" } && message.Topic == $"realtime:{topic}" && (string?)message.Payload["extension"] == "system");
            Assert.Equal("error", (string?)system.Payload["status"]);
            Assert.Equal(topic, (string?)system.Payload["channel"]);
            await client.NextAsync(message => message.Event == "phx_close" && message.Topic == $"realtime:{topic}");
            return (string)system.Payload["message"]!;
        }

        /// <summary>Asserts that no broadcast has come, once what was sent before has been answered.</summary>
        internal async Task AssertNoBroadcastAsync()
        {
            await client.CallAsync("phoenix", "heartbeat");
            Assert.Empty(client.Binaries.Select(UserBroadcast.Read));
            Assert.DoesNotContain(client.Messages, message => message.Event == "broadcast");
        }
    }
}

/// <summary>Tokens that the auth family would not give.</summary>
static class ChangedTokens
{
    /// <summary>The same token with other claims, signed with the key of the installation.</summary>
    internal static string Change(EvolvServer server, string accessToken, Action<JsonObject> change)
    {
        var claims = JsonNode.Parse(System.Buffers.Text.Base64Url.DecodeFromChars(accessToken.Split('.')[1]))!.AsObject();
        change(claims);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }
            .CreateToken(claims.ToJsonString(), server.Services.GetRequiredService<SigningKeys>().Current.Signing);
    }

    internal static string ExpiringIn(EvolvServer server, string accessToken, int seconds)
        => Change(server, accessToken, claims => claims["exp"] = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + seconds);

    /// <summary>As <paramref name="accessToken"/>, but with a signature of somebody else.</summary>
    internal static string Forge(string accessToken)
    {
        var parts = accessToken.Split('.');
        return $"{parts[0]}.{parts[1]}.{new string('A', parts[2].Length)}";
    }
}
