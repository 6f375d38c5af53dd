using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Samples;
using Mandos.StateSqlite;
using Mandos.TestKit;
using Microsoft.Data.Sqlite;

namespace StateSqlite.Tests;

/// <summary>Whatever happened to the file: either all that was saved comes back, or the store refuses and says so.</summary>
public sealed class DamageTests : IDisposable
{
    private const int PageSize = 4096;

    private static readonly StoredClient[] _before =
        [.. Enumerable.Range(0, 60).Select(SampleClients.Stored), SampleClients.Unusual(100), SampleClients.Removed(200)];

    private static readonly StoredClient[] _after = [.. _before.Select(Disabled)];

    private static readonly Dictionary<string, Action<Random, List<byte>>> _damages = new()
    {
        ["bit"] = (random, file) => file[random.Next(file.Count)] ^= (byte)(1 << random.Next(8)),
        ["byte"] = (random, file) => file[random.Next(file.Count)] = (byte)random.Next(256),
        ["bit in the header"] = (random, file) => file[random.Next(100)] ^= (byte)(1 << random.Next(8)),
        ["bytes"] = (random, file) => Fill(file, random.Next(file.Count), random.Next(1, 200), () => (byte)random.Next(256)),
        ["hole"] = (random, file) => Fill(file, random.Next(file.Count), random.Next(1, 5000), () => 0),
        ["page"] = (random, file) => Fill(file, random.Next(file.Count / PageSize) * PageSize, PageSize, () => 0),
        ["cut"] = (random, file) => Cut(file, random.Next(file.Count)),
        ["cut at a page"] = (random, file) => Cut(file, random.Next(file.Count / PageSize) * PageSize),
        ["missing bytes"] = (random, file) => file.RemoveRange(random.Next(file.Count - 100), random.Next(1, 100)),
        ["longer"] = (random, file)
            => file.AddRange(Enumerable.Range(0, random.Next(1, 10_000)).Select(_ => (byte)random.Next(256))),
        ["garbage"] = (random, file) => Fill(file, 0, file.Count, () => (byte)random.Next(256)),
    };

    private readonly StateDirectory _directory = new();

    public static TheoryData<string> Kinds => [.. _damages.Keys];

    public void Dispose() => _directory.Dispose();

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task LoadAsync_DamagedFile_RefusesOrGivesWhatWasSaved(string kind)
    {
        await _directory.SaveAsync(_before);
        byte[] good = await File.ReadAllBytesAsync(_directory.Database, StateDirectory.Token);
        int refused = 0;
        for (int round = 0; round < 60; round++)
        {
            int seed = Random.Shared.Next();
            List<byte> damaged = [.. good];
            _damages[kind](new Random(seed), damaged);
            refused += await LoadDamagedAsync(damaged, $"seed {seed}", _before) ? 0 : 1;
        }

        Assert.True(refused > 0 || kind == "longer", "no damage of this kind was noticed");
    }

    [Fact]
    public async Task LoadAsync_PageFromBeforeTheLastSave_IsRefused()
    {
        await _directory.SaveAsync(_before);
        byte[] before = await File.ReadAllBytesAsync(_directory.Database, StateDirectory.Token);
        await _directory.SaveAsync(_after);
        byte[] after = await File.ReadAllBytesAsync(_directory.Database, StateDirectory.Token);
        Assert.Equal(before.Length, after.Length);
        int changed = 0;
        for (int page = 0; page < after.Length; page += PageSize)
        {
            byte[] mixed = [.. after[..page], .. before[page..(page + PageSize)], .. after[(page + PageSize)..]];
            if (!mixed.SequenceEqual(after))
            {
                changed++;

                // In the first page nothing but a counter differs.
                Assert.Equal(page == 0, await LoadDamagedAsync([.. mixed], $"page at {page}", _after));
            }
        }

        Assert.True(changed > 3);
    }

    [Fact]
    public async Task LoadAsync_DamagedLogAfterACrash_RefusesOrGivesOneOfTheStatesThatWereSaved()
    {
        // SQLite takes a broken end of its log for a save that the crash interrupted. So an earlier state can come back here, but
        // only one that was whole, and only from a log that could not be moved into the database before the crash.
        await _directory.SaveAsync(_before);
        using var crashed = new StateDirectory();
        using (StateDatabase database = StateDatabase.Open(_directory.Database, hasLocks: true))
        {
            database.Save(_after, [], StateDirectory.Token);
            database.Save([], [.. _after.Select(client => client.Name)], StateDirectory.Token);
            File.Copy(_directory.Database, crashed.Database);
            File.Copy(_directory.Log, crashed.Log);
        }

        byte[] good = await File.ReadAllBytesAsync(crashed.Database, StateDirectory.Token);
        byte[] log = await File.ReadAllBytesAsync(crashed.Log, StateDirectory.Token);
        Assert.Empty(await crashed.LoadAsync());
        foreach (string kind in _damages.Keys)
        {
            for (int round = 0; round < 20; round++)
            {
                int seed = Random.Shared.Next();
                List<byte> damaged = [.. log];
                _damages[kind](new Random(seed), damaged);
                await File.WriteAllBytesAsync(_directory.Log, [.. damaged], StateDirectory.Token);
                await LoadDamagedAsync([.. good], $"{kind}, seed {seed}", _before, _after, []);
            }
        }
    }

    [Fact]
    public async Task LoadAsync_EmptyFile_IsRefused()
    {
        await File.WriteAllBytesAsync(_directory.Database, [], StateDirectory.Token);

        Assert.Contains("it is empty", await _directory.RefusalAsync(), StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(_directory.Database).Length);
    }

