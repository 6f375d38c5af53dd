using System.Net;
using Mandos.Abstractions.Announcing;
using Mandos.MdnsAnnouncer.Messages;

namespace Mandos.MdnsAnnouncer.Responding;

/// <summary>The service on all links: under one name, which it gives up for the next one where it is taken.</summary>
/// <param name="service">What to announce.</param>
/// <param name="names">The names to begin with.</param>
/// <param name="events">Is told what happens.</param>
/// <param name="random">For pauses.</param>
internal sealed class Announcement(ServiceDescription service, ServiceNames names, IAnnouncementEvents events, Random random)
{
    /// <summary>For so long a message of ours with an address that is gone may still come back to us.</summary>
    private static readonly TimeSpan _addressMemory = TimeSpan.FromSeconds(10);

    private const int MaxFormerAddresses = 64;

    private readonly Dictionary<int, (LinkResponder Responder, LinkAddresses Addresses)> _links = [];
    private readonly Queue<TimeSpan> _conflicts = [];
    private readonly Queue<(IPAddress Address, TimeSpan Gone)> _formerAddresses = [];
    private string? _told;

    /// <summary>The names in force.</summary>
    public ServiceNames Names { get; private set; } = names;

    /// <summary>The links, by the index of their interface.</summary>
    public IReadOnlyCollection<int> Links => _links.Keys;

    /// <summary>When <see cref="Run"/> has something to do; null if only when asked.</summary>
    public TimeSpan? Next => _links.Values.Min(static link => link.Responder.Next);

    /// <summary>Adds a link.</summary>
    /// <exception cref="ArgumentException">The name of the service is too long, or empty.</exception>
    public void Add(int index, ILink link, LinkAddresses addresses, TimeSpan now)
        => _links[index] = (new LinkResponder(link, this, ZoneOf(addresses), addresses, random, now), addresses);

    /// <summary>Takes up the addresses of a link.</summary>
    public void Update(int index, LinkAddresses addresses, TimeSpan now)
    {
        (LinkResponder responder, LinkAddresses old) = _links[index];
        if (!old.Equals(addresses))
        {
            _links[index] = (responder, addresses);
            Remember(old.Announced, now);
            responder.Update(ZoneOf(addresses), addresses, now);
        }
    }

    /// <summary>Takes a link away, and withdraws the service there, as far as it still carries messages.</summary>
    public void Remove(int index, TimeSpan now)
    {
        if (_links.Remove(index, out var link))
        {
            Remember(link.Addresses.Announced, now);
            link.Responder.Withdraw();
        }
    }

    /// <summary>Takes a message from a link; any bytes.</summary>
    public void Receive(int index, ReadOnlySpan<byte> data, IPEndPoint source, TimeSpan now)
    {
        Forget(now);
        if (_links.TryGetValue(index, out var link))
        {
            link.Responder.Receive(data, source, now);
        }
    }

    /// <summary>Sends what is due.</summary>
    public void Run(TimeSpan now)
    {
        Forget(now);
        foreach ((LinkResponder responder, _) in _links.Values)
        {
            responder.Run(now);
        }
    }

    /// <summary>Withdraws all.</summary>
    public void Withdraw()
    {
        foreach ((LinkResponder responder, _) in _links.Values)
        {
            responder.Withdraw();
        }
    }

    /// <summary>Whether a record is ours on one of the links, which may be connected, or was lately.</summary>
    public bool IsOurs(DnsRecord record)
        => _links.Values.Any(link => link.Responder.Zone.Records.Any(record.SaysTheSameAs))
            || _formerAddresses.Any(former => Zone.TypeOf(former.Address) == record.Type
                && record.Data.Span.SequenceEqual(former.Address.GetAddressBytes()));

    /// <summary>A link announces the service.</summary>
    public void OnAnnounced()
    {
        if (_told != Names.Instance)
        {
            _told = Names.Instance;
            events.OnAnnounced(Names.Instance);
        }
    }

    /// <summary>Somebody else has one of our names.</summary>
    public void OnTaken(DnsName name, TimeSpan now)
    {
        ServiceNames old = Names;
        bool isHost = name.Equals(_links.Values.First().Responder.Zone.Host);
        Names = isHost ? Names.WithNextHost() : Names.WithNextInstance();
        events.OnTaken(isHost ? old.Host : old.Instance, isHost ? Names.Host : Names.Instance);
        TimeSpan pause = CountConflict(now);
        foreach ((LinkResponder responder, LinkAddresses addresses) in _links.Values)
        {
            responder.Rename(ZoneOf(addresses), now, pause);
        }
    }

    /// <summary>Counts a conflict.</summary>
    /// <returns>How long to wait before the next attempt.</returns>
    public TimeSpan CountConflict(TimeSpan now)
    {
        _conflicts.Enqueue(now);
        while (_conflicts.Count > MulticastDns.ManyConflicts)
        {
            _conflicts.Dequeue();
        }

        return _conflicts.Count == MulticastDns.ManyConflicts && now - _conflicts.Peek() <= MulticastDns.ConflictWindow
            ? MulticastDns.ConflictPause
            : TimeSpan.Zero;
    }

    private Zone ZoneOf(LinkAddresses addresses) => new(Names, service.Type, service.Port, addresses.Announced);

    private void Remember(IReadOnlyList<IPAddress> addresses, TimeSpan now)
    {
        foreach (IPAddress address in addresses)
        {
            _formerAddresses.Enqueue((address, now));
        }

        Forget(now);
    }

    private void Forget(TimeSpan now)
    {
        while (_formerAddresses.TryPeek(out var oldest) && (now - oldest.Gone > _addressMemory || _formerAddresses.Count > MaxFormerAddresses))
        {
            _formerAddresses.Dequeue();
        }
    }
}
