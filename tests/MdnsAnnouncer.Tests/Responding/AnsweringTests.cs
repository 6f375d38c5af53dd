using System.Net;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;
using MdnsAnnouncer.Tests.Support;

namespace MdnsAnnouncer.Tests.Responding;

/// <summary>Questions are answered as RFC 6762 sections 5 to 7 say, and never more often.</summary>
public sealed class AnsweringTests
{
    private readonly Scene _scene = new Scene().Settle();

    [Fact]
    public void Asked_ForTheType_AnswersWithAllThatIsNeeded()
    {
        _scene.Ask(_scene.Zone.Type, RecordType.Ptr);
        Assert.Empty(_scene.Link.Take()); // others may answer too
        TimeSpan asked = _scene.Now;
        _scene.Advance(TimeSpan.FromSeconds(1));

        Sent sent = Assert.Single(_scene.Link.Take());
        Assert.InRange((sent.Time - asked).TotalMilliseconds, 20, 120);
        Assert.Null(sent.To);
        Assert.Equal((ushort)0, sent.Message.Id);
        Assert.Empty(sent.Message.Questions);
        Assert.True(Assert.Single(sent.Message.Answers).SaysTheSameAs(_scene.Record(RecordType.Ptr, _scene.Zone.Type)));
        Assert.Equal(
            [RecordType.Srv, RecordType.Txt, RecordType.Aaaa, RecordType.Nsec], sent.Message.Additionals.Select(record => record.Type));
    }

    [Fact]
    public void Asked_ForAllTypesOfServices_NamesOurs()
    {
        _scene.Ask(_scene.Zone.Types, RecordType.Ptr);
        _scene.Advance(TimeSpan.FromSeconds(1));

        Assert.True(DnsName.AreEqual(Assert.Single(_scene.Link.TakeOne().Answers).Data.Span, _scene.Zone.Type.Wire));
    }

    [Fact]
    public void Asked_ForWhatIsOursAlone_AnswersAtOnce()
    {
        _scene.Ask(DnsName.Of("MANDOS", "_Mandos", "_TCP", "Local"), RecordType.Srv);

        DnsMessage answer = _scene.Link.TakeOne();
        Assert.Equal([RecordType.Srv], answer.Answers.Select(record => record.Type));
        Assert.Equal([RecordType.Aaaa, RecordType.Nsec], answer.Additionals.Select(record => record.Type));
    }

    [Fact]
    public void Asked_ForEverything_AnswersAllOfTheName()
    {
        _scene.Ask(_scene.Zone.Instance, RecordType.Any);

        Assert.Equal([RecordType.Srv, RecordType.Txt], _scene.Link.TakeOne().Answers.Select(record => record.Type));
    }

    [Theory]
    [InlineData(true, (int)RecordType.A, (int)RecordType.Aaaa)]
    [InlineData(false, (int)RecordType.Aaaa, (int)RecordType.Txt, (int)RecordType.Srv)]
    public void Asked_ForTypeThatANameOfOursLacks_SaysWhichItHas(bool isHost, int type, params int[] has)
    {
        DnsName name = isHost ? _scene.Zone.Host : _scene.Zone.Instance;
        _scene.Ask(name, (RecordType)type);

        DnsRecord answer = Assert.Single(_scene.Link.TakeOne().Answers);
        Assert.Equal(RecordType.Nsec, answer.Type);
        byte[] map = answer.Data.Span[name.Wire.Length..].ToArray();
        Assert.Equal((0, map.Length - 2), (map[0], map[1]));
        Assert.Equal(has, Enumerable.Range(0, map[1] * 8).Where(bit => (map[2 + (bit / 8)] & (0x80 >> (bit % 8))) != 0));
    }

    [Fact]
    public void Asked_ForOtherNamesOrTypes_IsSilent()
    {
        _scene.Ask(DnsName.Of("other", "local"), RecordType.Any);
        _scene.Ask(_scene.Zone.Type, RecordType.Srv); // others may have one
        _scene.Advance(TimeSpan.FromSeconds(2));

        Assert.Empty(_scene.Link.Take());
    }

