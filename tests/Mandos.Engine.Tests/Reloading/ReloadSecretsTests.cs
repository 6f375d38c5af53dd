using System.Text;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Reloading;

/// <summary>Secrets change in the configuration while the server runs.</summary>
public sealed class ReloadSecretsTests : IDisposable
{
    private EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reload_AnotherSecret_ReplacesTheOneInForce(bool setAtRunTime)
    {
        ClientDefinition old = EngineRig.Define("a");
        _rig.Start(old);
        if (setAtRunTime)
        {
            _rig.SetSecret("a", "by hand"u8.ToArray());
        }

        Secret inForce = _rig.Client("a").Secret;
        _rig.TakeEvents();

        _rig.Reload(EngineRig.Define("a", secret: "from the file"));

        Assert.Equal("from the file", Text(_rig.Serve("a").Received));
        Assert.Equal("Secret=", _rig.TakeEvents()[0]);
        Assert.True(IsZero(old.Secret) && IsZero(inForce));
        Assert.True(_rig.Store["a"]!.EncryptedSecret.IsEmpty);
        Restart(EngineRig.Define("a", secret: "from the file"));
        Assert.Equal("from the file", Text(_rig.Serve("a").Received));
    }

    [Fact]
    public void Reload_SecretInAWriteThatCannotBeStopped_IsSentWhole()
    {
        ClientDefinition old = EngineRig.Define("a");
        _rig.Start(old);
        FakePeer peer = _rig.Connect(
            new FakePeer { TakesWhatIsOnItsWay = true }.SendHello().Authenticate(EngineRig.PublicKey("a")));
        _rig.Until(() => peer.InWrite, "the secret to be on its way");

        _rig.File = () => [EngineRig.Define("a", secret: "from the file")];
        Task reloaded = _rig.Engine.Server.ReloadAsync(EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Client("a").Secret != old.Secret, "the new secret");
        Assert.False(reloaded.IsCompleted || IsZero(old.Secret));
        peer.TakeSecret();
        _rig.Run(reloaded);
        _rig.Finish(peer);

        Assert.Equal(EngineRig.FileSecret("a"), Text(peer.Received));
        Assert.True(IsZero(old.Secret));
    }

    [Fact]
    public void Reload_SecretOfFileUnchanged_KeepsTheOneSetAtRunTime()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.SetSecret("a", "by hand"u8.ToArray());

        _rig.Reload(EngineRig.Define("a", static s => s with { Host = "edited" }));

        Assert.Equal("by hand", Text(_rig.Serve("a").Received));
        Restart(EngineRig.Define("a", static s => s with { Host = "edited" }));
        Assert.Equal("by hand", Text(_rig.Serve("a").Received));
    }

    [Fact]
    public void Reload_ServerStops_GivesUpAndZeroesTheSecrets()
    {
        _rig.Start(EngineRig.Define("a"));
        ClientDefinition next = EngineRig.Define("b");
        Task? stop = null;
        _rig.File = () =>
        {
            stop = _rig.Engine.StopAsync(CancellationToken.None);
            return [next];
        };

        Task reload = _rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None);
        _rig.Until(() => reload.IsCompleted, "the reload to end");
        _rig.Run(stop!);

        Assert.ThrowsAny<OperationCanceledException>(() => reload.GetAwaiter().GetResult());
        Assert.True(IsZero(next.Secret));
        Assert.Equal(1, _rig.Engine.ClientCount);
    }

    /// <summary>Starts another server over what the store has.</summary>
    private void Restart(params ClientDefinition[] definitions)
    {
        FakeStore store = new(_rig.Store.Durable);
        _rig.Dispose();
        _rig = new EngineRig { Store = store }.Start(definitions);
    }

    private static string? Text(byte[]? secret) => secret is null ? null : Encoding.UTF8.GetString(secret);

    private static bool IsZero(Secret secret) => !secret.Memory.Span.ContainsAnyExcept((byte)0);
}
