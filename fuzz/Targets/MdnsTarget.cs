using System.Net;
using Mandos.Abstractions.Announcing;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;

namespace Mandos.Fuzz.Targets;

/// <summary>A message of Multicast DNS: whatever it says, few messages follow, to nobody outside of the network, and the service is announced again.</summary>
/// <remarks>The first byte says when the message comes, and from where; it comes twice.</remarks>
internal static class MdnsTarget
{
    private const string Type = "_mandos._tcp";
    private const int Port = 4711;

    /// <summary>Messages of the announcer within <see cref="_time"/>: probes and announcements of two names, and an answer a second.</summary>
    private const int MostMessages = 40;

    private static readonly TimeSpan _time = TimeSpan.FromSeconds(20);

    private static readonly ServiceNames _names = ServiceNames.Of("Mandos", "server");
    private static readonly LinkAddresses _addresses = new([IPAddress.Parse("fe80::1")], [IPNetwork.Parse("fe80::/64")]);
    private static readonly Zone _zone = new(_names, Type, Port, _addresses.Announced);

    /// <summary>Names, pointers, and the beginnings of records.</summary>
    public static IReadOnlyList<byte[]> Words { get; } =
    [
        _zone.Instance.Wire.ToArray(), _zone.Host.Wire.ToArray(), _zone.Type.Wire.ToArray(), _zone.Types.Wire.ToArray(), [0xC0, 12], [0xC0, 0xFF],
        [0, 12, 0, 1], [0, 33, 0x80, 1], [0, 28, 0x80, 1], [0, 16, 0, 1], [0, 255, 0, 255], [0, 0, 0, 120], [0, 0, 0x11, 0x94], [0, 0], [0xFF, 0xFF],
    ];

    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        bool isProbing = (data[0] & 1) != 0, isStranger = (data[0] & 2) != 0, isOtherPort = (data[0] & 4) != 0;
        var source = new IPEndPoint(IPAddress.Parse(isStranger ? "2001:db8::1" : "fe80::99"), isOtherPort ? 40000 : MulticastDns.Port);
        var events = new Events();
        var announcement = new Announcement(new ServiceDescription { Name = "Mandos", Port = Port }, _names, events, new Random(1));
        var link = new Link();
        TimeSpan now = TimeSpan.Zero;
        announcement.Add(1, link, _addresses, now);
        Advance(announcement, ref now, TimeSpan.FromSeconds(isProbing ? 0.4 : 20));
        link.Messages = 0;

        announcement.Receive(1, data[1..], source, now);
        Advance(announcement, ref now, TimeSpan.FromSeconds(0.1));
        announcement.Receive(1, data[1..], source, now);
        Advance(announcement, ref now, _time);

        Expect.That(link.Messages <= MostMessages, $"{link.Messages} messages");
        Expect.That(link.To.TrueForAll(to => to.Equals(source) && !isStranger), "a message to somebody else");
        Expect.That(events.Announced > 0, "not announced any more");
        link.Messages = 0;
        announcement.Withdraw();
        Expect.That(link.Messages == 1, "not withdrawn");
    }

    public static IReadOnlyList<byte[]> Seeds()
    {
        Question type = new(_zone.Type, RecordType.Ptr), instance = new(_zone.Instance, RecordType.Any, WantsUnicast: true);
        DnsRecord others = _zone.Records.First(static record => record.Type == RecordType.Srv)
            with { Data = (byte[])[0, 0, 0, 0, 0xFF, 1, .. _zone.Host.Wire] };
        DnsMessage[] messages =
        [
            new() { Id = 7, Questions = [type] },
            new() { Questions = [type, instance, new(_zone.Host, RecordType.A)], Answers = [_zone.Records[1]] },
            new() { Questions = [instance], Authorities = [others] },
            new() { IsResponse = true, Answers = [others], Additionals = [.. _zone.Records] },
            new() { IsResponse = true, Answers = [.. _zone.Records.Select(static record => record with { Ttl = 0 })] },
            new() { Answers = [.. _zone.Records] },
        ];
        return
        [
            .. messages.Select(static message => MessageWriter.Write(message))
                .SelectMany(static message => Enumerable.Range(0, 8).Select(kind => (byte[])[(byte)kind, .. message])),
        ];
    }

    private static void Advance(Announcement announcement, ref TimeSpan now, TimeSpan time)
    {
        TimeSpan end = now + time;
        while (announcement.Next is { } next && next <= end)
        {
            Expect.That(next >= now - TimeSpan.FromMilliseconds(250), "something overdue is not done");
            now = next < now ? now : next;
            announcement.Run(now);
        }

        now = end;
    }

    private sealed class Events : IAnnouncementEvents
    {
        public int Announced { get; private set; }

        public void OnAnnounced(string name)
        {
            Expect.IsFitForTheLog(name, DnsName.MaxLabelLength);
            Announced++;
        }

        public void OnTaken(string taken, string next) => Expect.That(taken != next, "the same name again");
    }

    private sealed class Link : ILink
    {
        public int Messages { get; set; }

        public List<IPEndPoint> To { get; } = [];

        public bool Multicast(ReadOnlySpan<byte> message)
        {
            Messages++;
            Expect.That(message.Length <= 1400 && MessageReader.Read(message, _zone.Names) is not null, "a message that others cannot read");
            return true;
        }

        public void Send(ReadOnlySpan<byte> message, IPEndPoint to)
        {
            To.Add(to);
            Multicast(message);
        }
    }
}