    [Fact]
    public void AskedTwice_WithinASecond_AnswersOnceASecond()
    {
        _scene.Ask(_scene.Zone.Instance, RecordType.Txt);
        TimeSpan first = Assert.Single(_scene.Link.Take()).Time;
        for (int i = 0; i < 300; i++)
        {
            _scene.Ask(_scene.Zone.Instance, RecordType.Txt);
            _scene.Advance(TimeSpan.FromMilliseconds(10));
        }

        TimeSpan[] times = [first, .. _scene.Link.Take().Select(sent => sent.Time)];
        Assert.Equal(4, times.Length); // and who came within the second is answered after it
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Asked_JustAfterAnnouncement_IsAnsweredAfterASecond()
    {
        var scene = new Scene();
        scene.Advance(TimeSpan.FromSeconds(1.2)); // the first announcement was sent
        scene.Link.Take();
        TimeSpan announced = scene.Now;
        scene.Ask(scene.Zone.Instance, RecordType.Srv);

        scene.Advance(TimeSpan.FromSeconds(1.5));

        Assert.Contains(scene.Link.Take(), sent => sent.Message.Answers.Any(record => record.Type == RecordType.Srv) && sent.Time > announced);
    }

    [Theory]
    [InlineData(4500, false)]
    [InlineData(2250, false)]
    [InlineData(2249, true)]
    public void Asked_ByOneWhoKnows_IsAnsweredOnlyIfItsTimeIsHalfOver(uint ttl, bool isAnswered)
    {
        _scene.Ask(_scene.Zone.Type, RecordType.Ptr, _scene.Record(RecordType.Ptr, _scene.Zone.Type) with { Ttl = ttl });
        _scene.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(isAnswered, _scene.Link.Take().Count > 0);
    }

    [Fact]
    public void Asked_ByOneWhoKnowsAnother_IsAnswered()
    {
        var other = new Zone(_scene.Announcement.Names.WithNextInstance(), "_mandos._tcp", 1, []);
        _scene.Ask(_scene.Zone.Type, RecordType.Ptr, other.Records[1]);
        _scene.Advance(TimeSpan.FromSeconds(1));

        Assert.Single(_scene.Link.Take());
    }

    [Fact]
    public void Asked_MoreFollows_WaitsForWhatIsKnown()
    {
        AskTruncated(Scene.Neighbour);
        TimeSpan asked = _scene.Now;
        _scene.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange((Assert.Single(_scene.Link.Take()).Time - asked).TotalMilliseconds, 400, 500);

        AskTruncated(Scene.Neighbour);
        _scene.Advance(TimeSpan.FromMilliseconds(300));
        _scene.Receive(new DnsMessage { Answers = [_scene.Record(RecordType.Ptr, _scene.Zone.Type)] });
        _scene.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_scene.Link.Take());
    }

    [Fact]
    public void Asked_MoreFollowsFromAnother_IsAnswered()
    {
        AskTruncated(Scene.Neighbour);
        _scene.Receive(
            new DnsMessage { Answers = [_scene.Record(RecordType.Ptr, _scene.Zone.Type)] }, new IPEndPoint(IPAddress.Parse("fe80::98"), MulticastDns.Port));
        _scene.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(_scene.Link.Take());

        // Two ask, and one of them knows.
        AskTruncated(Scene.Neighbour);
        AskTruncated(new IPEndPoint(IPAddress.Parse("fe80::98"), MulticastDns.Port));
        _scene.Receive(new DnsMessage { Answers = [_scene.Record(RecordType.Ptr, _scene.Zone.Type)] });
        _scene.Advance(TimeSpan.FromSeconds(2));
        Assert.Single(_scene.Link.Take());
    }

    [Fact]
    public void AskedForUnicast_SentToAllLately_IsAnsweredToOne()
    {
        _scene.Receive(Unicast(RecordType.Srv));
        Sent sent = Assert.Single(_scene.Link.Take());
        Assert.Equal(Scene.Neighbour, sent.To);
        Assert.True(sent.Message.Answers[0].IsUnique);
        Assert.Empty(sent.Message.Questions);

        // A quarter of its time to live later, all get it.
        _scene.Advance(TimeSpan.FromSeconds(31));
        _scene.Receive(Unicast(RecordType.Srv));
        Assert.Null(Assert.Single(_scene.Link.Take()).To);
    }

    [Fact]
    public void AskedForUnicast_FromOutsideTheLink_IsAnsweredToAll()
    {
        _scene.Receive(Unicast(RecordType.Srv), Scene.Stranger);

        Assert.Null(Assert.Single(_scene.Link.Take()).To);
    }

