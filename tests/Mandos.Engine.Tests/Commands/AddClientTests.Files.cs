using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Commands;

// What becomes of an added client that the files bring too
public sealed partial class AddClientTests
{
    [Theory]
    [MemberData(nameof(Ways))]
    public void FilesBringItsName_ItIsTheirs(bool restart)
    {
        _rig.Start();
        _rig.Add("b");
        _rig.Change("b", ClientChange.Of(ClientSetting.Location, "cellar"));
        _rig.Disable("b");
        _rig.TakeEvents();

        Become(restart, EngineRig.Define("b", static s => s with { Host = "of the file" }, secret: "of the file"));

        ClientSnapshot b = _rig["b"];
        Assert.Equal((ClientOrigin.Files, "of the file", "cellar", false), (b.Origin, b.Settings.Host, b.Settings.Location, b.Enabled));
        if (!restart)
        {
            Assert.Equal(["Origin=Files", "Secret=", "Host=of the file"], _rig.TakeEvents());
        }

        _rig.Enable("b");
        Assert.Equal("of the file", Received("b"));
        Assert.True(_rig.Log.Has(LogLevel.Warning, "Client b: was added by a command, and gives way to “b” in the configuration"));
        StoredClient stored = _rig.Store["b"]!;
        Assert.Equal((ClientOrigin.Files, true), (stored.Client!.Origin, stored.EncryptedSecret.IsEmpty));

        Become(restart);
        Assert.Empty(Names()); // it has left them
        Assert.Equal((ClientOrigin.Files, true), (Assert.Single(Kept()).Origin, Kept()[0].LeftAt is not null));
    }

