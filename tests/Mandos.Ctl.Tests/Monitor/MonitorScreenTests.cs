using System.Globalization;
using Mandos.Ctl.Monitor;
using Mandos.Ctl.Servers;
using Microsoft.Extensions.Time.Testing;
using Spectre.Console;

namespace Mandos.Ctl.Tests.Monitor;

public sealed class MonitorScreenTests
{
    private readonly MonitorModel _model = new(new FakeTimeProvider(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero)));
    private readonly MonitorView _view;
    private readonly MonitorScreen _screen = new();

    public MonitorScreenTests() => _view = new MonitorView(_model);

    [Fact]
    public void Draw_ClientsInEveryState_SaysWhatMatters()
    {
        _model.EndListing(
        [
            new Client("/1") { Name = "asks", Enabled = true, ApprovalPending = true, LastApprovalRequest = "2026-01-02T03:04:00", ApprovalDelay = 15_000 },
            new Client("/2") { Name = "fails", Enabled = true, LastCheckerStatus = 1, Expires = "2026-01-02T04:04:06.5" },
            new Client("/3") { Name = "fine", Enabled = true, Host = "there", LastCheckedOk = "2026-01-02T03:03:03", Expires = "2026-01-05T04:04:05" },
            new Client("/4") { Name = "off" },
        ]);

        string screen = Draw(120, 20);

        Assert.Contains("> asks   Denial in 0:10. (a)pprove or (d)eny?", screen, StringComparison.Ordinal);
        Assert.Contains("  fails  Check failed; disabled in 1:00:01", screen, StringComparison.Ordinal);
        Assert.Matches("  fine   Enabled +there  seen 1:02 ago, expires in 3d 1h", screen);
        Assert.Matches("  off    DISABLED +never seen", screen);
        Assert.StartsWith("Mandos clients: 4, 1 waiting, 1 failing, 1 disabled; by name", screen, StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_ServerCannotSave_SaysSoInTheFirstLine()
    {
        _model.EndListing([new Client("/1") { Name = "machine", Enabled = true }]);

        _model.NoteState("the disk is full\x1b");
        string screen = Draw(80, 20);

        Assert.StartsWith("The server cannot save what changes: the disk is full", screen, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', screen);
        _model.NoteState(null);
        Assert.StartsWith("Mandos clients: 1", Draw(80, 20), StringComparison.Ordinal);
        Assert.Contains("The server can save what changes again.", Draw(80, 20), StringComparison.Ordinal);
        _model.NoteState("full");
        _model.Lose("no server");
        Assert.StartsWith("Mandos clients: 0", Draw(80, 20), StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_SeveralServers_SaysHowManyLiveAndWhatIsWrong()
    {
        SharingServer a = new("a", "", 1, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(9), "01", IsSelf: true, IsAwaited: false);
        SharingServer b = a with { Name = "b\x1b", IsSelf = false };
        _model.EndListing([]);

        _model.NoteServers(new ServerGroup([a, b], 1, TimeSpan.Zero));
        Assert.StartsWith("Servers: 2 of 2 live; Mandos clients: 0", Draw(120, 20), StringComparison.Ordinal);

        _model.NoteServers(new ServerGroup([a, b with { SinceSync = TimeSpan.FromMinutes(1), FilesHash = "02" }], 1, TimeSpan.Zero));
        string screen = Draw(120, 20);
        Assert.StartsWith("Servers: 1 of 2 live, NOT LIVE: B\ufffd, FILES DIFFER: B\ufffd; Mandos", screen, StringComparison.Ordinal);
        Assert.Contains("Servers: not live: b\ufffd.", screen, StringComparison.Ordinal);

        _model.NoteServers(new ServerGroup([a with { Permission = TimeSpan.Zero }, b], 1, TimeSpan.Zero));
        Assert.StartsWith("Servers: 2, NO PERMISSION TO GIVE SECRETS; Mandos clients: 0", Draw(120, 20), StringComparison.Ordinal);

        _model.NoteServers(new ServerGroup([a, b], 1, TimeSpan.Zero));
        Assert.Contains("Servers: all is well again.", Draw(120, 20), StringComparison.Ordinal);

        _model.NoteServers(null);
        Assert.StartsWith("Mandos clients: 0", Draw(120, 20), StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_SeveralRequests_SaysHowManyAndWhereFrom()
    {
        _model.EndListing([Asking("192.0.2.1", "::1", "::1"), Asking("192.0.2.7") with { Name = "single" }]);

        string screen = Draw(140, 20);

        Assert.Contains("3 wait, from 192.0.2.1, ::1;", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("192.0.2.7", screen, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('2', MonitorKey.ApproveRequest, 2UL)]
    [InlineData('1', MonitorKey.ApproveRequest, 1UL)]
    [InlineData('4', MonitorKey.None, null)]
    [InlineData('0', MonitorKey.None, null)]
    [InlineData('a', MonitorKey.None, null)]
    [InlineData('q', MonitorKey.None, null)]
    internal void Press_ApproveWithDifferentAddresses_AsksWhich(char digit, MonitorKey expected, ulong? chosen)
    {
        _model.EndListing([Asking("192.0.2.1", "::1", "::1\x1b")]);

        Assert.Equal(MonitorKey.None, _view.Press(Key('a')));
        string screen = Draw(120, 20);
        Assert.Contains("  1   192.0.2.1 port 4001, since 2026-01-02T03:04:00 UTC", screen, StringComparison.Ordinal);
        Assert.Contains("  2   ::1 port 4002", screen, StringComparison.Ordinal);
        Assert.DoesNotContain('\x1b', screen);

        Assert.Equal(expected, _view.Press(Key(digit)));
        Assert.Equal(chosen, _view.Chosen?.Id);
        Assert.DoesNotContain("port 4001", Draw(120, 20), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("::1", "::1")]
    [InlineData("::1", null)]
    [InlineData(null, null)]
    public void Press_ApproveWithOneAddress_ApprovesTheClient(string? first, string? second)
    {
        _model.EndListing([Asking([.. new[] { first, second }.OfType<string>()])]);

        Assert.Equal(MonitorKey.Approve, _view.Press(Key('a')));
        Assert.Null(_view.Choices);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 2)]
    [InlineData(10, 3)]
    [InlineData(17, 4)]
    [InlineData(40, 7)]
    [InlineData(200, 60)]
    public void Draw_AnySize_FillsTheTerminalAndNoMore(int width, int height)
    {
        _model.EndListing(Enumerable.Range(0, 100).Select(i => new Client($"/{i}") { Name = $"\u6f22字{i}", Host = new string('h', i) }));
        for (int i = 0; i < 100; i++)
        {
            _model.Tell(new string('e', 10 * i));
        }

        foreach (char key in "\0lw?")
        {
            _view.Press(Key(key));
            string[] lines = Draw(width, height).Split('\n');
            Assert.Equal(height, lines.Length);
            Assert.All(lines, line => Assert.Equal(width, line.GetCellWidth()));
        }
    }

    [Fact]
    public void Press_MovesThroughManyClients_AndTheSelectedOneIsSeen()
    {
        _model.EndListing(Enumerable.Range(0, 100_000).Select(i => new Client($"/{i}") { Name = i.ToString("000000", CultureInfo.InvariantCulture) }));
        Draw(80, 24);

        _view.Press(Key('G'));
        Assert.Contains("> 099999", Draw(80, 24), StringComparison.Ordinal);
        _view.Press(Key('b'));
        int page = _view.PageSize;
        Assert.Contains($"> {99999 - page:000000}", Draw(80, 24), StringComparison.Ordinal);
        _view.Press(Key('k'));
        _view.Press(Key('j'));
        _view.Press(Key(' '));
        Assert.Contains("> 099999", Draw(80, 24), StringComparison.Ordinal);
        _view.Press(Key('g'));
        Assert.Contains("> 000000", Draw(80, 24), StringComparison.Ordinal);
    }

    [Fact]
    public void Press_FilterIsTyped_ShowsAtOnceWhatPasses()
    {
        _model.EndListing(new[] { "alpha", "beta", "Gamma" }.Select(name => new Client($"/{name}") { Name = name, Enabled = true }));

        foreach (char key in "/GAM")
        {
            Assert.Equal(MonitorKey.None, _view.Press(Key(key)));
        }

        string screen = Draw(80, 24);
        Assert.Contains("Filter: GAM_", screen, StringComparison.Ordinal);
        Assert.Contains("> Gamma", screen, StringComparison.Ordinal);
        Assert.DoesNotContain("beta", screen, StringComparison.Ordinal);
        Assert.Contains("1 of 3", screen, StringComparison.Ordinal);

        _view.Press(new ConsoleKeyInfo('\r', ConsoleKey.Enter, false, false, false));
        Assert.Equal(MonitorKey.Quit, _view.Press(Key('q')));
        _view.Press(new ConsoleKeyInfo('\x1b', ConsoleKey.Escape, false, false, false));
        Assert.Equal(3, _model.Clients.Shown.Count);
    }

    [Fact]
    public void Press_Order_GoesThroughAllAndTurnsRound()
    {
        List<ClientOrder> seen = [];
        foreach (ClientOrder unused in Enum.GetValues<ClientOrder>())
        {
            seen.Add(_model.Clients.Comparer.Order);
            _view.Press(Key('o'));
        }

        Assert.Equal(Enum.GetValues<ClientOrder>(), seen);
        Assert.Equal(ClientOrder.Name, _model.Clients.Comparer.Order);
        _view.Press(Key('O'));
        Assert.Contains("by name, reversed", Draw(80, 24), StringComparison.Ordinal);
    }

    [Fact]
    public void Draw_HostileNames_ReachNoTerminal()
    {
        _model.EndListing([new Client("/1") { Name = "a\x1b[31m", Host = "b\u202e\r" }]);
        _model.Tell("c\x9b");
        _model.Lose("d\x1b");

        Assert.DoesNotContain(Draw(80, 24), c => c != '\n' && (char.IsControl(c) || c == '\u202e'));
    }

    private static Client Asking(params string[] addresses) => new("/" + addresses.Length)
    {
        Name = "asks",
        Enabled = true,
        ApprovalPending = true,
        LastApprovalRequest = "2026-01-02T03:04:00",
        ApprovalDelay = 15_000,
        Requests = [.. addresses.Select((address, i)
            => new Request((ulong)(i + 1), "/1", "asks", address, (ushort)(4001 + i), "AA", "2026-01-02T03:04:00"))],
    };

    private static ConsoleKeyInfo Key(char key) => new(key, ConsoleKey.None, false, false, false);

    private string Draw(int width, int height) => string.Join('\n', _screen.Draw(_model, _view, width, height).Select(line => line.Text));
}
