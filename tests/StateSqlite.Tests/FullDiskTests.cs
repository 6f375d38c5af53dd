using System.Diagnostics;
using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Samples;
using Mandos.StateSqlite;

namespace StateSqlite.Tests;

/// <summary>On a small file system of the test's own, which only root can make.</summary>
public sealed class FullDiskTests : IDisposable
{
    private readonly StateDirectory _directory = new();
    private readonly bool _mounted;

    public FullDiskTests()
        => _mounted = Environment.IsPrivilegedProcess && Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", _directory.Path);

    private string Filler => Path.Join(_directory.Path, "filler");

    private static CancellationToken Token => StateDirectory.Token;

    public void Dispose()
    {
        if (_mounted)
        {
            Run("umount", _directory.Path);
        }

        _directory.Dispose();
    }

    [Fact]
    public async Task SaveAsync_DiskFull_SavesNothingAndWorksAgainWithRoom()
    {
        RequireMount();
        StoredClient[] small = [SampleClients.Stored(1)];
        StoredClient[] large = [.. Enumerable.Range(0, 1000).Select(SampleClients.Stored)];
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        await store.SaveAsync(small, [], Token);
        FillDisk();

        for (int i = 0; i < 3; i++)
        {
            var failure = await Assert.ThrowsAsync<StateStoreException>(async () => await store.SaveAsync(large, [], Token));
            Assert.Contains("make room", failure.Message, StringComparison.Ordinal);
        }

        using (var second = new StateDirectory())
        {
            File.Copy(_directory.Database, second.Database);
            Assert.True(StateDirectory.Same(small, await second.LoadAsync()));
        }

        File.Delete(Filler);
        await store.SaveAsync(large, [], Token);
        await store.DisposeAsync();
        Assert.True(StateDirectory.Same(large, await _directory.LoadAsync()));
    }

    [Fact]
    public async Task LoadAsync_DiskFull_GivesTheState()
    {
        RequireMount();
        await _directory.SaveAsync(SampleClients.Stored(1));
        FillDisk();

        Assert.Single(await _directory.LoadAsync());
    }

    [Fact]
    public async Task LoadAsync_DiskFullAndNoState_IsEmptyAndSavesOnceThereIsRoom()
    {
        RequireMount();
        FillDisk();
        await using SqliteStateStore store = _directory.Store();

        Assert.Empty(await store.LoadAsync(Token));

        Assert.Contains("make room", store.SaveProblem, StringComparison.Ordinal);
        await Assert.ThrowsAsync<StateStoreException>(async () => await store.SaveAsync([SampleClients.Stored(1)], [], Token));
        File.Delete(Filler);
        await store.SaveAsync([SampleClients.Stored(1)], [], Token);
        Assert.Null(store.SaveProblem);
        await store.DisposeAsync();
        Assert.Single(await _directory.LoadAsync());
    }

