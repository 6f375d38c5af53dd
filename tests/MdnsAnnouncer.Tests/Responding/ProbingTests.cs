using System.Net;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;
using MdnsAnnouncer.Tests.Support;

namespace MdnsAnnouncer.Tests.Responding;

/// <summary>Names are made sure of before they are used, and given up where somebody else has them (RFC 6762 sections 8 and 9).</summary>
public sealed class ProbingTests
{
    [Fact]
    public void Start_FreeNames_ProbesThreeTimesThenAnnouncesThrice()
    {
        var scene = new Scene();
        TimeSpan start = scene.Now;
        scene.Advance(TimeSpan.FromSeconds(20));

        IReadOnlyList<Sent> sent = scene.Link.Take();
        Assert.Equal(MulticastDns.Probes + MulticastDns.Announcements, sent.Count);
        Assert.All(sent, one => Assert.Null(one.To));
        Assert.InRange(sent[0].Time - start, TimeSpan.Zero, TimeSpan.FromMilliseconds(250));
        Assert.Equal(
            [250, 250, 250, 1000, 2000],
            sent.Zip(sent.Skip(1)).Select(pair => (pair.Second.Time - pair.First.Time).TotalMilliseconds));
        foreach (Sent probe in sent.Take(MulticastDns.Probes))
        {
            Assert.False(probe.Message.IsResponse);
            Assert.Equal([new(scene.Zone.Instance, RecordType.Any), new(scene.Zone.Host, RecordType.Any)], probe.Message.Questions);
            Assert.Equal([RecordType.Srv, RecordType.Txt, RecordType.Aaaa], probe.Message.Authorities.Select(record => record.Type));
            Assert.All(probe.Message.Authorities, record => Assert.False(record.IsUnique));
        }

        foreach (Sent announcement in sent.Skip(MulticastDns.Probes))
        {
            Assert.True(announcement.Message.IsResponse);
            Assert.Equal(
                [(RecordType.Ptr, false), (RecordType.Ptr, false), (RecordType.Srv, true), (RecordType.Txt, true), (RecordType.Aaaa, true)],
                announcement.Message.Answers.Select(record => (record.Type, record.IsUnique)));
        }

        Assert.Equal(["Mandos"], scene.Announced);
    }

    [Fact]
    public void Announcement_Records_HaveTheirTimesToLive()
    {
        Scene scene = new Scene().Settle();

        Assert.All(scene.Zone.Records, record => Assert.Equal(
            record.Type is RecordType.Ptr or RecordType.Txt ? 4500u : 120u, record.Ttl));
    }

    [Fact]
    public void Probing_Asked_DoesNotAnswer()
    {
        var scene = new Scene();
        scene.Ask(scene.Zone.Instance, RecordType.Srv);
        scene.Advance(TimeSpan.FromMilliseconds(500));

        Assert.All(scene.Link.Take(), sent => Assert.False(sent.Message.IsResponse));
    }

    [Fact]
    public void Probing_InstanceIsTaken_TakesNextName()
    {
        var scene = new Scene();
        scene.Advance(TimeSpan.FromMilliseconds(300));
        scene.Receive(OthersInstance(scene));

        scene.Settle();

        Assert.Equal(["Mandos"], scene.Taken);
        Assert.Equal(["Mandos #2"], scene.Announced);
        Assert.Equal("server-mandos", scene.Announcement.Names.Host);
    }

    [Fact]
    public void Probing_HostIsTaken_TakesNextHost()
    {
        var scene = new Scene();
        scene.Advance(TimeSpan.FromMilliseconds(300));
        scene.Receive(Response(Address(scene.Zone.Host, "fe80::77")));

        scene.Settle();

        Assert.Equal(["Mandos"], scene.Announced);
        Assert.Equal("server-mandos-2", scene.Announcement.Names.Host);
    }

    [Fact]
    public void Probing_NameIsBeingWithdrawn_IsNotTaken()
    {
        var scene = new Scene();
        scene.Receive(Response(OthersInstance(scene).Answers[0] with { Ttl = 0 }));

        Assert.Empty(scene.Settle().Taken);
    }

    [Fact]
    public void Probing_AnswerFromAnotherPort_DoesNotCount()
    {
        var scene = new Scene();
        scene.Receive(OthersInstance(scene), Scene.LegacyNeighbour);

        Assert.Empty(scene.Settle().Taken);
    }

