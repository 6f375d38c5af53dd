using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Commands;

/// <summary>Clients that a command adds.</summary>
public sealed partial class AddClientTests : IDisposable
{
    private EngineRig _rig = new();

    public static TheoryData<bool> Ways => [false, true];

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void AddClient_New_IsThereServedAndSaved()
    {
        _rig.Start(Define("a"));

        _rig.Add(EngineRig.New("b", static s => s with
        {
            Host = "h", Timeout = TimeSpan.FromMinutes(7), Location = "cellar", ApproveAll = true, Options = Options("port", "80"),
        }));

        Assert.Equal(["ClientAdded"], _rig.TakeEvents());
        ClientSnapshot b = _rig["b"];
        Assert.Equal((ClientOrigin.Command, true, TestClock.Epoch, "h", "cellar"), (b.Origin, b.Enabled, b.Created, b.Settings.Host, b.Settings.Location));
        Assert.Equal(TestClock.Epoch.AddMinutes(7), b.Expires);
        Assert.Equal(ClientOrigin.Files, _rig["a"].Origin);
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
        StoredClient stored = _rig.Store["b"]!;
        Assert.Equal((ClientOrigin.Command, b.Settings, true), (stored.Client!.Origin, stored.FileSettings, stored.FileEnabled));
        Assert.Equal(-1, stored.EncryptedSecret.Span.IndexOf(Encoding.UTF8.GetBytes(EngineRig.FileSecret("b"))));
        Assert.Equal(1, _rig.Key!.Created);
        Assert.True(_rig.Log.Has(LogLevel.Information, "Client b: added by a command"));
    }

    [Fact]
    public void AddClient_Disabled_IsDisabled()
    {
        _rig.Start();

        _rig.Add(EngineRig.New("b", enabled: false));

        Assert.Equal((false, null), (_rig["b"].Enabled, _rig["b"].Expires));
        Assert.Null(Received("b"));
        _rig.Enable("b");
        Assert.NotNull(Received("b"));
    }

    [Fact]
    public void AddClient_Enabled_IsChecked()
    {
        _rig.Start();
        _rig.Add("b");

        _rig.Pass(TimeSpan.FromMinutes(2));
        _rig.Settle();

        Assert.Equal(0, _rig["b"].LastCheckerStatus);
    }