    [Theory]
    [InlineData("in the database")]
    [InlineData("in the log")]
    [InlineData("without a log")]
    [InlineData("of version 1")]
    public async Task LoadAsync_ReadOnlyFileSystem_GivesTheStateAndSavesOnceItIsWritable(string where)
    {
        RequireMount();
        StoredClient disabled = Disabled(1);
        await _directory.SaveAsync([SampleClients.Stored(1), SampleClients.Stored(2)]);
        switch (where)
        {
            case "in the log":
                await CrashWithLogAsync(disabled);
                break;
            case "of version 1":
                File.Delete(_directory.Database);
                File.Copy(Path.Join(AppContext.BaseDirectory, "Data", "version-1.db"), _directory.Database);
                break;
            default:
                await _directory.SaveAsync(disabled);
                break;
        }

        if (where is "without a log" or "of version 1")
        {
            File.Delete(_directory.Log);
        }

        Remount("ro");
        await using SqliteStateStore store = _directory.Store();
        IReadOnlyList<StoredClient> loaded = await store.LoadAsync(Token);
        if (where != "of version 1")
        {
            Assert.True(StateDirectory.Same([disabled, SampleClients.Stored(2)], loaded));
        }

        Assert.Contains("read-only", store.SaveProblem, StringComparison.OrdinalIgnoreCase);
        await Assert.ThrowsAsync<StateStoreException>(async () => await store.SaveAsync([], [], Token));
        Remount("rw");
        await store.SaveAsync([SampleClients.Stored(77)], [], Token);
        await store.DisposeAsync();
        Assert.True(StateDirectory.Same([.. loaded, SampleClients.Stored(77)], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task SaveAsync_ChangedWhileItWasReadOnly_IsRefused()
    {
        RequireMount();
        await _directory.SaveAsync([SampleClients.Stored(1), SampleClients.Stored(2)]);
        Remount("ro");
        await using SqliteStateStore store = _directory.Store();
        await store.LoadAsync(Token);
        Remount("rw");
        await _directory.SaveAsync(Disabled(1));

        var failure = await Assert.ThrowsAsync<StateStoreException>(
            async () => await store.SaveAsync([SampleClients.Stored(1)], [], Token));

        Assert.Contains("another program changed it", failure.Message, StringComparison.Ordinal);
        await store.DisposeAsync();
        Assert.True(StateDirectory.Same([Disabled(1), SampleClients.Stored(2)], await _directory.LoadAsync()));
    }

    [Fact]
    public async Task LoadAsync_DamagedOnAReadOnlyFileSystem_IsRefused()
    {
        RequireMount();
        await _directory.SaveAsync(SampleClients.Stored(1));
        File.Delete(_directory.Log);
        await File.WriteAllTextAsync(_directory.Database, new string('x', 10_000), Token);
        Remount("ro");

        Assert.Contains("it is damaged", await _directory.RefusalAsync(), StringComparison.Ordinal);
    }

    /// <summary>On a full disk there is room to disable every client, one after another and all at once, and a crash undoes none of it.</summary>
    [Theory]
    [InlineData("tmpfs", 1000, 1)]
    [InlineData("ext4", 1000, 1)]
    [InlineData("ext4", 1000, 40)]
    [InlineData("ext4", 1000, 1000)]
    [InlineData("ext4", 100_000, 10_000)]
    [InlineData("ext4", 100_000, 100_000)]
    public async Task SaveAsync_DiskFull_EveryClientCanBeDisabled(string kind, int count, int batch)
    {
        RequireMount();
        using var disk = new StateDirectory();
        string image = disk.Path + ".img";
        string size = count > 1000 ? "400M" : "16M";
        Assert.True(kind == "tmpfs"
            ? Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", disk.Path)
            : Run("truncate", "-s", size, image) && Run("mkfs.ext4", "-q", "-m", "0", image) && Run("mount", "-o", "loop", image, disk.Path));
        try
        {
            // Never checked: their records grow when they are.
            StoredClient[] fresh = [.. Enumerable.Range(0, count).Select(Fresh)];
            StoredClient[] disabled = [.. fresh.Select(Disable)];
            await disk.SaveAsync(fresh);
            await using SqliteStateStore store = disk.Store();
            await store.LoadAsync(Token);
            FillDisk(Path.Join(disk.Path, "filler"));

            foreach (StoredClient[] some in fresh.Chunk(Math.Max(batch, 100)))
            {
                await store.SaveAsync([.. some.Select(Checked)], [], Token);
            }

            foreach (StoredClient[] some in disabled.Chunk(batch))
            {
                await store.SaveAsync(some, [], Token);
            }

            using var crashed = new StateDirectory();
            File.Copy(disk.Database, crashed.Database);
            File.Copy(disk.Log, crashed.Log);
            Assert.True(StateDirectory.Same(disabled, await crashed.LoadAsync()));
        }
        finally
        {
            Run("umount", disk.Path);
            File.Delete(image);
        }
    }

    private static StoredClient Fresh(int number)
    {
        StoredClient client = SampleClients.Stored(number);
        return client with
        {
            Client = client.Client! with
            {
                Enabled = true, LastEnabled = null, Expires = null, LastCheckedOk = null, LastCheckerStatus = -1, LastApprovalRequest = null,
            },
        };
    }

    private static StoredClient Checked(StoredClient client) => client with
    {
        Client = client.Client! with
        {
            LastEnabled = client.Client.Created, Expires = client.Client.Created, LastCheckedOk = client.Client.Created,
            LastCheckerStatus = 0, LastApprovalRequest = client.Client.Created,
        },
    };

    private static StoredClient Disable(StoredClient client)
        => Checked(client) with { Client = Checked(client).Client! with { Enabled = false, Expires = null } };

    private static StoredClient Disabled(int number)
        => SampleClients.Stored(number) with { Client = SampleClients.Stored(number).Client! with { Enabled = false, Expires = null } };

    /// <summary>Leaves the files as a crash does between a save and its move from the log into the database.</summary>
    private async Task CrashWithLogAsync(StoredClient saved)
    {
        byte[] database, log;
        using (StateDatabase open = StateDatabase.Open(_directory.Database, hasLocks: true))
        {
            open.Save([saved], [], Token);
            database = await File.ReadAllBytesAsync(_directory.Database, Token);
            log = await File.ReadAllBytesAsync(_directory.Log, Token);
        }

        await File.WriteAllBytesAsync(_directory.Database, database, Token);
        await File.WriteAllBytesAsync(_directory.Log, log, Token);
    }

    private void Remount(string mode) => Assert.True(Run("mount", "-o", $"remount,{mode}", _directory.Path));

    private void RequireMount()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a file system needs root");
        Assert.True(_mounted, "root cannot mount a file system here");
    }

    private void FillDisk() => FillDisk(Filler);

    private static void FillDisk(string file)
    {
        using FileStream filler = File.Create(file);
        try
        {
            while (true)
            {
                filler.Write(new byte[4096]);
                filler.Flush();
            }
        }
        catch (IOException)
        {
            // Full.
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        return process.ExitCode == 0;
    }
}
