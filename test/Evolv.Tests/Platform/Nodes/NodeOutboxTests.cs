using Evolv.Platform.Nodes;

namespace Evolv.Tests.Platform.Nodes;

/// <summary>What waits to be sent.</summary>
public sealed class NodeOutboxTests
{
    readonly NodeOutbox _outbox = new(capacity: 100);

    [Fact]
    public void Oldest_messages_give_way_and_it_is_said_once()
    {
        var said = Enumerable.Range(0, 20).Count(i => _outbox.Add([(byte)i, .. new byte[9]]));

        Assert.Equal(1, said);
        Assert.Equal(Enumerable.Range(10, 10), _outbox.Take(alone: false)!.Value.Messages.Select(message => (int)message[0]));
        Assert.Null(_outbox.Take(alone: false));
        Assert.True(_outbox.Add(new byte[101]));
        Assert.Null(_outbox.Take(alone: false));
    }

    [Fact]
    public void Alone_it_keeps_words_and_no_messages()
    {
        _outbox.Add([1]);
        _outbox.Say(NodeWords.Hello);

        var (words, messages) = _outbox.Take(alone: true)!.Value;

        Assert.Equal(NodeWords.Hello, words);
        Assert.Empty(messages);
        Assert.Null(_outbox.Take(alone: false));
    }

    [Fact]
    public void Farewell_comes_with_the_last_messages()
    {
        var outbox = new NodeOutbox(capacity: 1_000_000);
        for (var i = 0; i < 3; i++)
            outbox.Add(new byte[200_000]);
        outbox.Say(NodeWords.Here | NodeWords.Bye);

        Assert.Equal(
            [NodeWords.Here, NodeWords.None, NodeWords.Bye],
            Enumerable.Range(0, 3).Select(_ => outbox.Take(alone: false)!.Value.Words));
        Assert.Null(outbox.Take(alone: false));
    }
}
