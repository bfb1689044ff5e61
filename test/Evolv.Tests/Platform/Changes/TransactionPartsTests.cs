using System.Globalization;
using Evolv.Platform.Changes;

namespace Evolv.Tests.Platform.Changes;

public sealed class TransactionPartsTests
{
    static readonly ChangedTable Table = new("public", "things", 1, []);

    readonly List<string> _heard = []; // "transaction:changes"
    readonly TransactionParts _parts;

    public TransactionPartsTests()
        => _parts = new TransactionParts(changes => _heard.Add(string.Create(CultureInfo.InvariantCulture, $"{changes[0].Lsn}:{changes.Length}")));

    [Fact]
    public void What_comes_again_after_a_reconnect_is_left_out()
    {
        Send(10, 2);
        Send(20, 3);
        _parts.Interrupt();
        Send(10, 2);
        Send(20, 3);
        Send(30, 1);

        Assert.Equal(["10:2", "20:3", "30:1"], _heard);
    }

    [Fact]
    public void Transaction_that_was_interrupted_comes_whole()
    {
        Send(10, 1);
        Send(20, 3, commit: false);
        _parts.Interrupt();
        Send(20, 3);

        Assert.Equal(["10:1", "20:3"], _heard);
    }

    [Fact]
    public void Parts_that_were_handed_over_before_an_interruption_do_not_come_again()
    {
        Send(10, TransactionParts.MostChanges + 5, commit: false);
        Assert.True(_parts.IsOpen);
        _parts.Interrupt();
        Send(10, TransactionParts.MostChanges + 7);

        Assert.Equal([$"10:{TransactionParts.MostChanges}", "10:7"], _heard);
        Assert.False(_parts.IsOpen);
    }

    [Fact]
    public void Large_values_make_small_parts()
    {
        Send(10, 5, new string('x', TransactionParts.MostCharacters / 2));

        Assert.Equal(["10:3", "10:2"], _heard);
    }

    [Fact]
    public void Another_slot_may_begin_anywhere_in_the_log()
    {
        Send(20, 1);
        _parts.Restart();
        Send(10, 1);

        Assert.Equal(["20:1", "10:1"], _heard);
    }

    void Send(ulong lsn, int changes, string? value = null, bool commit = true)
    {
        _parts.Begin(lsn);
        for (var i = 0; i < changes; i++)
        {
            if (_parts.Wants())
                _parts.Add(new Change(Table, ChangeKind.Insert, [ChangedValue.Of(value)], [], default, lsn));
        }

        if (commit)
            _parts.Commit();
    }
}