    [Fact]
    public void Asked_FromAnotherPort_IsAnsweredAsByOrdinaryDns()
    {
        _scene.Receive(
            new DnsMessage { Id = 4242, Questions = [new(_scene.Zone.Type, RecordType.Ptr)] }, Scene.LegacyNeighbour);

        Sent sent = Assert.Single(_scene.Link.Take());
        Assert.Equal(Scene.LegacyNeighbour, sent.To);
        Assert.Equal(4242, sent.Message.Id);
        Assert.Equal([new(_scene.Zone.Type, RecordType.Ptr)], sent.Message.Questions);
        Assert.All(sent.Message.Answers.Concat(sent.Message.Additionals), record => Assert.True(record is { Ttl: <= 10, IsUnique: false }));
        Assert.Contains(sent.Message.Additionals, record => record.Type == RecordType.Aaaa);
    }

    [Fact]
    public void Asked_FromAnotherPortForSeveralThings_IsIgnored()
    {
        _scene.Receive(
            new DnsMessage { Id = 1, Questions = [new(_scene.Zone.Type, RecordType.Ptr), new(_scene.Zone.Host, RecordType.Aaaa)] },
            Scene.LegacyNeighbour);
        _scene.Advance(TimeSpan.FromSeconds(2));

        Assert.Empty(_scene.Link.Take());
    }

    [Fact]
    public void Asked_FromAnotherPortOutsideTheLink_IsIgnored()
    {
        _scene.Receive(
            new DnsMessage { Id = 4242, Questions = [new(_scene.Zone.Type, RecordType.Ptr)] }, new IPEndPoint(Scene.Stranger.Address, 40000));
        _scene.Advance(TimeSpan.FromSeconds(2));

        Assert.Empty(_scene.Link.Take());
    }

    [Fact]
    public void Asked_FromAnotherPortVeryOften_IsAnsweredSomeTimes()
    {
        for (int i = 0; i < 1000; i++)
        {
            _scene.Receive(
                new DnsMessage { Id = 1, Questions = [new(_scene.Zone.Type, RecordType.Ptr)] },
                new IPEndPoint(Scene.Neighbour.Address, 40000 + i));
        }

        Assert.Equal(MulticastDns.UnicastAnswersPerSecond, _scene.Link.Take().Count);
        _scene.Advance(TimeSpan.FromSeconds(1));
        _scene.Receive(new DnsMessage { Id = 1, Questions = [new(_scene.Zone.Type, RecordType.Ptr)] }, Scene.LegacyNeighbour);
        Assert.Single(_scene.Link.Take());
    }

    [Fact]
    public void Heard_RecordOfOursEndsEarly_IsSentAgain()
    {
        _scene.Receive(ProbingTests.Response(_scene.Record(RecordType.Ptr, _scene.Zone.Type) with { Ttl = 0 }));
        _scene.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(4500u, Assert.Single(_scene.Link.TakeOne().Answers).Ttl);

        _scene.Receive(ProbingTests.Response(_scene.Record(RecordType.Srv) with { Ttl = 59 }));
        _scene.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(120u, Assert.Single(_scene.Link.TakeOne().Answers).Ttl);

        _scene.Receive(ProbingTests.Response(_scene.Record(RecordType.Srv) with { Ttl = 60 }));
        _scene.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(_scene.Link.Take());
    }

    [Fact]
    public void Heard_RecordOfOursEndsEarlyVeryOften_IsSentOnceASecond()
    {
        for (int i = 0; i < 1000; i++)
        {
            _scene.Receive(ProbingTests.Response(_scene.Record(RecordType.Srv) with { Ttl = 0 }));
            _scene.Advance(TimeSpan.FromMilliseconds(10));
        }

        Assert.InRange(_scene.Link.Take().Count, 10, 11);
    }

    private void AskTruncated(IPEndPoint from)
    {
        byte[] message = MessageWriter.Write(new DnsMessage { Questions = [new(_scene.Zone.Type, RecordType.Ptr)] });
        message[2] |= 2; // TC
        _scene.Announcement.Receive(1, message, from, _scene.Now);
        _scene.Advance(TimeSpan.Zero);
    }

    private DnsMessage Unicast(RecordType type) => new() { Questions = [new(_scene.Zone.Instance, type, WantsUnicast: true)] };
}
