using System.Net;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Approval;

/// <summary>Keys that asked and belong to no client: what answers “which machine is this?”. Used on the engine loop alone, but for <see cref="Count"/>.</summary>
/// <remarks>
/// Anybody can make keys and ask with them. So there is room for some of one network (all link-local addresses are in one), and a new one takes the place of
/// one from the same network; where there is no room for all networks, of one from that with the most. There a key gives way of the address with
/// the most, the one that asked least often: a machine at boot asks again and again.
/// </remarks>
/// <param name="clock">The clock.</param>
internal sealed class UnknownKeys(EngineClock clock)
{
    /// <summary>Keys that are kept: more than a person looks through; some 500 bytes each.</summary>
    internal const int MaxKeys = 256;

    /// <summary>Keys of one network: some shelves of new machines, and a quarter of the room.</summary>
    internal const int MaxOfNetwork = MaxKeys / 4;

    private readonly Dictionary<string, Entry> _keys = new(StringComparer.Ordinal);
    private readonly Dictionary<IPAddress, int> _networks = [];

    /// <summary>How many keys are kept; may be read on any thread.</summary>
    public int Count => _keys.Count;

    /// <summary>Notes that a key has asked.</summary>
    /// <param name="keyId">Its key ID or fingerprint.</param>
    /// <param name="address">Where it asked from.</param>
    public void Note(string keyId, IPAddress address)
    {
        DateTimeOffset now = clock.UtcNow;
        if (!_keys.TryGetValue(keyId, out Entry? entry))
        {
            IPAddress network = StrangerLimit.NetworkOf(address);
            MakeRoom(network);
            _keys.Add(keyId, entry = new Entry(keyId, network, now));
            _networks[network] = _networks.GetValueOrDefault(network) + 1;
        }

        (entry.Address, entry.Last) = (address, now);
        entry.Count++;
    }

    /// <summary>All of them, those that asked last first.</summary>
    /// <param name="isKnown">Whether a key belongs to a client by now: then it is kept no longer.</param>
    public IReadOnlyList<UnknownKey> List(Predicate<string> isKnown)
    {
        foreach (Entry entry in _keys.Values.Where(entry => isKnown(entry.KeyId)).ToArray())
        {
            Remove(entry);
        }

        return
        [
            .. _keys.Values.OrderByDescending(static entry => entry.Last).ThenBy(static entry => entry.KeyId, StringComparer.Ordinal)
                .Select(static entry => new UnknownKey
                {
                    KeyId = entry.KeyId,
                    Address = entry.Address,
                    Count = entry.Count,
                    First = entry.First,
                    Last = entry.Last,
                }),
        ];
    }

    private void MakeRoom(IPAddress network)
    {
        bool isOwnFull = _networks.GetValueOrDefault(network) >= MaxOfNetwork;
        if (!isOwnFull && _keys.Count < MaxKeys)
        {
            return;
        }

        IPAddress yielding = isOwnFull ? network : _networks.MaxBy(static one => one.Value).Key;
        ILookup<IPAddress, Entry> byAddress = _keys.Values.Where(entry => entry.Network.Equals(yielding)).ToLookup(static entry => entry.Address);
        int most = byAddress.Max(static ofAddress => ofAddress.Count());
        Remove(byAddress.Where(ofAddress => ofAddress.Count() == most).SelectMany(static ofAddress => ofAddress)
            .MinBy(static entry => (entry.Count, entry.Last))!);
    }

    private void Remove(Entry entry)
    {
        _keys.Remove(entry.KeyId);
        if (--_networks[entry.Network] is 0)
        {
            _networks.Remove(entry.Network);
        }
    }

    private sealed class Entry(string keyId, IPAddress network, DateTimeOffset first)
    {
        public string KeyId => keyId;

        /// <summary>The network from which it asked first, which has the room that it takes.</summary>
        public IPAddress Network => network;

        public DateTimeOffset First => first;

        public DateTimeOffset Last { get; set; }

        public IPAddress Address { get; set; } = IPAddress.None;

        public long Count { get; set; }
    }
}