    [Theory]
    [InlineData(Scene.Port + 1, true)]
    [InlineData(Scene.Port - 1, false)]
    [InlineData(Scene.Port, false)]
    public void Probing_AnotherProbesTheSameName_LaterRecordsWin(int port, bool givesWay)
    {
        var scene = new Scene();
        scene.Advance(TimeSpan.FromMilliseconds(300));
        scene.Link.Take();
        TimeSpan start = scene.Now;
        Zone theirs = new(scene.Announcement.Names, "_mandos._tcp", port, [IPAddress.Parse("fe80::1")]);
        scene.Receive(new DnsMessage
        {
            Questions = [new(theirs.Instance, RecordType.Any)],
            Authorities = [.. theirs.Records.Where(record => record.Type is RecordType.Srv or RecordType.Txt)],
        });

        scene.Advance(TimeSpan.FromSeconds(1));

        IReadOnlyList<Sent> sent = scene.Link.Take();
        Assert.Equal(givesWay, sent.All(one => one.Time - start >= TimeSpan.FromSeconds(1)));
        Assert.Equal(["Mandos"], scene.Settle().Announced); // the same name: whoever wins answers the next probe
        Assert.Empty(scene.Taken);
    }

    [Fact]
    public void Probing_AnotherProbesTheSameNameForEver_TakesNextName()
    {
        var scene = new Scene();
        Zone theirs = new(scene.Announcement.Names, "_mandos._tcp", Scene.Port + 1, []);
        for (int i = 0; i < 100; i++)
        {
            scene.Advance(TimeSpan.FromMilliseconds(200));
            scene.Receive(new DnsMessage
            {
                Questions = [new(theirs.Instance, RecordType.Any)],
                Authorities = [.. theirs.Records.Where(record => record.Type == RecordType.Srv)],
            });
        }

        Assert.Equal(["Mandos #2"], scene.Announced);
    }

    [Theory]
    [InlineData("a", "b", -1)]
    [InlineData("b", "a", 1)]
    [InlineData("a", "a", 0)]
    [InlineData("a", "ab", -1)]
    [InlineData("é", "z", 1)] // bytes have no sign
    public void Compare_DataOfOneType_IsByBytes(string first, string second, int order)
        => Assert.Equal(order, Math.Sign(ProbeOrder.Compare([Text(first)], [Text(second)])));

    [Fact]
    public void Compare_TypesAndNumbers_CountToo()
    {
        DnsRecord address = new(DnsName.Of("x"), RecordType.A, (byte[])[255], 1, false);
        Assert.True(ProbeOrder.Compare([address], [Text("a")]) < 0); // 1 is before 16
        Assert.True(ProbeOrder.Compare([Text("a"), address], [address]) > 0); // whatever their order is, and the longer list wins
        Assert.True(ProbeOrder.Compare([], [address]) < 0);
    }

    [Fact]
    public void Probing_LinkCarriesNothing_IsNotAnnounced()
    {
        var scene = new Scene();
        scene.Link.IsDown = true;
        scene.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(scene.Announced);

        scene.Link.IsDown = false;
        scene.Settle();

        Assert.Equal(["Mandos"], scene.Announced);
    }

    [Fact]
    public void Probing_ProbesCannotBeSent_AreMadeAgain()
    {
        var scene = new Scene();
        scene.Link.IsDown = true;
        scene.Advance(scene.Announcement.Next!.Value - scene.Now + TimeSpan.FromMilliseconds(600)); // when all three would have been sent
        scene.Link.IsDown = false;

        scene.Advance(TimeSpan.FromSeconds(20));

        IReadOnlyList<Sent> sent = scene.Link.Take();
        Assert.Equal(MulticastDns.Probes, sent.TakeWhile(one => !one.Message.IsResponse).Count());
        Assert.Equal(MulticastDns.Probes + MulticastDns.Announcements, sent.Count);
    }

    [Fact]
    public void Announced_AnotherHasDifferentRecord_ProbesAgainUnderSameName()
    {
        Scene scene = new Scene().Settle();
        scene.Receive(OthersInstance(scene));

        scene.Advance(TimeSpan.FromMilliseconds(300));

        Assert.All(scene.Link.Take(), sent => Assert.False(sent.Message.IsResponse));
        scene.Settle();
        Assert.Empty(scene.Taken);
    }

