using System.Text;

namespace Evolv.Tests.Support;

/// <summary>How the bytes of an answer come: at once, slowly, never ending, or not all.</summary>
static class GrokPace
{
    internal static async Task SendAsync(
        byte[][] parts, GrokBehaviour behaviour, Func<ReadOnlyMemory<byte>, CancellationToken, Task> send, Action reset,
        CancellationToken cancellationToken)
    {
        switch (behaviour)
        {
            case GrokBehaviour.OneBytePerSecond:
                await DribbleAsync(Whole(parts), 1, TimeSpan.FromSeconds(1));
                break;
            case GrokBehaviour.SlowButFine:
                var all = Whole(parts);
                await DribbleAsync(all, all.Length / 20 + 1, TimeSpan.FromMilliseconds(100));
                break;
            case GrokBehaviour.CutMidStream:
                var half = Whole(parts);
                await send(half.AsMemory(0, half.Length / 2), cancellationToken);
                await Task.Delay(100, cancellationToken); // A reset throws away what is not sent yet.
                reset();
                break;
            case GrokBehaviour.EndlessStream:
                await RunOnAsync();
                break;
            case GrokBehaviour.GarbageSse:
                await send(Encoding.UTF8.GetBytes(GrokWire.Garbage), cancellationToken);
                break;
            default:
                foreach (var part in parts)
                    await send(part, cancellationToken);
                break;
        }

        async Task DribbleAsync(byte[] bytes, int length, TimeSpan pause)
        {
            for (var start = 0; start < bytes.Length; start += length)
            {
                await send(bytes.AsMemory(start, Math.Min(length, bytes.Length - start)), cancellationToken);
                await Task.Delay(pause, cancellationToken);
            }
        }

        // The same chunk again and again; without stream a text that does not end.
        async Task RunOnAsync()
        {
            var first = parts is [var whole] ? whole.AsMemory(0, whole.AsSpan().IndexOf("\"content\":\""u8) + 11) : parts[0];
            ReadOnlyMemory<byte> again = parts.Length > 1 ? parts[0] : "Lorem ipsum dolor sit amet, "u8.ToArray();
            await send(first, cancellationToken);
            while (true)
            {
                for (var i = 0; i < 100; i++)
                    await send(again, cancellationToken);
                await Task.Delay(1, cancellationToken);
            }
        }
    }

    static byte[] Whole(byte[][] parts) => [.. parts.SelectMany(part => part)];
}
