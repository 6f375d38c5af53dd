using Mandos.Ctl.Monitor;
using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Ctl.Tests.Monitor;

public sealed class MonitorModelTests
{
    private const string Path = "/clients/machine";

    private readonly MonitorModel _model = new(new FakeTimeProvider());

    [Fact]
    public void EndListing_AfterChangesDuringTheListing_HasThem()
    {
        _model.BeginListing();
        _model.Handle(new ServerSignal.PropertyChanged(Path, "Enabled", false));
        _model.Handle(new ServerSignal.ClientRemoved("/clients/gone"));
        _model.Handle(new ServerSignal.ClientAdded(new Client("/clients/new") { Name = "new" }));

        _model.EndListing([new Client(Path) { Name = "machine", Enabled = true }, new Client("/clients/gone") { Name = "gone" }]);

        Assert.Equal(["machine", "new"], _model.Clients.Shown.Select(client => client.Name));
        Assert.False(_model.Clients.Find(Path)!.Enabled);
        Assert.False(_model.IsListing);
    }

    [Fact]
    public void Handle_RequestsChanged_AreKeptThroughOtherChanges()
    {
        _model.EndListing([new Client(Path) { Name = "machine" }]);

        _model.Handle(new ServerSignal.RequestsChanged(Path, [Ask(1, "192.0.2.1"), Ask(2, "::1"), Ask(3, "::1")]));
        _model.Handle(new ServerSignal.PropertyChanged(Path, "Enabled", true));
        _model.Handle(new ServerSignal.RequestsChanged("/clients/nobody", [Ask(4, "::2")]));

        Assert.Equal(["192.0.2.1", "::1"], _model.Clients.Find(Path)!.Addresses);
        _model.Handle(new ServerSignal.RequestsChanged(Path, []));
        Assert.Empty(_model.Clients.Find(Path)!.Requests);
    }

    [Fact]
    public void Handle_ClientChanged_TakesAllOfItAndTellsWhatMatters()
    {
        _model.EndListing([new Client(Path) { Name = "machine", Enabled = true }]);
        var changed = new Client(Path) { Name = "machine", Host = "there", Requests = [Ask(1, "::1")] };

        _model.Handle(new ServerSignal.ClientChanged(changed, []));
        _model.Handle(new ServerSignal.ClientChanged(changed, ["Host"]));
        Assert.Empty(_model.Log.Lines);
        Assert.Equal(changed, _model.Clients.Find(Path));
        _model.Handle(new ServerSignal.ClientChanged(changed, ["Expires", "Enabled"]));
        _model.IsVerbose = true;
        _model.Handle(new ServerSignal.ClientChanged(changed, ["Host"]));
        _model.Handle(new ServerSignal.ClientChanged(new Client("/clients/gone") { Name = "gone" }, ["Enabled"]));

        Assert.Equal(["machine is disabled", "machine: Host changed", "gone is disabled"], _model.Log.Lines.Select(static line => line[21..]));
        Assert.Equal(1, _model.Clients.Count);
    }

    [Fact]
    public void Lose_TellsOnceAndShowsNoClients()
    {
        _model.EndListing([new Client(Path)]);

        _model.Lose("no server");
        _model.Lose("no server");

        Assert.Equal(0, _model.Clients.Count);
        Assert.Single(_model.Log.Lines);
        Assert.Equal("no server", _model.Trouble);

        _model.BeginListing();
        _model.EndListing([]);
        Assert.Equal("", _model.Trouble);
    }

    [Fact]
    public void Handle_EachSignal_TellsItOrLeavesItToTheVerbose()
    {
        _model.EndListing([new Client(Path) { Name = "The Machine" }]);
        ServerSignal[] always =
        [
            new ServerSignal.GotSecret(Path), new ServerSignal.NeedApproval(Path, 60_000, false), new ServerSignal.Rejected(Path, "denied"),
            new ServerSignal.ClientNotFound("aa", "::1"), new ServerSignal.CheckerCompleted(Path, 1, "false"),
            new ServerSignal.CheckerCompleted(Path, -1, "false"), new ServerSignal.PropertyChanged(Path, "Enabled", true),
            new ServerSignal.ConflictingRequests(Path, ["192.0.2.1", "::1"]),
            new ServerSignal.AnomalyNoticed(Path, "192.0.2.1", "its own system runs"),
        ];
        ServerSignal[] verbose =
        [
            new ServerSignal.CheckerStarted(Path, "true"), new ServerSignal.CheckerCompleted(Path, 0, "true"),
            new ServerSignal.PropertyChanged(Path, "Host", "there"), new ServerSignal.ClientAdded(new Client("/clients/other")),
        ];

        Assert.Equal(always.Length, Told(always));
        Assert.Equal(0, Told(verbose));
        _model.IsVerbose = true;
        Assert.Equal(always.Length + verbose.Length, Told([.. always, .. verbose]));
        Assert.Contains("The Machine: DIFFERENT ADDRESSES wait for approval: 192.0.2.1, ::1", string.Join('\n', _model.Log.Lines), StringComparison.Ordinal);
        Assert.Contains("The Machine waits for approval; it is denied in 1:00", string.Join('\n', _model.Log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Log_OfMany_KeepsTheNewest()
    {
        for (int i = 0; i < 3 * EventLog.Capacity; i++)
        {
            _model.Tell($"event {i}");
        }

        Assert.InRange(_model.Log.Lines.Count, EventLog.Capacity, EventLog.Capacity * 11 / 10);
        Assert.EndsWith($"event {(3 * EventLog.Capacity) - 1}", _model.Log.Lines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void EndListing_AfterTheServerWasAway_HasTheSelectionAgain()
    {
        Client[] clients = [.. "abc".Select(name => new Client($"/clients/{name}") { Name = $"{name}" })];
        _model.EndListing(clients);
        _model.Clients.Select(1);

        _model.Lose("no server");
        Assert.Null(_model.Clients.Selected);
        Assert.Equal(-1, _model.Clients.SelectedIndex);

        _model.BeginListing();
        _model.EndListing(clients.Skip(1));
        Assert.Equal(("b", 0), (_model.Clients.Selected!.Name, _model.Clients.SelectedIndex));
    }

    [Fact]
    public void Log_OfALongText_IsCut()
    {
        _model.Tell(new string('x', 1 << 20));
        Assert.InRange(Assert.Single(_model.Log.Lines).Length, 1000, 3000);
    }

    [Theory]
    [InlineData("plain ~", "plain ~")]
    [InlineData("ü €\u6f22", "ü €\u6f22")]
    [InlineData("a\x1b[2Jb", "a\ufffd[2Jb")]
    [InlineData("a\u009b2Jb\r\n\t", "a\ufffd2Jb\ufffd\ufffd\ufffd")]
    [InlineData("\u202eevil\u2066\u200b\u2028", "\ufffdevil\ufffd\ufffd\ufffd")]
    public void From_TextOfOthers_CannotChangeTheTerminal(string text, string safe) => Assert.Equal(safe, SafeText.From(text));

    [Fact]
    public void From_HalfASurrogatePair_IsReplaced() => Assert.Equal("\ufffdx", SafeText.From("\ud800x"));

    private static Request Ask(ulong id, string address) => new(id, Path, "machine", address, 4711, "AA", "2026-01-02T03:04:00");

    private int Told(ServerSignal[] signals)
    {
        int before = _model.Log.Lines.Count;
        Array.ForEach(signals, _model.Handle);
        return _model.Log.Lines.Count - before;
    }
}
