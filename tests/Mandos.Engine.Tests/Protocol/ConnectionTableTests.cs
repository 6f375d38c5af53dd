using Mandos.Engine.Auditing;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Protocol;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Protocol;

public sealed class ConnectionTableTests : IDisposable
{
    private const int Total = 5;
    private const int PerAddress = 3;
    private const int PerClient = 2;

    private readonly TestClock _time = new();
    private readonly TestLog _log = new();
    private readonly FakeAuditLog _audit = new();
    private readonly EngineServices _services;
    private readonly ConnectionTable _table;

    public ConnectionTableTests()
    {
        _services = new EngineServices(_time, _log, TimeSpan.MaxValue);
        _table = new ConnectionTable(
            _services, new ConnectionLimits(Total, PerAddress, PerClient), new AuditTrail(_services, _audit));
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Admit_AddressIsFull_ItsOldestUnauthenticatedGivesWay()
    {
        Connection other = Admit("192.0.2.9");
        Connection first = Admit("192.0.2.1");
        Connection second = Admit("192.0.2.1");
        Connection third = Admit("192.0.2.1");
        Authenticate(first);

        Connection fourth = Admit("192.0.2.1");

        Assert.Equal([second], Aborted(other, first, second, third, fourth));
        Assert.Equal(4, _table.All.Count);
    }

    [Fact]
    public void Admit_AddressIsFullOfAuthenticated_IsRefused()
    {
        for (int i = 0; i < PerAddress; i++)
        {
            Authenticate(Admit("192.0.2.1"), "client " + i);
        }

        var peer = new FakePeer("192.0.2.1");

        Assert.Null(_table.Admit(peer));
        Assert.True(peer.IsDisposed);
        Assert.True(_log.Has(LogLevel.Warning, "refused: 3 connections from its address and 3 in all"));
        AuditRecord record = Assert.Single(_audit.Records);
        Assert.Equal((peer.RemoteEndPoint, Outcome.TooManyConnections), (record.Peer, record.Outcome));
        Admit("192.0.2.2");
    }

    [Fact]
    public void Admit_AllIsFull_OldestOfTheAddressWithTheMostGivesWay()
    {
        Connection own = Admit("192.0.2.1");
        Connection[] most = [Admit("192.0.2.2"), Admit("192.0.2.2"), Admit("192.0.2.2")];
        Connection other = Admit("192.0.2.9");
        Authenticate(most[0]);

        Connection newest = Admit("192.0.2.1");

        Assert.Equal([most[1]], Aborted([own, other, newest, .. most]));
    }

    [Fact]
    public void Admit_AllIsFullOfOneEach_OldestUnauthenticatedGivesWay()
    {
        Connection[] all = [.. Enumerable.Range(1, Total).Select(i => Admit("192.0.2." + i))];
        Authenticate(all[0]);

        Connection newest = Admit("192.0.2.77");

        Assert.Equal([all[1]], Aborted([newest, .. all]));
        Assert.Equal(Total, _table.All.Count);
    }

    [Fact]
    public void Admit_AllIsFullOfOneSitesSubnets_OneOfThemGivesWay()
    {
        Connection other = Admit("2001:db8:2::1");
        Connection[] site = [.. Enumerable.Range(1, Total - 1).Select(i => Admit($"2001:db8:1:{i}::1"))];

        Connection newest = Admit("2001:db8:3::1");

        Assert.Equal([site[0]], Aborted([other, newest, .. site]));
    }

    [Fact]
    public void Admit_SubnetIsFull_ItsAddressWithTheMostGivesWay()
    {
        Connection first = Admit("2001:db8::1");
        Connection[] most = [Admit("2001:db8::2"), Admit("2001:db8::2")];

        Connection newest = Admit("2001:db8::3");
        Connection other = Admit("2001:db8:0:1::1");

        Assert.Equal([most[0]], Aborted([first, newest, other, .. most]));
    }

    [Fact]
    public void Admit_SubnetIsFullOfAuthenticated_IsRefused()
    {
        for (int i = 0; i < PerAddress; i++)
        {
            Authenticate(Admit("2001:db8::" + i));
        }

        Assert.Null(_table.Admit(new FakePeer("2001:db8::77")));
        Admit("2001:db8:0:1::1");
    }

    [Fact]
    public void Admit_LinkLocal_EachAddressCountsForItself()
    {
        for (int i = 0; i < PerAddress; i++)
        {
            Authenticate(Admit("fe80::1%2"));
        }

        Assert.Null(_table.Admit(new FakePeer("fe80::1%2")));
        Admit("fe80::2%2");
        Admit("fe80::1%3");
    }

    [Fact]
    public void Admit_AllAreAuthenticated_IsRefused()
    {
        for (int i = 0; i < Total; i++)
        {
            Authenticate(Admit("192.0.2." + i), "client " + i);
        }

        Assert.Null(_table.Admit(new FakePeer("192.0.2.77")));
        Assert.Equal(Total, _table.All.Count);
    }

    [Fact]
    public void Refused_AllIsFull_GivesWayBeforeAllOthers()
    {
        Connection oldest = Admit("192.0.2.9");
        Connection refused = Admit("192.0.2.1");
        Connection[] others = [Admit("192.0.2.2"), Admit("192.0.2.2"), Admit("192.0.2.3")];
        Authenticate(refused);
        _table.Refused(refused);

        Connection newest = Admit("192.0.2.7");

        Assert.Equal([refused], Aborted([oldest, refused, newest, .. others]));
    }

    [Fact]
    public void Refused_ConnectionIsGone_TakesNoPlace()
    {
        Connection connection = Admit("192.0.2.1");
        _table.Leave(connection);

        _table.Refused(connection);

        Assert.Equal(0, _services.Deadlines.Count);
        for (int i = 0; i < PerAddress; i++)
        {
            Assert.Empty(Aborted(Admit("192.0.2.1")));
        }
    }

    [Fact]
    public void Authenticated_ClientHasTooMany_NamesOneOfItsOwn()
    {
        Connection other = Admit("192.0.2.9");
        Authenticate(other, "b");
        Connection[] own = [Admit("192.0.2.1"), Admit("192.0.2.1"), Admit("192.0.2.2")];

        Assert.All(own[..PerClient], connection => Assert.Null(Authenticate(connection)));

        Assert.Equal(own[0], Authenticate(own[PerClient]));
    }

    [Fact]
    public void Leave_AllInAnyOrder_LeavesNothingBehind()
    {
        var random = new Random(1);
        for (int round = 0; round < 200; round++)
        {
            Connection[] all = [.. Enumerable.Range(0, Total).Select(_ => Admit($"2001:db8:{random.Next(2)}:{random.Next(2)}::{random.Next(3)}"))];
            random.Shuffle(all);
            foreach (Connection connection in all)
            {
                if (random.Next(2) == 0)
                {
                    Authenticate(connection);
                }

                _table.Leave(connection);
                _table.Leave(connection);
            }

            Assert.Empty(_table.All);
            Assert.Equal(0, _services.Deadlines.Count);
        }

        // Had a counter not come down, the address would be full.
        for (int i = 0; i < PerAddress; i++)
        {
            Assert.Empty(Aborted(Admit("192.0.2.1")));
        }
    }

    [Fact]
    public void WhenEmptyAsync_ConnectionsLeave_EndsWithTheLast()
    {
        Assert.True(_table.WhenEmptyAsync().IsCompleted);
        Connection a = Admit("192.0.2.1");
        Connection b = Admit("192.0.2.2");

        Task empty = _table.WhenEmptyAsync();
        _table.Leave(a);
        Assert.False(empty.IsCompleted);
        _table.Leave(b);

        Assert.True(empty.IsCompleted);
    }

    [Theory]
    [InlineData(nameof(ConnectionPhase.Queued), 10)]
    [InlineData(nameof(ConnectionPhase.FirstLine), 10)]
    [InlineData(nameof(ConnectionPhase.Handshake), 30)]
    [InlineData(nameof(ConnectionPhase.Deciding), 30)]
    [InlineData(nameof(ConnectionPhase.Sending), 30)]
    public void Limit_PhaseEnteredBeforeTheFirstIsOver_EndsItAtItsOwnTime(string phase, int seconds)
    {
        Connection connection = Admit("192.0.2.1");
        int before = phase == nameof(ConnectionPhase.Queued) ? 0 : 4;
        Pass(before);
        connection.Enter(Enum.Parse<ConnectionPhase>(phase));

        Pass(seconds - 0.001);
        Assert.Empty(Aborted(connection));
        Pass(0.001);

        Assert.Equal([connection], Aborted(connection));
        Assert.NotNull(connection.AbortCause);
    }

    [Fact]
    public void Limit_EachPhaseInTime_NeverEndsIt()
    {
        Connection connection = Admit("192.0.2.1");
        Pass(9.9);
        connection.Enter(ConnectionPhase.FirstLine);
        Pass(9.9);
        connection.Enter(ConnectionPhase.Handshake);
        Pass(29.9);
        connection.Enter(ConnectionPhase.Deciding);
        Pass(29.9);
        connection.Enter(ConnectionPhase.Held);
        Pass(100_000);
        connection.Enter(ConnectionPhase.Sending);
        _table.Watch(connection);
        Pass(29.9);
        connection.Enter(ConnectionPhase.Closing);
        _table.Watch(connection);
        Pass(4.9);

        Assert.Empty(Aborted(connection));
        Pass(0.2);
        Assert.Equal([connection], Aborted(connection));
    }

    [Fact]
    public void Watch_ConnectionIsGone_SetsNoLimit()
    {
        Connection connection = Admit("192.0.2.1");
        _table.Leave(connection);

        _table.Watch(connection);

        Assert.Equal(0, _services.Deadlines.Count);
    }

    private static IEnumerable<Connection> Aborted(params Connection[] connections)
        => connections.Where(static connection => connection.Aborted.IsCancellationRequested);

    private Connection? Authenticate(Connection connection, string client = "a")
    {
        connection.ClientName = client;
        return _table.Authenticated(connection);
    }

    private Connection Admit(string address)
    {
        Connection? connection = _table.Admit(new FakePeer(address));
        Assert.NotNull(connection);
        return connection;
    }

    private void Pass(double seconds)
    {
        _time.Advance(TimeSpan.FromSeconds(seconds));
        _services.Loop.RunPending();
        Assert.False(_log.Has(LogLevel.Critical, ""));
    }
}
