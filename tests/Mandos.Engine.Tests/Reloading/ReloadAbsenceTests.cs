using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Reloading;

/// <summary>Clients come into the configuration and go while the server runs.</summary>
public sealed class ReloadAbsenceTests : IDisposable
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    private EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Reload_ClientLeftOut_KeepsWhatItHad()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("gone"));
        _rig.Disable("a");
        ClientSnapshot before = _rig["a"];
        _rig.LeftOut = ["a", "never seen"];

        _rig.Reload(EngineRig.Define("b", static s => s with { Host = "new" }));

        Assert.Equal(before, _rig["a"]);
        Assert.Equal("new", _rig["b"].Settings.Host);
        Assert.Null(_rig.Serve("a").Received);
        Assert.Equal(EngineRig.FileSecret("b"), Encoding.UTF8.GetString(_rig.Serve("b").Received!));
        Assert.True(_rig.Log.Has(LogLevel.Information, "Configuration re-read: 2 clients, 0 added, 1 removed, 1 changed"));
    }

    [Fact]
    public void Reload_PartUnread_RemovesNobody()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.IsComplete = false;

        _rig.Reload(EngineRig.Define("b"));

        Assert.Equal(EngineRig.FileSecret("a"), Encoding.UTF8.GetString(_rig.Serve("a").Received!));
    }

    [Fact]
    public void Start_ClientLeftOut_ComesBackAsItWas()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Disable("a");
        using var next = new EngineRig { Store = _rig.Store, LeftOut = ["a"] };

        next.Start(EngineRig.Define("b"));
        next.LeftOut = [];
        next.Reload(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.False(next["a"].Enabled);
        Assert.Null(next.Serve("a").Received);
    }

    [Fact]
    public void Reload_NewClient_IsAddedAsAtTheStart()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Pass(TimeSpan.FromSeconds(30));

        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.Equal(["ClientAdded"], _rig.TakeEvents());
        Assert.Equal((true, TestClock.Epoch.AddSeconds(30), TestClock.Epoch.AddSeconds(330)),
            (_rig["b"].Enabled, _rig["b"].Created, _rig["b"].Expires));
        Assert.Equal(TimeSpan.FromSeconds(90), _rig.Client("b").NextCheck.Due);
        Assert.NotNull(_rig.Store["b"]);
        Assert.Equal(EngineRig.FileSecret("b"), Text(_rig.Serve("b").Received));
    }

    [Fact]
    public void Reload_ClientGone_RefusesItsConnections()
    {
        ClientDefinition gone = EngineRig.Define("b", static s => s with { ApprovalDelay = _minute });
        _rig.Checker.Plan("b", CheckMode.Hangs);
        _rig.Start(EngineRig.Define("a"), gone);
        _rig.StartChecker("b");
        _rig.SetSecret("b", "another"u8.ToArray());
        Secret another = _rig.Client("b").Secret;
        FakePeer held = _rig.Hold("b");
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a"));
        _rig.Finish(held);
        _rig.Until(() => _rig.Checker.CountRunning("b") == 0, "the check to end");

        Assert.Equal(
            ["CheckerRunning=False", "Requests=", "Rejected(Disabled)", "ApprovalPending=False", "ClientRemoved(LeftFiles)"], _rig.TakeEvents());
        Assert.Null(held.Received);
        Assert.True(IsZero(gone.Secret) && IsZero(another));
        Assert.Null(_rig.Serve("b").Received);
        Assert.Equal([$"ClientNotFound({EngineRig.KeyId("b")}, fe80::1)"], _rig.TakeEvents());
    }

    [Fact]
    public void Reload_ClientBackWhileItsOldCheckDies_ChecksOneAtATime()
    {
        _rig.Checker.Plan("b", CheckMode.IsStubborn);
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.StartChecker("b");
        FakeCheck old = _rig.RunningCheckOf("b");
        _rig.Reload(EngineRig.Define("a"));
        _rig.Checker.Plan("b", CheckMode.Ends);
        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Pass(_minute);
        Assert.Equal(ClientSnapshot.NotCheckedYet, _rig["b"].LastCheckerStatus);

        old.End(FakeChecker.Success);
        _rig.Until(() => _rig["b"].LastCheckerStatus == 0, "the new check to end");

        Assert.Equal(1, _rig.Checker.MostAtOnce);
    }

    [Fact]
    public void Reload_ClientRemovedByPerson_StaysAway()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Remove("b");
        ClientDefinition ignored = EngineRig.Define("b", static s => s with { Host = "edited" });

        _rig.Reload(EngineRig.Define("a"), ignored);

        Assert.Equal(1, _rig.Engine.ClientCount);
        Assert.True(IsZero(ignored.Secret));
        Assert.Null(_rig.Store["b"]!.Client);
        Assert.Null(_rig.Store["b"]!.LeftAt);
    }

    [Fact]
    public void Reload_ClientRemovedByPersonBeforeTheStart_StaysAwayToo()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Remove("b");
        Restart(EngineRig.Define("a"), EngineRig.Define("b"));

        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.Equal(1, _rig.Engine.ClientCount);
        Assert.Null(_rig.Store["b"]!.Client);
    }

    [Fact]
    public void Reload_NoClients_ServesNobodyButForgetsNothing()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));
        _rig.SetSecret("a", "by hand"u8.ToArray());
        _rig.Disable("b");
        _rig.Remove("c");

        _rig.Reload();
        Assert.Equal(0, _rig.Engine.ClientCount);
        Assert.Null(_rig.Serve("a").Received);
        Assert.True(_rig.Log.Has(LogLevel.Warning, "The configuration has no clients, the saved state has 3"));
        Assert.Equal(3, _rig.Store.Durable.Count);
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));

        Assert.Equal(["ClientAdded", "ClientAdded"], _rig.TakeEvents());
        Assert.Equal("by hand", Text(_rig.Serve("a").Received));
        Assert.False(_rig["b"].Enabled);
        Assert.Equal(2, _rig.Engine.ClientCount);
        Restart(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));
        Assert.Equal("by hand", SecretOf("a"));
        Assert.False(_rig["b"].Enabled);
    }

    [Fact]
    public void Reload_NoClientsThenStop_KeepsTheStateForTheNextStart()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Disable("a");
        _rig.Reload();
        Restart();
        Assert.Equal(0, _rig.Engine.ClientCount);

        _rig.Reload(EngineRig.Define("a"));

        Assert.False(_rig["a"].Enabled);
        Assert.Equal(EngineRig.FileSecret("a"), SecretOf("a"));
    }

    [Fact]
    public void Reload_StartedWithoutClientsAndRestore_ForgetsWhatWasSaved()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Disable("a");
        FakeStore store = new(_rig.Store.Durable);
        _rig.Dispose();
        _rig = new EngineRig { Store = store, Options = new() { Restore = false } }.Start();

        _rig.Reload(EngineRig.Define("a"));

        Assert.True(_rig["a"].Enabled);
        Assert.Equal("a", Assert.Single(_rig.Store.Durable).Name);
    }

    /// <summary>Starts another server over what the store has.</summary>
    private void Restart(params ClientDefinition[] definitions)
    {
        FakeStore store = new(_rig.Store.Durable);
        _rig.Dispose();
        _rig = new EngineRig { Store = store }.Start(definitions);
    }

    private string? SecretOf(string client) => Text(_rig.Client(client).Secret.Memory.ToArray());

    private static string? Text(byte[]? secret) => secret is null ? null : Encoding.UTF8.GetString(secret);

    private static bool IsZero(Secret secret) => !secret.Memory.Span.ContainsAnyExcept((byte)0);
}