    [Fact]
    public void Announced_AnotherHasDifferentRecordAndDefendsIt_TakesNextName()
    {
        Scene scene = new Scene().Settle();
        scene.Receive(OthersInstance(scene));
        scene.Advance(TimeSpan.FromMilliseconds(300));
        scene.Receive(OthersInstance(scene));

        scene.Settle();

        Assert.Equal(["Mandos", "Mandos #2"], scene.Announced);
    }

    [Fact]
    public void Announced_AnotherProbes_IsAnsweredAtOnce()
    {
        Scene scene = new Scene().Settle();
        scene.Receive(Probe(scene));

        Assert.Contains(scene.Link.TakeOne().Answers, record => record.Type == RecordType.Srv);

        // Again within a second, but not within 250 ms (section 6)
        scene.Advance(TimeSpan.FromMilliseconds(100));
        scene.Receive(Probe(scene));
        Assert.Empty(scene.Link.Take());
        scene.Advance(TimeSpan.FromMilliseconds(150));
        Assert.Contains(scene.Link.TakeOne().Answers, record => record.Type == RecordType.Srv);
    }

    [Fact]
    public void Conflicts_Many_AreSlowedDown()
    {
        var scene = new Scene();
        for (int i = 0; i < MulticastDns.ManyConflicts; i++)
        {
            scene.Advance(TimeSpan.FromMilliseconds(300));
            scene.Receive(OthersInstance(scene));
        }

        scene.Link.Take();
        scene.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Empty(scene.Link.Take());

        scene.Settle();
        Assert.Equal(["Mandos #16"], scene.Announced);
    }

    [Fact]
    public void OtherLinks_OneIsTaken_AllTakeTheNextName()
    {
        Scene scene = new Scene(links: [1, 2]).Settle();
        scene.Add(3, "fe80::3");
        scene.Advance(TimeSpan.FromMilliseconds(300));
        scene.Receive(OthersInstance(scene), link: 3);
        DnsRecord[] withdrawn = [.. scene[2].Take().SelectMany(sent => sent.Message.Answers)];

        scene.Settle();

        Assert.Equal(["Mandos", "Mandos #2"], scene.Announced);
        Assert.All(withdrawn, record => Assert.Equal(0u, record.Ttl));
        Assert.NotEmpty(withdrawn);
        scene.Ask(scene.Zone.Type, RecordType.Ptr);
        scene.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains(scene.Link.Take().SelectMany(sent => sent.Message.Answers), record => record.SaysTheSameAs(scene.Record(RecordType.Ptr, scene.Zone.Type)));
    }

    // Two interfaces in one network hear one another.
    [Fact]
    public void OtherLinks_InTheSameNetwork_AreNoConflict()
    {
        var scene = new Scene(links: [1, 2]);
        Zone second = scene.ZoneWith("fe80::2");
        for (int i = 0; i < 4; i++)
        {
            scene.Advance(TimeSpan.FromMilliseconds(250));
            scene.Receive(Response([.. second.Records]));
            scene.Receive(new DnsMessage { Questions = [new(second.Host, RecordType.Any)], Authorities = [.. second.Records] });
        }

        scene.Settle();

        Assert.Equal(["Mandos"], scene.Announced);
        Assert.Empty(scene.Taken);
    }

    internal static DnsMessage Response(params DnsRecord[] records) => new() { IsResponse = true, Answers = records };

    internal static DnsRecord Address(DnsName name, string address)
        => new(name, RecordType.Aaaa, IPAddress.Parse(address).GetAddressBytes(), 120, IsUnique: true);

    /// <summary>What another says who has the name of our instance.</summary>
    internal static DnsMessage OthersInstance(Scene scene)
        => Response(scene.Record(RecordType.Srv) with { Data = (byte[])[0, 0, 0, 0, 0, 1, .. DnsName.Of("other", "local").Wire] });

    private static DnsMessage Probe(Scene scene) => new()
    {
        Questions = [new(scene.Zone.Instance, RecordType.Any)],
        Authorities = [OthersInstance(scene).Answers[0]],
    };

    private static DnsRecord Text(string text) => new(DnsName.Of("x"), RecordType.Txt, System.Text.Encoding.UTF8.GetBytes(text), 1, false);
}
