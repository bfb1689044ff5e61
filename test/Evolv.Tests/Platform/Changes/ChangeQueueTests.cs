using System.Collections.Immutable;
using Evolv.Platform.Changes;

namespace Evolv.Tests.Platform.Changes;

public sealed class ChangeQueueTests
{
    static readonly ChangedTable Table = new("public", "things", 1, []);

    [Fact]
    public void Events_come_in_order_while_they_fit()
    {
        var queue = new ChangeQueue("q", 4);

        Assert.True(queue.Write(new ChangeEvent.Streaming()));
        Assert.True(queue.Write(Changes(3)));

        Assert.Equal(["streaming", "3"], Read(queue));
    }

    [Fact]
    public void All_that_waits_gives_way_to_one_gap()
    {
        var queue = new ChangeQueue("q", 4);
        queue.Write(Changes(2));

        Assert.False(queue.Write(Changes(3)));

        Assert.Equal(["gap", "streaming", "3"], Read(queue));
    }

    [Fact]
    public void Transaction_larger_than_the_queue_gets_in_when_nothing_waits()
    {
        var queue = new ChangeQueue("q", 4);

        Assert.True(queue.Write(Changes(9)));

        Assert.Equal(["9"], Read(queue));
    }

    [Fact]
    public void Slowness_is_said_once_until_all_was_read()
    {
        var queue = new ChangeQueue("q", 3);
        queue.Write(Changes(3));

        Assert.False(queue.Write(Changes(3)));
        Assert.True(queue.Write(Changes(3)));
        Read(queue);
        queue.Write(Changes(3));

        Assert.False(queue.Write(Changes(3)));
    }

    [Fact]
    public void Gap_of_the_stream_takes_the_place_of_what_does_not_fit()
    {
        var queue = new ChangeQueue("q", 2);
        queue.Write(Changes(2));

        queue.Write(new ChangeEvent.Gap("lost"));
        queue.Write(new ChangeEvent.Streaming());

        Assert.Equal(["gap", "streaming"], Read(queue));
    }

    static ChangeEvent.Committed Changes(int count)
        => new([.. Enumerable.Repeat(new Change(Table, ChangeKind.Insert, [], [], default, 1), count)]);

    static ImmutableArray<string> Read(ChangeQueue queue)
    {
        var read = ImmutableArray.CreateBuilder<string>();
        while (queue.TryRead(out var happened))
        {
            read.Add(happened switch
            {
                ChangeEvent.Committed committed => $"{committed.Changes.Length}",
                ChangeEvent.Gap => "gap",
                _ => "streaming",
            });
        }

        return read.ToImmutable();
    }
}