    [Fact]
    public async Task LoadAsync_TextFile_IsRefused()
    {
        await File.WriteAllTextAsync(_directory.Database, new string('x', 10_000), StateDirectory.Token);

        Assert.Contains("not an SQLite database", await _directory.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_AnotherProgramsDatabase_IsRefused()
    {
        Execute("CREATE TABLE client (x)");

        Assert.Contains("not a database of this program", await _directory.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_DatabaseWithoutTables_IsRefused()
    {
        Execute($"PRAGMA application_id = {Schema.ApplicationId}");

        Assert.Contains("its tables are missing", await _directory.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_NewerVersion_SaysWhichVersionsItKnows()
    {
        await _directory.SaveAsync(_before);
        Execute("PRAGMA user_version = 99");

        Assert.Contains(
            $"version 99 and this server knows versions up to {Schema.Version}",
            await _directory.RefusalAsync(),
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UPDATE client SET enabled = 1 - enabled WHERE name = 'client-1.example.org'")]
    [InlineData("UPDATE client SET removed = 0 WHERE removed = 1")]
    [InlineData("UPDATE client SET expires = NULL WHERE name = 'client-1.example.org'")]
    [InlineData("UPDATE client SET created = -1 WHERE name = 'client-1.example.org'")]
    [InlineData("UPDATE client SET last_checker_status = 1 << 40 WHERE name = 'client-1.example.org'")]
    [InlineData("UPDATE client SET file_host = 'x' WHERE name = 'client-1.example.org'")]
    [InlineData("UPDATE client SET name = 'other' WHERE name = 'client-1.example.org'")]
    [InlineData("DELETE FROM client WHERE name = 'client-1.example.org'")]
    [InlineData("DELETE FROM client")]
    [InlineData("DELETE FROM summary")]
    [InlineData("UPDATE summary SET clients = clients + 1")]
    [InlineData("DROP TABLE client")]
    [InlineData("ALTER TABLE client RENAME COLUMN enabled TO disabled")]
    public async Task LoadAsync_ChangedByHand_IsRefusedWithAWayToGoOn(string sql)
    {
        await _directory.SaveAsync(_before);
        Execute(sql);

        string refusal = await _directory.RefusalAsync();

        Assert.Contains("it is damaged: ", refusal, StringComparison.Ordinal);
        Assert.Contains("ENABLED again", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_LogWithoutDatabase_IsRefused()
    {
        await File.WriteAllBytesAsync(_directory.Log, [1], StateDirectory.Token);

        Assert.Contains("it is missing, but its log", await _directory.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_DirectoryInItsPlace_IsRefused()
    {
        Directory.CreateDirectory(_directory.Database);

        Assert.Contains("it is a directory", await _directory.RefusalAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_NoStateDirectory_IsRefused()
    {
        string missing = Path.Join(_directory.Path, "missing");
        await using var store = new SqliteStateStore(new TestPluginContext(missing));

        var refusal = await Assert.ThrowsAsync<StateStoreException>(async () => await store.LoadAsync(StateDirectory.Token));

        Assert.Contains("its directory does not exist", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_FileInPlaceOfTheStateDirectory_IsRefused()
    {
        string file = Path.Join(_directory.Path, "file");
        await File.WriteAllBytesAsync(file, [1], StateDirectory.Token);
        await using var store = new SqliteStateStore(new TestPluginContext(file));

        await Assert.ThrowsAsync<StateStoreException>(async () => await store.LoadAsync(StateDirectory.Token));
    }

    [Fact]
    public async Task LoadAsync_LeftoversOfAnInterruptedCreation_AreReplaced()
    {
        await File.WriteAllBytesAsync(_directory.Database + ".new", [1], StateDirectory.Token);
        await File.WriteAllBytesAsync(_directory.Database + ".new-journal", [1], StateDirectory.Token);

        Assert.Empty(await _directory.LoadAsync());
        Assert.Equal([_directory.Database, _directory.Log], Directory.EnumerateFiles(_directory.Path).Order());
    }

    [Fact]
    public async Task LoadAsync_DatabaseDeletedAfterAnOrderlyEnd_IsRefused()
    {
        await _directory.SaveAsync(_before);
        File.Delete(_directory.Database);

        Assert.Contains("it is missing, but its log", await _directory.RefusalAsync(), StringComparison.Ordinal);
    }

    private static StoredClient Disabled(StoredClient stored)
        => stored.Client is not { } client ? stored : stored with { Client = client with { Enabled = !client.Enabled } };

    private static void Fill(List<byte> file, int start, int count, Func<byte> value)
    {
        for (int i = start; i < Math.Min(start + count, file.Count); i++)
        {
            file[i] = value();
        }
    }

    private static void Cut(List<byte> file, int length) => file.RemoveRange(length, file.Count - length);

    /// <summary>Loads; whether something was loaded, which must be one of the states allowed.</summary>
    private async Task<bool> LoadDamagedAsync(List<byte> database, string context, params StoredClient[][] allowed)
    {
        await File.WriteAllBytesAsync(_directory.Database, [.. database], StateDirectory.Token);
        await using SqliteStateStore store = _directory.Store();
        try
        {
            IReadOnlyList<StoredClient> loaded = await store.LoadAsync(StateDirectory.Token);
            Assert.True(allowed.Any(state => StateDirectory.Same(state, loaded)), $"wrong state loaded: {context}");
            return true;
        }
        catch (StateStoreException)
        {
            return false;
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            throw new InvalidOperationException($"the wrong exception: {context}", e);
        }
        finally
        {
            await store.DisposeAsync();
            File.Delete(_directory.Log);
        }
    }

    private void Execute(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={_directory.Database};Pooling=False");
        connection.Open();
        connection.Execute(sql);
    }
}
