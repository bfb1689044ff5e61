using System.Buffers.Text;

namespace Evolv.Bench.Career;

/// <summary>A question of each of the people in turn, that differs from all before by a number in it: no answer of it is kept already.</summary>
sealed class Questions
{
    /// <summary>Stands in a body for the number.</summary>
    internal const string Number = "0000000000";

    readonly byte[][] _requests;
    readonly int[] _places;
    long _asked;

    /// <param name="world">Who asks whom.</param>
    /// <param name="function">Its name in the URL.</param>
    /// <param name="body">What the n-th person says, with <see cref="Number"/> in it.</param>
    internal Questions(CareerWorld world, string function, Func<int, object> body)
    {
        _requests = [.. Enumerable.Range(0, world.World.People).Select(n => world.Request(function, world.World.Person(n), body(n)))];
        _places = [.. _requests.Select(request => request.AsSpan().LastIndexOf("0000000000"u8))];
    }

    internal long Asked => Interlocked.Read(ref _asked);

    internal ReadOnlyMemory<byte> Next()
    {
        var number = Interlocked.Increment(ref _asked);
        var index = number % _requests.Length;
        var request = _requests[index].ToArray();
        Utf8Formatter.TryFormat(number, request.AsSpan(_places[index]), out _, new('D', (byte)Number.Length));
        return request;
    }
}
