using System.Net;
using Mandos.MdnsAnnouncer.Messages;
using Mandos.MdnsAnnouncer.Responding;
using MdnsAnnouncer.Tests.Support;

namespace MdnsAnnouncer.Tests.Responding;

/// <summary>Addresses and links come and go, and nothing stale is said (RFC 6762 sections 8.4, 10.1 and 10.2).</summary>
public sealed class ChangeTests
{
    private readonly Scene _scene = new Scene().Settle();

    [Fact]
    public void Withdraw_Announced_SaysGoodbyeToAllButTheType()
    {
        _scene.Announcement.Withdraw();

        DnsMessage goodbye = _scene.Link.TakeOne();
        Assert.Equal([RecordType.Ptr, RecordType.Srv, RecordType.Txt, RecordType.Aaaa], goodbye.Answers.Select(record => record.Type));
        Assert.All(goodbye.Answers, record => Assert.Equal(0u, record.Ttl));
        Assert.DoesNotContain(goodbye.Answers, record => record.Name.Equals(_scene.Zone.Types)); // others may have it
    }

    [Fact]
    public void Withdraw_NotAnnounced_IsSilent()
    {
        var scene = new Scene();
        scene.Advance(TimeSpan.FromMilliseconds(400));
        scene.Link.Take();

        scene.Announcement.Withdraw();

        Assert.Empty(scene.Link.Take());
    }

    [Fact]
    public void Withdraw_WhileProbingAgain_SaysGoodbye()
    {
        _scene.Receive(ProbingTests.OthersInstance(_scene));
        Update("fe80::2");
        Assert.Equal("fe80::1", AddressOf(Assert.Single(_scene.Link.TakeOne().Answers)));

        _scene.Announcement.Withdraw();

        Assert.All(_scene.Link.TakeOne().Answers, record => Assert.Equal(0u, record.Ttl));
    }

    [Fact]
    public void Update_OtherAddress_WithdrawsTheOldAndAnnouncesTheNew()
    {
        Update("fe80::2");
        _scene.Advance(TimeSpan.Zero);

        IReadOnlyList<Sent> sent = _scene.Link.Take();
        Assert.Equal(2, sent.Count);
        DnsRecord gone = Assert.Single(sent[0].Message.Answers);
        Assert.Equal((0u, "fe80::1"), (gone.Ttl, AddressOf(gone)));
        Assert.Equal(["fe80::2"], Addresses(sent[1]));
        Assert.True(sent[1].Message.Answers.Single(record => record.Type == RecordType.Aaaa).IsUnique); // flushes what others keep

        _scene.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(MulticastDns.Announcements - 1, _scene.Link.Take().Count);
    }

    [Fact]
    public void Update_SameAddresses_IsSilent()
    {
        Update("fe80::1");
        _scene.Advance(TimeSpan.FromSeconds(5));

        Assert.Empty(_scene.Link.Take());
    }

    [Fact]
    public void Update_MessageWithOldAddressComesBack_IsNoConflict()
    {
        DnsRecord old = _scene.Record(RecordType.Aaaa);
        Update("fe80::2");
        _scene.Link.Take();

        _scene.Receive(ProbingTests.Response(old));
        _scene.Advance(TimeSpan.FromMilliseconds(300));

        Assert.All(_scene.Link.Take(), sent => Assert.True(sent.Message.IsResponse));

        // But not for ever: later it is somebody else's.
        _scene.Settle().Receive(ProbingTests.Response(old));
        _scene.Advance(TimeSpan.FromMilliseconds(300));
        Assert.Contains(_scene.Link.Take(), sent => !sent.Message.IsResponse);
    }

    [Fact]
    public void Update_AHundredTimes_NeverSaysWhatIsGone()
    {
        string current = "fe80::1";
        var random = new Random(4711);
        for (int i = 2; i < 102; i++)
        {
            current = $"fe80::{i:x}";
            Update(current);
            for (int step = 0; step < 10; step++)
            {
                _scene.Ask(_scene.Zone.Host, RecordType.Aaaa);
                _scene.Ask(_scene.Zone.Type, RecordType.Ptr);
                _scene.Advance(TimeSpan.FromMilliseconds(random.Next(100)));
                foreach (Sent sent in _scene.Link.Take())
                {
                    Assert.All(Addresses(sent), address => Assert.Equal(current, address));
                }
            }
        }

        _scene.Settle();
        _scene.Ask(_scene.Zone.Host, RecordType.Aaaa);
        Assert.Equal([current], Addresses(Assert.Single(_scene.Link.Take())));
        Assert.Empty(_scene.Taken);
        Assert.Equal(["Mandos"], _scene.Announced);
    }

    [Fact]
    public void Remove_Link_SaysGoodbyeThereAndAnswersNoMore()
    {
        Scene scene = new Scene(links: [1, 2]).Settle();
        scene.Announcement.Remove(2, scene.Now);
        Assert.All(Assert.Single(scene[2].Take()).Message.Answers, record => Assert.Equal(0u, record.Ttl));
        Assert.Empty(scene.Link.Take());

        scene.Receive(new DnsMessage { Questions = [new(scene.Zone.Instance, RecordType.Srv)] }, link: 2);
        scene.Receive(new DnsMessage { Questions = [new(scene.Zone.Instance, RecordType.Srv)] }, link: 1);

        Assert.Empty(scene[2].Take());
        Assert.Single(scene.Link.Take());
    }

    [Fact]
    public void Links_Each_HaveTheirOwnAddress()
    {
        Scene scene = new Scene(links: [1, 2]).Settle();
        scene.Receive(new DnsMessage { Questions = [new(scene.Zone.Host, RecordType.Aaaa)] }, link: 2);

        Assert.Equal(["fe80::2"], Addresses(Assert.Single(scene[2].Take())));
        Assert.Empty(scene.Link.Take());
    }

    [Theory]
    [InlineData("Mandos", "Mandos #2")]
    [InlineData("Mandos #2", "Mandos #3")]
    [InlineData("Mandos #9", "Mandos #10")]
    [InlineData("Mandos #1", "Mandos #1 #2")]
    [InlineData("Mandos #2147483647", "Mandos #2147483647 #2")]
    [InlineData("#2", "#2 #2")]
    [InlineData("A #x", "A #x #2")]
    public void WithNextInstance_IsAsAvahiDoesIt(string name, string next)
        => Assert.Equal(next, new ServiceNames(name, "h").WithNextInstance().Instance);

    [Fact]
    public void WithNextInstance_LongName_IsCutBetweenCharacters()
    {
        string name = string.Concat(Enumerable.Repeat("☃", 21)); // 63 bytes
        Assert.Equal(string.Concat(Enumerable.Repeat("☃", 20)) + " #2", new ServiceNames(name, "h").WithNextInstance().Instance);
    }

    [Theory]
    [InlineData("server", "server-mandos")]
    [InlineData("server.example.org", "server-mandos")]
    [InlineData("s_r v", "srv-mandos")]
    [InlineData("", "mandos")]
    [InlineData("---", "mandos")]
    public void Of_Machine_GivesHostOfItsOwn(string machine, string host) => Assert.Equal(host, ServiceNames.Of("Mandos", machine).Host);

    private static IEnumerable<string> Addresses(Sent sent) => sent.Message.Answers.Concat(sent.Message.Additionals)
        .Where(record => record is { Type: RecordType.Aaaa, Ttl: > 0 }).Select(AddressOf);

    private static string AddressOf(DnsRecord record) => new IPAddress(record.Data.Span).ToString();

    private void Update(params string[] addresses) => _scene.Announcement.Update(1, Scene.Addresses(addresses), _scene.Now);
}
