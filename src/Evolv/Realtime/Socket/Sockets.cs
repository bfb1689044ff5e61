using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Evolv.Realtime.Socket;

/// <summary>All sockets of this server, and how many there may be.</summary>
sealed class Sockets(IOptions<RealtimeOptions> options)
{
    readonly ConcurrentDictionary<RealtimeSocket, bool> _all = new();
    readonly Dictionary<string, int> _byAddress = [];
    readonly Lock _lock = new();
    int _count;

    internal IEnumerable<RealtimeSocket> All => _all.Keys;

    internal int Count => Volatile.Read(ref _count);

    /// <summary>Takes a place for one more socket; null when there is none. Dispose it to give the place back.</summary>
    internal Place? Take(string address)
    {
        lock (_lock)
        {
            var ofAddress = _byAddress.GetValueOrDefault(address);
            if (_count >= options.Value.MaxSockets || ofAddress >= options.Value.MaxSocketsPerAddress)
                return null;
            _byAddress[address] = ofAddress + 1;
            _count++;
            return new Place(this, address);
        }
    }

    internal void Add(RealtimeSocket socket) => _all[socket] = true;

    internal void Remove(RealtimeSocket socket) => _all.TryRemove(socket, out _);

    /// <summary>Whether this socket may have channels of this person beside the person's other sockets.</summary>
    internal bool MayJoin(RealtimeSocket socket, Guid user)
    {
        var others = 0;
        foreach (var other in _all.Keys)
        {
            if (other != socket && other.Channels.Any(channel => channel.Credentials.Caller.UserId == user))
                others++;
        }

        return others < options.Value.MaxSocketsPerUser;
    }

    void GiveBack(string address)
    {
        lock (_lock)
        {
            _count--;
            if (_byAddress[address] == 1)
                _byAddress.Remove(address);
            else
                _byAddress[address]--;
        }
    }

    /// <summary>A place of one socket.</summary>
    internal sealed class Place(Sockets sockets, string address) : IDisposable
    {
        public void Dispose() => sockets.GiveBack(address);
    }
}
