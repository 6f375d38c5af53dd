using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Commands;

// A start without the key that opens the secrets of added clients
public sealed partial class AddClientTests
{
    [Theory]
    [InlineData("missing", "there is no server key")]
    [InlineData("another", "the server key is not the one")]
    [InlineData("unreadable", "/state/server.key: it is damaged")]
    public void Start_KeyNotThere_AddedClientsAreNotServedAndNotForgotten(string fault, string problem)
    {
        _rig.Start(Define("a"));
        _rig.Add("b");
        byte[] key = _rig.Key!.Bytes!;
        _rig.Key.Bytes = fault switch { "missing" => null, "another" => new byte[32], _ => key };
        _rig.Key.Fault = fault == "unreadable" ? "/state/server.key: it is damaged" : null;

        Become(restart: true, Define("a"));

        Assert.Equal(["a"], Names());
        Assert.NotNull(Received("a"));
        Assert.True(_rig.Log.Has(LogLevel.Error, $"1 clients that were added by a command are not served (b): {problem}"));
        KeptClient kept = Assert.Single(Kept());
        Assert.Equal(("b", ClientOrigin.Command, KeptState.Enabled, null), (kept.Name, kept.Origin, kept.State, kept.LeftAt));
        _rig.Key.Fault = null;
        Assert.Contains("“b”", Assert.Throws<StateStoreException>(() => _rig.Add("c")).Message, StringComparison.Ordinal);
        Assert.Equal(0, _rig.Key.Bytes is null ? _rig.Key.Created - 1 : 0); // no other key was made

        // Neither a reload, nor time, nor an empty file has it forgotten; the key brings it back.
        _rig.Pass(TimeSpan.FromDays(100));
        Become(restart: false);
        Become(restart: true, Define("a"));
        _rig.Key.Bytes = key;
        Become(restart: true, Define("a"));
        Assert.Equal(["a", "b"], Names());
        _rig.Enable("b");
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("another")]
    [InlineData("unreadable")]
    public void Start_KeyNotThereAtFirst_AddedClientsAreServedOnceItIs(string fault)
    {
        _rig.Start(Define("a"));
        _rig.Add("b");
        byte[] key = _rig.Key!.Bytes!;
        _rig.Key.Bytes = fault switch { "missing" => null, "another" => new byte[32], _ => key };
        _rig.Key.Fault = fault == "unreadable" ? "/state/server.key: permission denied" : null;
        Become(restart: true, Define("a"));

        WaitForKey();
        WaitForKey();
        Assert.Null(Received("b"));
        Assert.Single(_rig.Log.Lines, static line => line.Text.Contains("not served", StringComparison.Ordinal));
        (_rig.Key.Bytes, _rig.Key.Fault) = (key, null);
        _rig.TakeEvents();
        _rig.Pass(TimeSpan.FromSeconds(4));
        _rig.Until(() => Names().Contains("b"), "the client");

        Assert.Contains(nameof(ClientAdded), _rig.TakeEvents());
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
        Assert.True(_rig.Log.Has(LogLevel.Warning, "1 clients that were added by a command are served again (b)"));
        Assert.False(_rig.Engine.Parts.AddedRetry.IsWaiting);
        _rig.Add("c");
        Assert.Equal(EngineRig.FileSecret("c"), Received("c"));
        Assert.Equal(key, _rig.Key.Bytes);
    }

    [Fact]
    public void Forget_AddedClientWithoutKey_EndsTheWaitForIt()
    {
        _rig.Start();
        _rig.Add("b");
        _rig.Key!.Bytes = null;
        Become(restart: true);

        _rig.Forget("b");
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Until(() => !_rig.Engine.Parts.AddedRetry.IsWaiting, "the end of the tries");

        Assert.Empty(Names());
    }

    /// <summary>Has the server try once more to read its key.</summary>
    private void WaitForKey()
    {
        int before = _rig.Key!.Reads;
        _rig.Until(() => _rig.Engine.Parts.AddedRetry.IsWaiting, "the next try to be due");
        _rig.Pass(TimeSpan.FromSeconds(2));
        _rig.Until(() => _rig.Key.Reads > before && _rig.Engine.Parts.AddedRetry.IsWaiting, "the key to be looked for");
    }

    [Fact]
    public void Forget_AddedClientWithoutKey_ClearsTheWay()
    {
        _rig.Start();
        _rig.Add("b");
        _rig.Key!.Bytes = null;
        Become(restart: true);

        _rig.Forget("b");

        Assert.Empty(_rig.Store.Durable);
        _rig.Add("b");
        Assert.NotNull(Received("b"));
    }

    [Fact]
    public void Start_StoreGivesAnotherKeyForAnAddedClient_ItsSecretIsNotGivenOut()
    {
        _rig.Start();
        _rig.Add("b");
        StoredClient stored = _rig.Store["b"]!;
        StoredClient forged = stored with
        {
            FileSettings = stored.FileSettings with { KeyId = EngineRig.KeyId("thief") },
            Client = stored.Client! with { Settings = stored.FileSettings with { KeyId = EngineRig.KeyId("thief") } },
        };

        _rig = Next(new FakeStore([forged]), restore: true).Start();

        Assert.Empty(Names());
        Assert.Null(Received("thief"));
        Assert.Null(Received("b"));
    }
}
