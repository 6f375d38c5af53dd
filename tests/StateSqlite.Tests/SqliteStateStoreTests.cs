using CsCheck;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Samples;
using Mandos.StateSqlite;

namespace StateSqlite.Tests;

public sealed class SqliteStateStoreTests : IDisposable
{
    private readonly StateDirectory _directory = new();

    private static CancellationToken Token => StateDirectory.Token;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Constructor_AnyContext_TouchesNoFile()
    {
        _ = _directory.Store();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public async Task LoadAsync_NoFile_CreatesOneForTheOwnerAlone()
    {
        await using SqliteStateStore store = _directory.Store();
        Assert.Empty(await store.LoadAsync(Token));
        await store.SaveAsync([SampleClients.Stored(1)], [], Token);

        string[] files = [.. Directory.EnumerateFiles(_directory.Path).Order()];
        Assert.Equal([_directory.Database, _directory.Log], files);
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void Explain_NoPermission_SaysWhatIsNeeded()
    {
        using var file = new StateFile("/state/clients.db");

        Assert.Equal(
            "/state/clients.db: permission denied; the server's user must own it and be able to write to its directory",
            file.Explain(new UnauthorizedAccessException("Access to the path is denied.")));
    }

    [Fact]
    public async Task LoadAsync_FileOpenToOthers_TakesThatAway()
    {
        await _directory.SaveAsync(SampleClients.Stored(1));
        File.SetUnixFileMode(_directory.Database, (UnixFileMode)0b110_110_110);

        Assert.Single(await _directory.LoadAsync());

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_directory.Database));
        Assert.Contains(_directory.Context.Logged, entry => entry.Id == 6001);
    }

