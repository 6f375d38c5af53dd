using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Persistence;
using Mandos.Engine.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Tests.Persistence;

/// <summary>Saving, through the engine.</summary>
public sealed class StateKeeperTests : IDisposable
{
    private readonly EngineRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Start_NewClients_AreSavedInOneBatchWithinASecond()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));

        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Settle();

        Assert.Equal(1, _rig.Store.Saves);
        Assert.Equal(2, _rig.Store.LastBatch);
    }

    [Fact]
    public void Change_ByItself_IsSavedWithinASecondInOneBatch()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));
        SaveAll();

        _rig.Serve("a");
        _rig.Serve("b");
        Assert.Equal(1, _rig.Store.Saves);
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Settle();

        Assert.Equal(2, _rig.Store.Saves);
        Assert.Equal(2, _rig.Store.LastBatch);
        Assert.Equal(_rig["a"].Expires, _rig.Store["a"]!.Client!.Expires);
    }

    [Fact]
    public void Command_Returned_IsSaved()
    {
        _rig.Start(EngineRig.Define("a"));

        _rig.Disable("a");

        Assert.False(_rig.Store["a"]!.Client!.Enabled);
    }

    [Fact]
    public void Change_DuringASave_IsSavedByTheNext()
    {
        _rig.Start(EngineRig.Define("a"));
        SaveAll();
        _rig.Store.Hang();
        Task disable = _rig.Engine.Server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Store.IsHanging, "the save");

        Task enable = _rig.Engine.Server.EnableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig["a"].Enabled, "the change");
        Assert.False(enable.IsCompleted);
        _rig.Store.Release();
        _rig.Run(disable);
        _rig.Run(enable);

        Assert.True(_rig.Store["a"]!.Client!.Enabled);
        Assert.False(_rig.Store.Overlapped);
    }

    [Fact]
    public void Save_Fails_GoesOnServingAndTriesAgainEverMoreRarely()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        SaveAll();
        _rig.Store.Error = new StateStoreException("/var/lib/mandos/state: the disk is full");
        var failure = Assert.Throws<NotSavedException>(() => _rig.Disable("a"));
        Assert.EndsWith(": /var/lib/mandos/state: the disk is full", failure.Message, StringComparison.Ordinal);
        Assert.Null(_rig.Serve("a").Received);
        Assert.Equal("/var/lib/mandos/state: the disk is full", _rig.Engine.Info.StateProblem);
        int before = _rig.Store.Saves;
        Assert.True(_rig.Log.Has(LogLevel.Error, "the disk is full"));
        Assert.True(_rig.Store["a"]!.Client!.Enabled);

        List<double> tries = [];
        for (double time = 0; time < 120; time += 0.5)
        {
            _rig.Pass(TimeSpan.FromSeconds(0.5));
            _rig.Settle();
            if (_rig.Store.Saves > before)
            {
                before = _rig.Store.Saves;
                tries.Add(time + 0.5);
            }
        }

        Assert.Equal([1, 3, 7, 15, 31, 61, 91], tries);
        Assert.NotNull(_rig.Serve("b").Received);
        _rig.Store.Error = null;
        _rig.Pass(TimeSpan.FromSeconds(30));
        _rig.Settle();
        Assert.False(_rig.Store["a"]!.Client!.Enabled);
        Assert.True(_rig.Log.Has(LogLevel.Warning, "is saved again"));
        Assert.Null(_rig.Engine.Info.StateProblem);
    }

    [Fact]
    public void Save_FailsWithSomethingUnexpected_LosesNothing()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        SaveAll();
        _rig.Store.Error = new InvalidOperationException("a fault");
        Assert.Throws<NotSavedException>(() => _rig.Disable("a"));
        _rig.Store.Error = null;

        _rig.Disable("b");
        Assert.False(_rig.Store["b"]!.Client!.Enabled);

        SaveAll();
        Assert.False(_rig.Store["a"]!.Client!.Enabled);
    }

    [Fact]
    public void Save_OfEverythingFails_SavesWhatACommandChanged()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));
        SaveAll();
        _rig.Store.MostClients = 1;
        _rig.Serve("a");
        _rig.Serve("b");

        _rig.Disable("c");

        Assert.False(_rig.Store["c"]!.Client!.Enabled);
        Assert.NotNull(_rig.Engine.Info.StateProblem);
        _rig.Store.MostClients = 2;
        _rig.Pass(TimeSpan.FromSeconds(30));
        _rig.Settle();
        Assert.Equal(_rig["b"].Expires, _rig.Store["b"]!.Client!.Expires);
        Assert.Null(_rig.Engine.Info.StateProblem);
    }

    [Fact]
    public async Task Save_OfEverythingFails_SavesWhatACommandChangedBesideOneThatChangesNothing()
    {
        _rig.Start([.. new[] { "a", "b", "c", "d" }.Select(static name => EngineRig.Define(name))]);
        SaveAll();
        _rig.Store.MostClients = 1;
        _rig.Store.Hang();
        Task first = _rig.Engine.Server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Store.IsHanging, "the first save");
        _rig.Serve("b");

        Task<CommandResult> nothing = _rig.Engine.Server.EnableAsync("d", EngineRig.Person, TestContext.Current.CancellationToken);
        Task<CommandResult> disable = _rig.Engine.Server.DisableAsync("c", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => !_rig["c"].Enabled && _rig.Audit.Commands.Count == 3, "both commands");
        _rig.Store.Release();
        _rig.Run(first);
        _rig.Until(() => nothing.IsCompleted && disable.IsCompleted, "the saves");

        Assert.Null((await disable).Problem);
        Assert.Null((await nothing).Problem);
        Assert.False(_rig.Store["c"]!.Client!.Enabled);
    }

    [Fact]
    public void Command_ThatChangesNothing_IsDurableThoughOthersCannotBeSaved()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Disable("a");
        SaveAll();
        _rig.Store.Error = new StateStoreException("the disk is full");
        _rig.Serve("b");

        _rig.Disable("a");

        Assert.Throws<NotSavedException>(() => _rig.Disable("b"));
        Assert.Throws<NotSavedException>(() => _rig.Disable("b")); // nothing is new, but what it asks for is not on disk
    }

    [Fact]
    public void Reload_TogetherWithACommand_IsNotSavedBecauseTheCommandIs()
    {
        _rig.File = () => [EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c")];
        _rig.Start(EngineRig.Define("a"));
        SaveAll();
        _rig.Store.Hang();
        Task first = _rig.Engine.Server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Store.IsHanging, "the save");
        Task reload = _rig.Engine.Server.ReloadAsync(EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Engine.Parts.Clients.Count == 3, "the reload");
        Task command = _rig.Engine.Server.EnableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig["a"].Enabled, "the command");

        _rig.Store.MostClients = 1;
        _rig.Store.Release();
        _rig.Run(first);

        Assert.Throws<NotSavedException>(() => _rig.Run(reload));
        Assert.Throws<NotSavedException>(() => _rig.Run(command));
    }

    [Theory]
    [InlineData("enable")]
    [InlineData("change")]
    [InlineData("secret")]
    [InlineData("remove")]
    [InlineData("checked")]
    [InlineData("deny")]
    [InlineData("reload")]
    public void Command_CannotBeSaved_IsInForceAndSaysSo(string command)
    {
        _rig.File = () => [EngineRig.Define("a"), EngineRig.Define("b")];
        _rig.Start(EngineRig.Define("a"));
        _rig.Disable("a");
        _rig.Store.Error = new StateStoreException("full");

        Assert.Throws<NotSavedException>(() => _rig.Run(command switch
        {
            "enable" => _rig.Engine.Server.EnableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken),
            "change" => _rig.Engine.Server.ChangeAsync("a", ClientChange.Of(ClientSetting.Host, "new"), EngineRig.Person, TestContext.Current.CancellationToken),
            "secret" => _rig.Engine.Server.SetSecretAsync("a", "new"u8.ToArray(), EngineRig.Person, TestContext.Current.CancellationToken),
            "remove" => _rig.Engine.Server.RemoveAsync("a", EngineRig.Person, TestContext.Current.CancellationToken),
            "deny" => _rig.Engine.Server.ApproveAsync("a", false, EngineRig.Person, TestContext.Current.CancellationToken),
            "checked" => _rig.Engine.Server.MarkCheckedOkAsync("a", EngineRig.Person, TestContext.Current.CancellationToken),
            _ => _rig.Engine.Server.ReloadAsync(EngineRig.Person, TestContext.Current.CancellationToken),
        }));

        Assert.Equal(command == "enable" ? EngineRig.FileSecret("a") : null, Text(_rig.Serve("a").Received));
        _rig.Store.Error = null;
        if (command == "secret")
        {
            _rig.Enable("a");
            Assert.Equal("new", Text(_rig.Serve("a").Received));
        }

        _rig.Run(_rig.Engine.StopAsync(TestContext.Current.CancellationToken));
        Assert.Null(_rig.Engine.Unsaved);

        static string? Text(byte[]? secret) => secret is null ? null : System.Text.Encoding.UTF8.GetString(secret);
    }

    [Fact]
    public void Start_StoreCannotSave_ServesSaysSoAndBecomesWhole()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        _rig.Disable("a");
        using var again = new EngineRig { Store = new FakeStore(_rig.Store.Durable)
        {
            SaveProblem = "read-only", Error = new StateStoreException("read-only"),
        } };

        again.Start(EngineRig.Define("a"), EngineRig.Define("b"));

        Assert.Null(again.Serve("a").Received);
        Assert.NotNull(again.Serve("b").Received);
        Assert.True(again.Log.Has(LogLevel.Error, "was read, but cannot be saved: read-only"));
        Assert.Equal("read-only", again.Engine.Info.StateProblem);
        again.Pass(TimeSpan.FromSeconds(60));
        again.Settle();
        again.Store.Error = null;
        again.Pass(TimeSpan.FromSeconds(30));
        again.Settle();
        Assert.Null(again.Engine.Info.StateProblem);
        Assert.Equal(again["b"].Expires, again.Store["b"]!.Client!.Expires);
    }

    [Fact]
    public async Task Commands_TwoAtOnceAndRoomForOne_NoneIsToldThatItIsSavedUnlessItIs()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        SaveAll();
        _rig.Store.MostClients = 1;

        Task<CommandResult>[] disabled =
        [
            .. new[] { "a", "b" }.Select(name => _rig.Engine.Server.DisableAsync(name, EngineRig.Person, TestContext.Current.CancellationToken)),
        ];
        _rig.Until(() => disabled.All(static command => command.IsCompleted), "both commands");

        Assert.Equal(!_rig.Store["a"]!.Client!.Enabled, (await disabled[0]).IsDurable);
        Assert.Equal(!_rig.Store["b"]!.Client!.Enabled, (await disabled[1]).IsDurable);
    }

    [Fact]
    public void StopAsync_NotEverythingSaved_SaysWhatIsLost()
    {
        _rig.Start(EngineRig.Define("a"));
        SaveAll();
        _rig.Store.Error = new StateStoreException("the disk is full");
        Assert.Throws<NotSavedException>(() => _rig.Disable("a"));

        _rig.Run(_rig.Engine.StopAsync(TestContext.Current.CancellationToken));

        Assert.Equal("changes of 1 client: the disk is full", _rig.Engine.Unsaved);
    }

    [Fact]
    public void Save_FailsAfterTheClientChangedAgain_SavesTheNewerState()
    {
        _rig.Start(EngineRig.Define("a"));
        SaveAll();
        _rig.Store.Hang();
        _rig.Store.Error = new StateStoreException("full");
        Task first = _rig.Engine.Server.ChangeAsync("a", ClientChange.Of(ClientSetting.Host, "one"), EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig.Store.IsHanging, "the save");
        Task second = _rig.Engine.Server.ChangeAsync("a", ClientChange.Of(ClientSetting.Host, "two"), EngineRig.Person, TestContext.Current.CancellationToken);
        _rig.Until(() => _rig["a"].Settings.Host == "two", "the change");

        _rig.Store.Release();
        Assert.Throws<NotSavedException>(() => _rig.Run(first));
        Assert.Throws<NotSavedException>(() => _rig.Run(second));
        _rig.Store.Error = null;
        _rig.Pass(TimeSpan.FromSeconds(30));
        _rig.Settle();

        Assert.Equal("two", _rig.Store["a"]!.Client!.Settings.Host);
    }

    [Fact]
    public void Save_HangsWithNobodyWaiting_IsSaidEveryMinute()
    {
        _rig.Start(EngineRig.Define("a"));
        SaveAll();
        _rig.Store.Hang();
        _rig.Pass(_rig["a"].Settings.Timeout);
        Assert.False(_rig["a"].Enabled);
        _rig.Pass(StateKeeper.GatherTime);
        _rig.Until(() => _rig.Store.IsHanging, "the save");

        _rig.Pass(TimeSpan.FromSeconds(59));
        Assert.False(_rig.Log.Has(LogLevel.Error, "has not ended a save"));
        _rig.Pass(TimeSpan.FromSeconds(1));
        Assert.True(_rig.Log.Has(LogLevel.Error, "The state store has not ended a save for 60 s"));
        _rig.Pass(TimeSpan.FromSeconds(60));
        Assert.True(_rig.Log.Has(LogLevel.Error, "The state store has not ended a save for 120 s"));

        _rig.Store.Release();
        _rig.Settle();
        Assert.True(_rig.Log.Has(LogLevel.Warning, "is saved again"));
    }

    [Fact]
    public void Command_SaveHangs_FailsAfterFiveSeconds()
    {
        _rig.Start(EngineRig.Define("a"));
        SaveAll();
        _rig.Store.Hang();
        CommandResult result = _rig.RunInVain(server => server.DisableAsync("a", EngineRig.Person, TestContext.Current.CancellationToken));

        Assert.True(_rig.Store.IsHanging);
        Assert.True(_rig.Log.Has(LogLevel.Error, "Not waiting longer than 5 s"));
        Assert.Contains("longer than 5 s", result.Problem, StringComparison.Ordinal);
        _rig.Store.Release();
        _rig.Settle();
        Assert.False(_rig.Store["a"]!.Client!.Enabled);
    }

    [Fact]
    public void Remove_Client_LeavesAMarkThatKeepsItAway()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.SetSecret("a", [1, 2, 3]);

        _rig.Remove("a");

        Assert.Null(_rig.Store["a"]!.Client);
        Assert.True(_rig.Store["a"]!.EncryptedSecret.IsEmpty);
        using EngineRig again = Restart(EngineRig.Define("a"));
        Assert.Empty(again.Engine.Parts.Clients.All);
        Assert.True(again.Log.Has(LogLevel.Information, "was removed at run time"));
    }

    [Fact]
    public void Start_ConfigurationWithoutClients_ForgetsNothing()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.Disable("a");

        using EngineRig without = Restart();
        without.Pass(TimeSpan.FromSeconds(1));
        without.Settle();

        Assert.True(without.Log.Has(LogLevel.Warning, "nothing of it is forgotten"));
        using var with = new EngineRig { Store = new FakeStore(without.Store.Durable) };
        with.Start(EngineRig.Define("a"));
        Assert.False(Assert.Single(with.Engine.Parts.Clients.All).Snapshot.Enabled);
    }

    [Fact]
    public void Start_RestoreOff_TakesTheFileAndForgetsTheRest()
    {
        _rig.Start(EngineRig.Define("a"), EngineRig.Define("b"), EngineRig.Define("c"));
        _rig.Disable("a");
        _rig.Remove("b");

        using var again = new EngineRig { Store = new FakeStore(_rig.Store.Durable),
            Options = new EngineOptions { Restore = false } };
        again.Start(EngineRig.Define("a"), EngineRig.Define("b"));
        again.Pass(TimeSpan.FromSeconds(1));
        again.Settle();

        Assert.True(again["a"].Enabled && again["b"].Enabled);
        Assert.Equal(["a", "b"], again.Store.Durable.Select(static client => client.Name).Order());
        Assert.All(again.Store.Durable, static client => Assert.True(client.Client!.Enabled));
    }

    [Fact]
    public void Start_RunTimeSecret_IsKeptWhileTheFilesIsTheSame()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.SetSecret("a", "changed"u8.ToArray());

        using EngineRig same = Restart(EngineRig.Define("a"));
        using EngineRig edited = Restart(EngineRig.Define("a", secret: "edited"));

        Assert.Equal("changed"u8.ToArray(), same.Serve("a").Received);
        Assert.Equal("edited"u8.ToArray(), edited.Serve("a").Received);
        Assert.True(edited.Log.Has(LogLevel.Information, "replaces the one set at run time"));
        edited.Pass(TimeSpan.FromSeconds(1));
        edited.Settle();
        Assert.True(edited.Store["a"]!.EncryptedSecret.IsEmpty);
    }

    [Fact]
    public void SetSecret_BackToTheFiles_KeepsNothingInTheStore()
    {
        _rig.Start(EngineRig.Define("a"));
        _rig.SetSecret("a", "changed"u8.ToArray());
        Assert.False(_rig.Store["a"]!.EncryptedSecret.IsEmpty);

        _rig.SetSecret("a", System.Text.Encoding.UTF8.GetBytes(EngineRig.FileSecret("a")));

        Assert.True(_rig.Store["a"]!.EncryptedSecret.IsEmpty);
        Assert.Equal(System.Text.Encoding.UTF8.GetBytes(EngineRig.FileSecret("a")), _rig.Serve("a").Received);
    }

    private EngineRig Restart(params Mandos.Engine.Clients.ClientDefinition[] definitions)
        => new EngineRig { Store = new FakeStore(_rig.Store.Durable) }.Start(definitions);

    private void SaveAll()
    {
        _rig.Pass(TimeSpan.FromSeconds(1));
        _rig.Settle();
    }
}
