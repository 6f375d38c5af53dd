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
    public async Task LoadAsync_DiskFullAndNoState_IsRefusedUntilThereIsRoom()
    {
        RequireMount();
        FillDisk();

        Assert.Contains("make room", await _directory.RefusalAsync(), StringComparison.Ordinal);

        File.Delete(Filler);
        Assert.Empty(await _directory.LoadAsync());
    }

    [Fact]
    public async Task LoadAsync_ReadOnlyFileSystem_IsRefused()
    {
        RequireMount();
        await _directory.SaveAsync(SampleClients.Stored(1));
        Assert.True(Run("mount", "-o", "remount,ro", _directory.Path));

        await _directory.RefusalAsync();
    }

    private void RequireMount()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "mounting a file system needs root");
        Assert.True(_mounted, "root cannot mount a file system here");
    }

    private void FillDisk()
    {
        using FileStream filler = File.Create(Filler);
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
