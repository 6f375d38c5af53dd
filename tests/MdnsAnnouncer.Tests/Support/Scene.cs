using System.Net;
using Mandos.Abstractions.Announcing;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;

namespace MdnsAnnouncer.Tests.Support;

/// <summary>An announcement on links that only note what is sent, with a clock that the test sets.</summary>
internal sealed class Scene : IAnnouncementEvents
{
    public const int Port = 4711;

    public static readonly IPEndPoint Neighbour = new(IPAddress.Parse("fe80::99"), MulticastDns.Port);
    public static readonly IPEndPoint LegacyNeighbour = new(IPAddress.Parse("fe80::99"), 40000);
    public static readonly IPEndPoint Stranger = new(IPAddress.Parse("2001:db8:bad::1"), MulticastDns.Port);

    private readonly Dictionary<int, FakeLink> _links = [];

    public Scene(string name = "Mandos", int seed = 1, params int[] links)
    {
        Announcement = new Announcement(
            new ServiceDescription { Name = name, Port = Port }, ServiceNames.Of(name, "server"), this, new Random(seed));
        foreach (int link in links.Length == 0 ? [1] : links)
        {
            Add(link, $"fe80::{link}");
        }
    }

    public Announcement Announcement { get; }

    public TimeSpan Now { get; private set; } = TimeSpan.FromHours(1);

    /// <summary>The names that were announced, in order.</summary>
    public List<string> Announced { get; } = [];

    /// <summary>The names that were taken, in order.</summary>
    public List<string> Taken { get; } = [];

    /// <summary>What was sent on the first link since the last look.</summary>
    public FakeLink Link => _links[1];

    public FakeLink this[int index] => _links[index];

    /// <summary>The records as they are now on the first link.</summary>
    public Zone Zone => ZoneWith("fe80::1");

    public static LinkAddresses Addresses(params string[] addresses) => new(
        [.. addresses.Select(IPAddress.Parse)], [IPNetwork.Parse("fe80::/64"), IPNetwork.Parse("2001:db8:1::/64")]);

    public Zone ZoneWith(params string[] addresses)
        => new(Announcement.Names, "_mandos._tcp", Port, [.. addresses.Select(IPAddress.Parse)]);

    public void Add(int link, params string[] addresses)
    {
        _links[link] = new FakeLink(this);
        Announcement.Add(link, _links[link], Addresses(addresses), Now);
    }

    /// <summary>Lets time pass, with all that is due.</summary>
    public void Advance(TimeSpan time)
    {
        TimeSpan end = Now + time;
        while (Announcement.Next is { } next && next <= end)
        {
            Now = next < Now ? Now : next;
            Announcement.Run(Now);
        }

        Now = end;
    }

    /// <summary>Lets so much time pass that all is announced and quiet, and forgets what was sent.</summary>
    public Scene Settle()
    {
        Advance(TimeSpan.FromSeconds(20));
        foreach (FakeLink link in _links.Values)
        {
            link.Take();
        }

        return this;
    }

    /// <summary>Gives it a message, and lets it do what it does at once.</summary>
    public void Receive(DnsMessage message, IPEndPoint? source = null, int link = 1)
    {
        Announcement.Receive(link, MessageWriter.Write(message), source ?? Neighbour, Now);
        Advance(TimeSpan.Zero);
    }

    public void Ask(DnsName name, RecordType type, params DnsRecord[] known)
        => Receive(new DnsMessage { Questions = [new Question(name, type)], Answers = known });

    public DnsRecord Record(RecordType type, DnsName? name = null)
        => Zone.Records.First(record => record.Type == type && (name is null || record.Name.Equals(name)));

    void IAnnouncementEvents.OnAnnounced(string name) => Announced.Add(name);

    void IAnnouncementEvents.OnTaken(string taken, string next) => Taken.Add(taken);
}