    [Fact]
    public void FilesBringItWithTheSameSecret_ItIsTheirs()
    {
        _rig.Start();
        _rig.Add("b");

        Become(restart: false, Define("b"));

        Assert.Equal(ClientOrigin.Files, _rig["b"].Origin);
        Assert.True(_rig.Store["b"]!.EncryptedSecret.IsEmpty);
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
        Become(restart: true, Define("b"));
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void FilesBringItsKey_ThatOneTakesItsPlace(bool restart)
    {
        _rig.Start(Define("a"));
        _rig.Add("b");
        _rig.Disable("b");
        _rig.TakeEvents();

        Become(restart, Define("a"), Define("c", key: "b"));

        Assert.Equal(["a", "c"], Names());
        Assert.False(_rig["c"].Enabled); // as was decided about the key
        if (!restart)
        {
            Assert.Equal(["ClientRemoved(ReplacedByFiles)", "ClientAdded"], _rig.TakeEvents());
        }

        Assert.True(_rig.Log.Has(LogLevel.Warning, "Client b: was added by a command, and gives way to “c” in the configuration"));
        _rig.Enable("c");
        Assert.Equal(EngineRig.FileSecret("c"), Received("b"));
        Assert.Empty(Kept());
        Become(restart: true, Define("a"), Define("c", key: "b"));
        Assert.Equal(["a", "c"], Names());
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void FilesGiveItsKeyToOneOfTheirs_ThatOneTakesItsPlace(bool restart)
    {
        _rig.Start(Define("a"));
        _rig.Add("b");
        _rig.TakeEvents();

        Become(restart, Define("a", key: "b"));

        Assert.Equal(["a"], Names());
        if (!restart)
        {
            Assert.Equal(["ClientRemoved(ReplacedByFiles)", "ClientRemoved(NewKey)", "ClientAdded"], _rig.TakeEvents());
        }

        Assert.Equal(EngineRig.FileSecret("a"), Received("b"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void FilesGiveItsKeyToOneThatStaysRemoved_ItIsServedStill(bool restart)
    {
        _rig.Start(Define("a"));
        _rig.Remove("a");
        _rig.Add("b");
        _rig.TakeEvents();

        Become(restart, Define("a", key: "b"));

        Assert.Equal(["b"], Names());
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
        Become(restart: true, Define("a", key: "b"));
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void FilesBringOneOfItsKeys_TheOtherOneIsNobodys(bool restart)
    {
        string print = new('F', 40);
        _rig.Start();
        _rig.Add(EngineRig.New("b", s => s with { Fingerprint = print }));
        _rig.Disable("b");

        Become(restart, EngineRig.Define("c", s => s with { Fingerprint = print }));
        Become(restart: true, EngineRig.Define("c", s => s with { Fingerprint = print }));

        Assert.Equal(["c"], Names());
        Assert.Null(Received("b"));
        KeptClient kept = Assert.Single(Kept()); // that it was disabled, and no more
        Assert.Equal((ClientOrigin.Files, KeptState.Disabled, EngineRig.KeyId("b"), null), (kept.Origin, kept.State, kept.KeyId, kept.Fingerprint));
        Assert.True(_rig.Store.Durable.Single(static stored => stored.Name.StartsWith('b')).EncryptedSecret.IsEmpty);
    }

    [Theory]
    [InlineData("the name", "b")]
    [InlineData("the key", "c")]
    public void Reload_WhileAClientIsAdded_FilesWin(string what, string name)
    {
        var gate = new Gate();
        _rig.Start(EngineRig.Define("a", static s => s with { Options = Options("x", "1") }));
        ClientDefinition[] next =
        [
            EngineRig.Define("a", s => s with { Options = gate }),
            what == "the name" ? EngineRig.Define("b", secret: "of the file") : Define("c", key: "b", secret: "of the file"),
        ];
        _rig.File = () => next;
        Task reload = _rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None);
        _rig.Until(() => gate.IsReached, "the reload to compare");
        _rig.Add("b");
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));

        gate.Open();
        _rig.Run(reload);

        Assert.Equal(["a", name], Names());
        Assert.Equal(ClientOrigin.Files, _rig[name].Origin);
        Assert.Equal("of the file", Received("b"));
    }

    [Fact]
    public void Reload_WhileItIsRemoved_TheOneOfTheFilesComes()
    {
        var gate = new Gate();
        _rig.Start(EngineRig.Define("a", static s => s with { Options = Options("x", "1") }));
        _rig.Add("b");
        ClientDefinition[] next = [EngineRig.Define("a", s => s with { Options = gate }), EngineRig.Define("b", secret: "of the file")];
        _rig.File = () => next;
        Task reload = _rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None);
        _rig.Until(() => gate.IsReached, "the reload to compare");
        _rig.Remove("b");

        gate.Open();
        _rig.Run(reload);

        Assert.Equal("of the file", Received("b"));
    }

    [Fact]
    public void Reload_ItsNameLeftOutForAMistake_StaysAsItIs()
    {
        _rig.Start();
        _rig.Add("b");
        _rig.LeftOut = ["b"];

        Become(restart: false);
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
        Become(restart: true);
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
        Assert.Equal(ClientOrigin.Command, _rig["b"].Origin);
    }

    /// <summary>Options whose comparison waits, beside the engine loop.</summary>
    private sealed class Gate : IReadOnlyDictionary<string, string>
    {
        private readonly TaskCompletionSource _open = new();

        public volatile bool IsReached;

        public int Count
        {
            get
            {
                IsReached = true;
                _open.Task.GetAwaiter().GetResult();
                return 0;
            }
        }

        public IEnumerable<string> Keys => [];

        public IEnumerable<string> Values => [];

        public string this[string key] => throw new KeyNotFoundException();

        public void Open() => _open.SetResult();

        public bool ContainsKey(string key) => false;

        public bool TryGetValue(string key, [MaybeNullWhen(false)] out string value)
        {
            value = null;
            return false;
        }

        public IEnumerator<KeyValuePair<string, string>> GetEnumerator() => Enumerable.Empty<KeyValuePair<string, string>>().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
