using System.Text;
using Mandos.Abstractions.Control;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Reloading;

/// <summary>Keys change in the configuration while the server runs.</summary>
public sealed class ReloadKeysTests : IDisposable
{
    private static readonly TimeSpan _minute = TimeSpan.FromMinutes(1);

    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Reload_KeyOfClientLeftOutGoesToAnother_IsRefused()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.LeftOut = ["a"];

        Assert.Throws<ConfigurationException>(() => _rig.Reload(EngineRig.Define("b", static s => s with { KeyId = EngineRig.KeyId("a") })));

        Assert.Equal(EngineRig.FileSecret("a"), Encoding.UTF8.GetString(_rig.Serve("a").Received!));
        Assert.Equal(EngineRig.FileSecret("b"), Encoding.UTF8.GetString(_rig.Serve("b").Received!));
    }

    [Fact]
    public void Reload_AnotherKey_IsFoundByItAtOnce()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Reload(EngineRig.Define("a", static s => s with { KeyId = EngineRig.KeyId("new") }));

        Assert.Null(_rig.Serve("a").Received);
        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Serve("new").Received));
        Assert.Equal(EngineRig.KeyId("new"), _rig["a"].Settings.KeyId);
    }

    [Fact]
    public void Reload_KeysSwapped_FindTheirNewOwners()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));

        _rig.Reload(
            EngineRig.Define("a", static s => s with { KeyId = EngineRig.KeyId("b") }),
            EngineRig.Define("b", static s => s with { KeyId = EngineRig.KeyId("c") }),
            EngineRig.Define("c", static s => s with { KeyId = EngineRig.KeyId("a") }));

        Assert.Equal(EngineRig.FileSecret("a"), Text(_rig.Serve("b").Received));
        Assert.Equal(EngineRig.FileSecret("b"), Text(_rig.Serve("c").Received));
        Assert.Equal(EngineRig.FileSecret("c"), Text(_rig.Serve("a").Received));
        _rig.Remove("a");
        Assert.Null(_rig.Serve("b").Received);
        Assert.NotNull(_rig.Serve("a").Received);
    }

    [Fact]
    public void Reload_ClientRenamed_HasTheKeyOfTheOneThatLeaves()
    {
        _rig.Start(EngineRig.Define("old.name"), EngineRig.Define("gone.away"), EngineRig.Define("stays"));

        _rig.Reload(
            EngineRig.Define("old-name", static s => s with { KeyId = EngineRig.KeyId("old.name") }),
            EngineRig.Define("gone-away"), EngineRig.Define("stays"));

        Assert.Equal(["ClientRemoved(LeftFiles)", "ClientRemoved(LeftFiles)", "ClientAdded", "ClientAdded"], _rig.TakeEvents());
        Assert.Equal(EngineRig.FileSecret("old-name"), Text(_rig.Serve("old.name").Received));
        Assert.Equal("Client gone.away", Assert.Single(_rig.Log.Lines, static line => line.Level >= LogLevel.Warning).Text[..16]);
    }

    [Fact]
    public void Reload_NewOwnerOfKeyStaysAway_OldOneIsGoneAllTheSame()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Remove("b");

        _rig.Reload(EngineRig.Define("b", static s => s with { KeyId = EngineRig.KeyId("a") }));

        Assert.Equal(0, _rig.Engine.ClientCount);
        Assert.Null(_rig.Serve("a").Received);
    }

    [Fact]
    public void Reload_KeyChanges_WhoWaitsWithTheOldOneIsRefused()
    {
        _rig.Start(
            EngineRig.Define("a", static s => s with { ApprovalDelay = _minute, ApprovalDuration = _minute }),
            EngineRig.Define("b", static s => s with { ApprovalDelay = _minute }));
        FakePeer held = _rig.Hold("a");
        FakePeer other = _rig.Hold("b");
        _rig.TakeEvents();

        _rig.Reload(
            EngineRig.Define("a",
                static s => s with { KeyId = EngineRig.KeyId("new"), ApprovalDelay = _minute, ApprovalDuration = _minute }),
            EngineRig.Define("b", static s => s with { Host = "x", ApprovalDelay = _minute }));
        _rig.Until(() => held.IsDisposed, "the connection to end");

        Assert.Null(held.Received);
        Assert.Equal(
            ["Requests=", "Rejected(Disabled)", "ApprovalPending=False", "ClientRemoved(NewKey)", "ClientAdded", "Host=x"],
            _rig.TakeEvents());
        _rig.Approve("b", true);
        Assert.Equal(EngineRig.FileSecret("b"), Text(_rig.Finish(other).Received));
    }

    [Fact]
    public void Reload_KeyChanges_ApprovalOfTheOldOneDoesNotHold()
    {
        _rig.Start(EngineRig.Define("a", static s => s with { ApprovalDelay = _minute, ApprovalDuration = _minute }));
        _rig.Approve("a", true);

        _rig.Reload(EngineRig.Define("a",
            static s => s with { KeyId = EngineRig.KeyId("new"), ApprovalDelay = _minute, ApprovalDuration = _minute }));

        FakePeer peer = _rig.Connect("new");
        _rig.Until(() => _rig["a"].ApprovalsPending == 1, "the connection to wait for approval");
        _rig.Approve("a", false);
        Assert.Null(_rig.Finish(peer).Received);
    }

    private static string? Text(byte[]? secret) => secret is null ? null : Encoding.UTF8.GetString(secret);
}