    [Fact]
    public void AddClient_KeysAsAFileMayHaveThem_AreTaken()
    {
        _rig.Start();

        _rig.Add(EngineRig.New("b", static s => s with { KeyId = "SHA256:" + s.KeyId!.ToLowerInvariant(), Fingerprint = "", CheckerPlugin = "" }));

        Assert.Equal((EngineRig.KeyId("b"), null, null), (_rig["b"].Settings.KeyId, _rig["b"].Settings.Fingerprint, _rig["b"].Settings.CheckerPlugin));
        Assert.NotNull(Received("b"));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void AddClient_Reload_StaysAsItIs(bool restart)
    {
        _rig.Start(Define("a"));
        _rig.Add(EngineRig.New("b", static s => s with { ApproveAll = true, Options = Options("port", "80") }));
        _rig.Change("b", ClientChange.Of(ClientSetting.Host, "elsewhere"));
        _rig.Pass(TimeSpan.FromSeconds(70));
        _rig.Settle();

        ClientSnapshot before = _rig["b"];
        Become(restart, Define("c"));

        Assert.Equal(before, _rig["b"]);
        Assert.Equal(["b", "c"], Names());
        Assert.Equal(EngineRig.FileSecret("b"), Received("b"));
        Become(restart);
        Assert.Equal(["b"], Names());
        Assert.Equal(["a", "c"], Kept().Select(static kept => kept.Name));
    }

    [Fact]
    public void AddClient_Disabled_IsSoAfterARestart()
    {
        _rig.Start();
        _rig.Add("b");
        _rig.Disable("b");

        Become(restart: true);

        Assert.False(_rig["b"].Enabled);
        Assert.Null(Received("b"));
    }

    [Fact]
    public void AddClient_StartThatRestoresNothing_KeepsTheDefinitionAlone()
    {
        _rig.Start(Define("a"));
        _rig.Add("b");
        _rig.Change("b", ClientChange.Of(ClientSetting.Host, "elsewhere"));
        _rig.SetSecret("b", "another"u8.ToArray());
        _rig.Disable("b");
        _rig.Disable("a");

        Restart(restore: false, Define("a"));

        Assert.Equal((true, ""), (_rig["b"].Enabled, _rig["b"].Settings.Host));
        Assert.Equal("another", Received("b"));
        Assert.True(_rig["a"].Enabled);
        Assert.Empty(Kept());
        Restart(restore: true, Define("a"));
        Assert.Equal("another", Received("b"));
    }

    [Fact]
    public void AddClient_StartThatRestoresNothing_FilesWinWithoutItsState()
    {
        _rig.Start();
        _rig.Add("b");
        _rig.Disable("b");
        _rig.Add("c");
        _rig.Disable("c");

        Restart(restore: false, EngineRig.Define("b", secret: "of the file"), Define("d", key: "c"));

        Assert.Equal("of the file", Received("b"));
        Assert.Equal((ClientOrigin.Files, true), (_rig["b"].Origin, _rig["b"].Enabled));
        Assert.Equal(EngineRig.FileSecret("d"), Received("c"));
        Assert.Equal(["b", "d"], Names());
        Assert.Equal(["b", "d"], _rig.Store.Durable.Select(static stored => stored.Name).Order());
    }

    [Fact]
    public void AddClient_SecretChanged_IsSoAfterARestart()
    {
        _rig.Start();
        _rig.Add("b");

        _rig.SetSecret("b", "another"u8.ToArray());

        Assert.Equal("another", Received("b"));
        Become(restart: false);
        Assert.Equal("another", Received("b"));
        Become(restart: true);
        Assert.Equal("another", Received("b"));
    }

    [Theory]
    [InlineData("the name", "there is a client “a” already")]
    [InlineData("the key ID", "client “a” has the key")]
    [InlineData("the fingerprint", "client “legacy” has the key FFFF")]
    [InlineData("the name of one that was removed", "a client “gone” had this name or key")]
    [InlineData("the key of one that has left the files", "a client “left” had this name or key")]
    public void AddClient_WithWhatAnotherHas_IsRefused(string what, string problem)
    {
        string print = new('F', 40);
        ClientDefinition Legacy() => EngineRig.Define("legacy", s => s with { KeyId = null, Fingerprint = print });
        _rig.Start(Define("a"), Legacy(), Define("gone"), Define("left"));
        _rig.Remove("gone");
        _rig.Reload(Define("a"), Legacy(), Define("gone"));
        _rig.TakeEvents();
        NewClient client = what switch
        {
            "the name" => EngineRig.New("a", static s => s with { KeyId = EngineRig.KeyId("new") }),
            "the key ID" => EngineRig.New("new", static s => s with { KeyId = EngineRig.KeyId("a"), Fingerprint = new('E', 40) }),
            "the fingerprint" => EngineRig.New("new", s => s with { Fingerprint = print }),
            "the name of one that was removed" => EngineRig.New("gone", static s => s with { KeyId = EngineRig.KeyId("new") }),
            _ => EngineRig.New("new", static s => s with { KeyId = EngineRig.KeyId("left") }),
        };

        string message = Assert.Throws<ClientExistsException>(() => _rig.Add(client)).Message;

        Assert.StartsWith(problem, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
        Assert.Empty(_rig.TakeEvents());
        Assert.Equal(["a", "legacy"], Names());
        foreach (KeptClient kept in Kept())
        {
            _rig.Forget(kept.Name);
        }

        if (client.Name is "gone" || client.Settings.KeyId == EngineRig.KeyId("left"))
        {
            _rig.Add(client); // nothing is kept any more
        }
    }

    [Theory]
    [InlineData("", "the client has no name")]
    [InlineData("a\nb", "the client has a line break in its name, which is not allowed")]
    [InlineData("a\0b", "the client has a NUL character in its name, which is not allowed")]
    [InlineData(" default ", "the client cannot be called  default , which clients.conf has for all clients")]
    public void AddClient_BadName_IsRefused(string name, string problem)
    {
        _rig.Start();

        Assert.Equal(problem, Assert.Throws<ArgumentException>(() => _rig.Add(EngineRig.New(name))).Message);

        Assert.Empty(Names());
        Assert.Equal(0, _rig.Key!.Created);
    }

    [Fact]
    public void AddClient_BadSettings_IsRefused()
    {
        _rig.Start();

        Refused(static s => s with { KeyId = "12" }, "the key ID is not 64 hexadecimal digits but 2");
        Refused(static s => s with { Fingerprint = "xyz" }, "the fingerprint is not 40 hexadecimal digits");
        Refused(static s => s with { KeyId = ClientDefinition.EmptyKeyId }, "the key ID is the key ID of an empty key");
        Refused(static s => s with { KeyId = null }, "the client has neither key ID nor fingerprint");
        Refused(static s => s with { Interval = TimeSpan.Zero }, "the interval must be more than zero");
        Refused(static s => s with { Timeout = TimeSpan.FromTicks(-1) }, "the timeout must not be negative");
        Refused(static s => s with { Host = "a\0b" }, "the host must not contain a NUL character");
        Refused(static s => s with { Location = "a\ud800b" }, "a text of the client is not valid Unicode");
        Refused(static s => s with { Options = Options("Port", "1") }, "the option “Port” has capital letters");
        Refused(static s => s with { Host = new('h', ClientLimits.AddedTextLength) }, "the texts of the client have");
        Refused(static s => s with { Options = Options("o", new('h', ClientLimits.AddedTextLength)) }, "the texts of the client have");
        Assert.Contains("1048576", Assert.Throws<ArgumentException>(() => _rig.Run(_rig.Engine.Server.AddClientAsync(
            EngineRig.New("a"), new byte[ClientLimits.SecretBytes + 1], EngineRig.Person, CancellationToken.None))).Message, StringComparison.Ordinal);

        void Refused(Func<ClientSettings, ClientSettings> change, string problem)
        {
            string message = Assert.Throws<ArgumentException>(() => _rig.Add(EngineRig.New("a", change))).Message;
            Assert.StartsWith(problem, message, StringComparison.Ordinal);
            Assert.Empty(Names());
        }
    }

    [Fact]
    public void AddClient_JudgedBad_IsRefusedAndItsSecretZeroed()
    {
        ClientDefinition? judged = null;
        _rig = new EngineRig
        {
            Options = new EngineOptions
            {
                JudgeClient = client =>
                {
                    judged = client;
                    Assert.Equal(EngineRig.FileSecret("a"), Encoding.UTF8.GetString(client.Secret.Memory.Span));
                    return Task.FromException(new ArgumentException("there is no checker “x”"));
                },
            },
        }.Start();

        Assert.Equal("there is no checker “x”", Assert.Throws<ArgumentException>(() => _rig.Add("a")).Message);

        Assert.Empty(Names());
        Assert.Equal(-1, judged!.Secret.Memory.Span.IndexOfAnyExcept((byte)0));
        Assert.Equal(0, _rig.Key!.Created);
    }

    [Fact]
    public void AddClient_CallerChangesWhatItGave_HasNoEffect()
    {
        _rig.Start();
        var options = new Dictionary<string, string> { ["port"] = "1" };
        byte[] secret = "good"u8.ToArray();

        Task<CommandResult> adding = _rig.Engine.Server.AddClientAsync(
            EngineRig.New("b", s => s with { Options = options }), secret, EngineRig.Person, CancellationToken.None);
        options["port"] = "2";
        Array.Clear(secret);
        _rig.Run(adding);

        Assert.Equal("1", _rig["b"].Settings.Options["port"]);
        Assert.Equal("good", Received("b"));
    }

    [Fact]
    public void AddClient_SameNameOrKeyAtOnce_OneIsAdded()
    {
        _rig.Start();
        Task<CommandResult>[] adding =
        [
            _rig.AddAsync(EngineRig.New("b")),
            _rig.AddAsync(EngineRig.New("c", static s => s with { KeyId = EngineRig.KeyId("b") })),
            _rig.AddAsync(EngineRig.New("b")),
        ];

        _rig.Until(() => adding.All(static task => task.IsCompleted), "the commands to end");

        Assert.Single(adding, static task => task.IsCompletedSuccessfully);
        Assert.All(adding.Where(static task => task.IsFaulted), static task => Assert.IsType<ClientExistsException>(task.Exception!.InnerException));
        Assert.Single(Names());
        Assert.Single(_rig.Store.Durable);
        Assert.Equal(1, _rig.Key!.Created);
    }

    [Fact]
    public void AddClient_NotSaved_IsInForceAndSaysSo()
    {
        _rig.Start();
        _rig.Store.Error = new StateStoreException("the disk is full");

        Assert.Contains("the disk is full", Assert.Throws<NotSavedException>(() => _rig.Add("b")).Message, StringComparison.Ordinal);

        Assert.NotNull(Received("b"));
        _rig.Store.Error = null;
        _rig.Pass(TimeSpan.FromSeconds(40));
        _rig.Settle();
        Assert.NotNull(_rig.Store["b"]);
    }

    [Fact]
    public void AddClient_NoPlaceForAKey_IsRefused()
    {
        _rig = new EngineRig { Key = null }.Start();

        Assert.Throws<StateStoreException>(() => _rig.Add("b"));

        Assert.Empty(Names());
    }

    [Fact]
    public void AddClient_KeyCannotBeMade_IsRefused()
    {
        _rig.Start();
        _rig.Key!.Fault = "/state/server.key: permission denied";

        Assert.Equal(_rig.Key.Fault, Assert.Throws<StateStoreException>(() => _rig.Add("b")).Message);

        Assert.Empty(Names());
        Assert.Empty(_rig.Store.Durable);
        _rig.Key.Fault = null;
        _rig.Add("b");
        Assert.NotNull(Received("b"));
    }

    [Fact]
    public void AddClient_KeyOfAnAddThatDidNotEnd_IsUsed()
    {
        byte[] key = [.. Enumerable.Range(1, 32).Select(static i => (byte)i)];
        _rig.Key!.Bytes = key; // the server died between the key and the state
        _rig.Start();

        _rig.Add("b");

        Assert.Equal((0, key), (_rig.Key.Created, _rig.Key.Bytes));
        Become(restart: true);
        Assert.NotNull(Received("b"));
    }

    [Fact]
    public void AddClient_KeyFileGoneMeanwhile_IsWrittenAgain()
    {
        _rig.Start();
        _rig.Add("b");
        byte[] key = _rig.Key!.Bytes!;
        _rig.Key.Bytes = null;

        _rig.Add("c");

        Assert.Equal(key, _rig.Key.Bytes);
        Become(restart: true);
        Assert.Equal(["b", "c"], Names());
    }

    [Fact]
    public void AddClient_KeyFileReplacedMeanwhile_IsRefused()
    {
        _rig.Start();
        _rig.Add("b");
        _rig.Key!.Bytes = new byte[32];

        Assert.Throws<StateStoreException>(() => _rig.Add("c"));

        Assert.Equal(["b"], Names());
    }

    [Fact]
    public void Remove_AddedClient_IsGoneForGood()
    {
        _rig.Start(Define("a"));
        _rig.Add("b");
        _rig.TakeEvents();

        _rig.Remove("b");

        Assert.Equal(["ClientRemoved(Command)"], _rig.TakeEvents());
        Assert.Empty(Kept());
        Assert.Null(_rig.Store["b"]);
        Assert.Null(Received("b"));
        Become(restart: true, Define("a"));
        Assert.Equal(["a"], Names());
        _rig.Add("b");
        Assert.NotNull(Received("b"));
    }

    [Fact]
    public void Remove_AddedClientOnADiskThatIsAlmostFull_IsSavedAlone()
    {
        _rig.Start(Define("a"), Define("c"));
        _rig.Add("b");
        _rig.Store.MostClients = 1;
        Assert.Throws<NotSavedException>(() => _rig.Run(_rig.Engine.Server.ReloadAsync(EngineRig.Person, CancellationToken.None))); // both leave

        _rig.Remove("b");

        Assert.Null(_rig.Store["b"]);
    }

    [Fact]
    public void AddClient_WhereNothingWasRestoredAndTheFileIsEmpty_IsNotForgottenWithWhatWasThere()
    {
        _rig.Start(Define("b"));
        _rig.Disable("b");
        Restart(restore: false);
        _rig.Add("b");

        _rig.Reload(Define("a"));
        _rig.Settle();

        Assert.Equal(ClientOrigin.Command, _rig.Store["b"]!.Client!.Origin);
        Assert.NotNull(Received("b"));
    }

    [Fact]
    public void AddClient_WhenTheServerStops_IsRefused()
    {
        _rig.Start();
        _rig.Run(_rig.Engine.StopAsync(CancellationToken.None));

        Task adding = _rig.AddAsync(EngineRig.New("b"));

        Assert.Throws<OperationCanceledException>(() => _rig.Run(adding));
        Assert.Empty(_rig.Store.Durable);
    }

    private static ClientDefinition Define(string name, string? key = null, string? secret = null)
        => EngineRig.Define(name, key is null ? null : s => s with { KeyId = EngineRig.KeyId(key) }, secret: secret);

    private static Dictionary<string, string> Options(string name, string value) => new() { [name] = value };

    private string? Received(string key) => _rig.Serve(key).Received is { } bytes ? Encoding.UTF8.GetString(bytes) : null;

    private string[] Names() => [.. _rig.Engine.Parts.Clients.All.Select(static client => client.Name).Order()];

    private IReadOnlyList<KeptClient> Kept()
    {
        Task<IReadOnlyList<KeptClient>> kept = _rig.Engine.Server.GetKeptClientsAsync(CancellationToken.None).AsTask();
        _rig.Run(kept);
        return kept.GetAwaiter().GetResult();
    }

    /// <summary>Has other files take effect, by a restart or a reload.</summary>
    private void Become(bool restart, params ClientDefinition[] definitions)
    {
        if (restart)
        {
            Restart(restore: true, definitions);
        }
        else
        {
            _rig.Reload(definitions);
        }
    }

    private void Restart(bool restore, params ClientDefinition[] definitions)
    {
        EngineRig next = Next(_rig.Store, restore);
        _rig.Run(_rig.Engine.StopAsync(CancellationToken.None));
        _rig.Dispose();
        _rig = next.Start(definitions);
        _rig.Run(_rig.Engine.Parts.Keeper.FlushAsync());
    }

    private EngineRig Next(FakeStore store, bool restore) => new()
    {
        Clock = _rig.Clock,
        Store = store,
        Key = _rig.Key,
        Log = _rig.Log,
        LeftOut = _rig.LeftOut,
        Options = new EngineOptions { Restore = restore },
    };
}
