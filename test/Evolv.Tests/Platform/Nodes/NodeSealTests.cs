using Evolv.Platform.Nodes;

namespace Evolv.Tests.Platform.Nodes;

/// <summary>Packets in sealed pieces.</summary>
public sealed class NodeSealTests
{
    readonly NodeSeal _sender = new(new byte[32]);
    readonly NodeSeal _receiver = new(new byte[32]);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5956)]
    [InlineData(5957)]
    [InlineData(1_000_000)]
    public void Packets_of_every_length_come_out_as_they_went_in(int length)
    {
        var packet = new byte[length];
        Random.Shared.NextBytes(packet);

        for (var i = 0; i < 3; i++)
        {
            var pieces = _sender.Close(packet);
            Assert.All(pieces, piece => Assert.InRange(piece.Length, 1, 7999));
            Assert.All(pieces[..^1], piece => Assert.Null(Open(piece)));
            Assert.Equal(packet, Open(pieces[^1]));
        }
    }

    [Fact]
    public void Packet_with_a_lost_piece_is_lost_as_a_whole_and_the_next_one_arrives()
    {
        var (broken, next) = (_sender.Close(new byte[20_000]), _sender.Close(new byte[20_000]));

        Assert.All(broken.Where((_, i) => i != 1), piece => Assert.Null(Open(piece)));
        Assert.Null(Open(next[0]));
        Assert.All(next[1..^1], piece => Assert.Null(Open(piece)));
        Assert.Equal(20_000, Open(next[^1])?.Length);
    }

    [Fact]
    public void Pieces_are_opened_once_and_not_after_later_ones()
    {
        var (first, second) = (_sender.Close("first"u8)[0], _sender.Close("second"u8)[0]);

        Assert.NotNull(Open(second));
        Assert.Null(Open(second));
        Assert.Null(Open(first));
    }

    [Fact]
    public void Piece_with_any_other_byte_is_refused()
    {
        var piece = Convert.FromBase64String(_sender.Close("hello"u8)[0]);
        for (var i = 0; i < piece.Length; i++)
        {
            var changed = (byte[])piece.Clone();
            changed[i] ^= 1;
            Assert.False(_receiver.TryOpen(Convert.ToBase64String(changed), out _), $"byte {i}");
        }

        Assert.NotNull(Open(Convert.ToBase64String(piece)));
    }

    [Fact]
    public void Other_secret_opens_nothing()
        => Assert.False(new NodeSeal([.. Enumerable.Repeat((byte)1, 32)]).TryOpen(_sender.Close("hello"u8)[0], out _));

    byte[]? Open(string piece)
    {
        Assert.True(_receiver.TryOpen(piece, out var packet));
        return packet;
    }
}