    [Fact]
    public async Task DisposeAsync_AfterSaves_LeavesALogThatSpoilsNoBackup()
    {
        await _directory.SaveAsync(SampleClients.Stored(1));
        byte[] backup = await File.ReadAllBytesAsync(_directory.Database, Token);
        await _directory.SaveAsync(SampleClients.Stored(2));
        Assert.Equal([_directory.Database, _directory.Log], Directory.EnumerateFiles(_directory.Path).Order());

        await File.WriteAllBytesAsync(_directory.Database, backup, Token);

        Assert.True(StateDirectory.Same([SampleClients.Stored(1)], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task SaveAsync_AnyChanges_LoadGivesThemBack()
    {
        Gen<(StoredClient[] Changed, string[] Forgotten)[]> batches =
            Gen.Select(RandomClients.Any.Array[0, 10], RandomClients.Names.Array[0, 5]).Array[1, 10];
        await batches.SampleAsync(
            async all =>
            {
                using var directory = new StateDirectory();
                Dictionary<string, StoredClient> expected = [];
                foreach ((StoredClient[] changed, string[] forgotten) in all)
                {
                    await using SqliteStateStore store = directory.Store();
                    Assert.True(StateDirectory.Same(expected.Values, await store.LoadAsync(Token)));
                    await store.SaveAsync(changed, forgotten, Token);
                    Array.ForEach(forgotten, name => expected.Remove(name));
                    Array.ForEach(changed, client => expected[client.Name] = client);
                }

                Assert.True(StateDirectory.Same(expected.Values, await directory.LoadAsync()));
            },
            iter: 30,
            threads: 1);
    }

    [Fact]
    public async Task SaveAsync_TimeWithOffset_LoadGivesTheSameMomentInUtc()
    {
        var time = new DateTimeOffset(2026, 7, 1, 12, 0, 0, TimeSpan.FromHours(2));
        ClientSnapshot client = SampleClients.Snapshot(1) with { Expires = time };
        await _directory.SaveAsync(SampleClients.Stored(1) with { Client = client });

        DateTimeOffset? loaded = Assert.Single(await _directory.LoadAsync()).Client!.Expires;

        Assert.Equal(time, loaded);
        Assert.Equal(TimeSpan.Zero, loaded!.Value.Offset);
    }

    [Theory]
    [InlineData("a\0b")]
    [InlineData("")]
    [InlineData("\uFEFFx")]
    public async Task SaveAsync_StrangeText_LoadGivesItBack(string text)
    {
        StoredClient client = SampleClients.Stored(1) with { Name = text, Client = null };
        client = client with { FileSettings = client.FileSettings with { Host = text, CheckerPlugin = text } };
        await _directory.SaveAsync(client);

        Assert.True(StateDirectory.Same([client], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task SaveAsync_TextThatIsNotUnicode_DoesNotSpoilTheStore()
    {
        StoredClient client = SampleClients.Stored(1);
        await _directory.SaveAsync(client with { FileSettings = client.FileSettings with { Host = "\ud800" } });

        Assert.Equal("\ufffd", Assert.Single(await _directory.LoadAsync()).FileSettings.Host);
    }

    [Fact]
    public async Task SaveAsync_SettingsOfTheFileInForce_AreOneObject()
    {
        await _directory.SaveAsync(SampleClients.Stored(1));

        StoredClient loaded = Assert.Single(await _directory.LoadAsync());

        Assert.Same(loaded.FileSettings, loaded.Client!.Settings);
    }

    [Fact]
    public async Task SaveAsync_OneClientOfABatchFails_NothingIsSaved()
    {
        ClientSettings noChecker = SampleClients.Settings(4) with { Checker = null! };
        StoredClient impossible = SampleClients.Stored(4) with { FileSettings = noChecker };
        await _directory.SaveAsync(SampleClients.Stored(1));
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);

        await Assert.ThrowsAnyAsync<Exception>(async () =>
            await store.SaveAsync([SampleClients.Stored(2), impossible], [SampleClients.Stored(1).Name], Token));
        await store.SaveAsync([SampleClients.Stored(3)], [], Token);
        await store.DisposeAsync();

        Assert.True(StateDirectory.Same([SampleClients.Stored(1), SampleClients.Stored(3)], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task SaveAsync_CancelledInTheMiddle_NothingIsSaved()
    {
        using var cancellation = new CancellationTokenSource();
        await using (SqliteStateStore store = _directory.Store())
        {
            await store.LoadAsync(Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
                await store.SaveAsync(new CancellingBatch(cancellation), [], cancellation.Token));
            await store.SaveAsync([SampleClients.Stored(9)], [], Token);
        }

        Assert.True(StateDirectory.Same([SampleClients.Stored(9)], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task SaveAsync_ManySaves_LogBesideTheFileDoesNotGrow()
    {
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        StoredClient[] clients = [.. Enumerable.Range(0, 500).Select(SampleClients.Stored)];
        for (int i = 0; i < 20; i++)
        {
            await store.SaveAsync(clients, [], Token);
            Assert.InRange(new FileInfo(_directory.Log).Length, 1, 2 * new FileInfo(_directory.Database).Length);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SaveAsync_BackupPutInPlace_IsRefusedAndLeavesTheBackup(bool withLog)
    {
        await _directory.SaveAsync(SampleClients.Stored(1));
        byte[] backup = await File.ReadAllBytesAsync(_directory.Database, Token);
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        await File.WriteAllBytesAsync(_directory.Database + ".backup", backup, Token);
        File.Move(_directory.Database + ".backup", _directory.Database, overwrite: true);
        if (!withLog)
        {
            File.Delete(_directory.Log);
        }

        for (int i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<StateStoreException>(
                async () => await store.SaveAsync([SampleClients.Stored(2)], [], Token));
            Assert.Contains("another file was put in its place", failure.Message, StringComparison.Ordinal);
        }

        await store.DisposeAsync();
        Assert.Equal(backup, await File.ReadAllBytesAsync(_directory.Database, Token));
        Assert.True(StateDirectory.Same([SampleClients.Stored(1)], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task SaveAsync_LogDeleted_LosesNothing()
    {
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        await store.SaveAsync([SampleClients.Stored(1)], [], Token);
        File.Delete(_directory.Log);

        await store.SaveAsync([SampleClients.Stored(2)], [], Token);

        using var crashed = new StateDirectory();
        File.Copy(_directory.Database, crashed.Database);
        File.Copy(_directory.Log, crashed.Log);
        Assert.True(StateDirectory.Same([SampleClients.Stored(1), SampleClients.Stored(2)], await crashed.LoadAsync()));
    }

    [Fact]
    public async Task SaveAsync_LogOfAnotherServerPutInPlace_IsRefused()
    {
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        await store.SaveAsync([SampleClients.Stored(1)], [], Token);
        await File.WriteAllTextAsync(_directory.Log + ".other", new string('x', 100), Token);
        File.Move(_directory.Log + ".other", _directory.Log, overwrite: true);

        var failure = await Assert.ThrowsAsync<StateStoreException>(
            async () => await store.SaveAsync([SampleClients.Stored(2)], [], Token));

        Assert.StartsWith(_directory.Log + ": another file", failure.Message, StringComparison.Ordinal);
        File.Delete(_directory.Log);
        await store.SaveAsync([SampleClients.Stored(2)], [], Token);
    }

    [Fact]
    public async Task SaveAsync_BeforeLoad_Throws()
    {
        await using SqliteStateStore store = _directory.Store();

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await store.SaveAsync([], [], Token));
    }

    [Fact]
    public async Task SaveAsync_AfterDispose_Throws()
    {
        SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        await store.DisposeAsync();
        await store.DisposeAsync();

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await store.SaveAsync([], [], Token));
    }

    [Fact]
    public async Task SaveAsync_FileMovedAway_FailsUntilItIsBack()
    {
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        File.Move(_directory.Database, _directory.Database + ".away");

        var failure = await Assert.ThrowsAsync<StateStoreException>(
            async () => await store.SaveAsync([SampleClients.Stored(1)], [], Token));
        Assert.StartsWith(_directory.Database + ": it was moved or deleted", failure.Message, StringComparison.Ordinal);

        File.Move(_directory.Database + ".away", _directory.Database);
        await store.SaveAsync([SampleClients.Stored(2)], [], Token);
        await store.DisposeAsync();
        Assert.True(StateDirectory.Same([SampleClients.Stored(2)], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task LoadAsync_OpenInAnotherStore_IsRefused()
    {
        await using SqliteStateStore first = _directory.Store();
        await first.LoadAsync(Token);

        Assert.Contains("in use by another server", await _directory.RefusalAsync(), StringComparison.Ordinal);

        await first.SaveAsync([SampleClients.Stored(1)], [], Token);
        await first.DisposeAsync();
        Assert.Single(await _directory.LoadAsync());
    }

    /// <summary>A batch that is cancelled after its first client has been handed out.</summary>
    private sealed class CancellingBatch(CancellationTokenSource cancellation) : IReadOnlyCollection<StoredClient>
    {
        public int Count => 2;

        public IEnumerator<StoredClient> GetEnumerator()
        {
            yield return SampleClients.Stored(1);
            cancellation.Cancel();
            yield return SampleClients.Stored(2);
        }

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
