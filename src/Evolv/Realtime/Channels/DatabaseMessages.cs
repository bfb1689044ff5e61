using System.Text;
using Evolv.Platform.Changes;
using Evolv.Realtime.Changes;

namespace Evolv.Realtime.Channels;

/// <summary>Delivers rows of <c>realtime.messages</c> (<c>realtime.send</c> and kept broadcasts) to the members of their topics.</summary>
sealed class DatabaseMessages(Broadcasts broadcasts, MessageStore store)
{
    internal void Deliver(Change change)
    {
        if (change.Kind != ChangeKind.Insert || change.Table is not { Schema: "realtime", Name: "messages" })
            return;
        if (Text("extension") != "broadcast" || Text("topic") is not { } topic || Text("event") is not { } @event)
            return;
        var id = Text("id");
        var sender = Guid.TryParse(id, out var number) ? store.TakeSender(number) : null;
        var name = new TopicName(topic, Text("private") == "t");
        var metadata = id is null ? [] : Encoding.UTF8.GetBytes($$"""{"id":"{{id}}"}""");
        if (Text("payload") is { } json)
            broadcasts.SendHere(new BroadcastMessage(name, @event, IsJson: true, Encoding.UTF8.GetBytes(json), metadata), sender);
        else if (Text("binary_payload") is ['\\', 'x', .. var hex])
            broadcasts.SendHere(new BroadcastMessage(name, @event, IsJson: false, Convert.FromHexString(hex), metadata), sender);

        string? Text(string column) => change.Filterable(column).Text;
    }
}
