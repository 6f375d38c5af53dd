using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Host.Migration;
using Mandos.Host.Tests.Plugins.Instances;
using Mandos.TestKit;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.Host.Tests.Migration;

public sealed class StockStateImportTests : IDisposable
{
    private const int Mutations = 100_000;

    private static readonly byte[] _fileSecret = Encoding.ASCII.GetBytes("file secret");
    private static readonly byte[] _newSecret = Encoding.ASCII.GetBytes("set at run time");

    private readonly TemporaryDirectory _directory = new();
    private readonly LogLines _log = new();
    private readonly MemoryStore _store = new();
    private readonly List<ClientDefinition> _clients =
        [.. new[] { "plain", "disabled", "changed", "secret", "\u00dcn\u00ef.code", "zero", "removed", "new" }.Select(Define)];

    private string[] _leftOut = [];

    private string Pickle => _directory.PathOf("clients.pickle");

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(3)]
    [InlineData(2)]
    public async Task LoadAsync_StateOfDebians_IsTakenOver(int python)
    {
        byte[] state = await StateAsync(python);
        await File.WriteAllBytesAsync(Pickle, state, TestContext.Current.CancellationToken);

        IReadOnlyList<StoredClient> loaded = await LoadAsync();

        Assert.Equal(_store.Saved, loaded);
        Dictionary<string, StoredClient> clients = loaded.ToDictionary(client => client.Name);
        Assert.Equal(["changed", "disabled", "plain", "removed", "secret", "zero", "\u00dcn\u00ef.code"], clients.Keys.Order(StringComparer.Ordinal));
        ClientSettings plain = new() { Checker = "fping -q -- %(host)s" };
        Assert.All(clients.Values, client => Assert.Equal(plain, client.FileSettings with { Host = "", Timeout = plain.Timeout }));
        Assert.Equal(
            new ClientSnapshot
            {
                Name = "plain",
                Settings = plain,
                Created = new DateTimeOffset(2026, 11, 29, 6, 15, 25, TimeSpan.Zero).AddMicroseconds(253746),
                Enabled = true,
                LastEnabled = new DateTimeOffset(2026, 11, 29, 6, 15, 25, TimeSpan.Zero).AddMicroseconds(1),
                Expires = new DateTimeOffset(2026, 11, 30, 6, 15, 31, TimeSpan.Zero).AddMicroseconds(358956),
            },
            clients["plain"].Client);
        Assert.Equal((false, null, 1), (clients["disabled"].Client!.Enabled, clients["disabled"].Client!.Expires, clients["disabled"].Client!.LastCheckerStatus));
        ClientSnapshot changed = clients["changed"].Client!;
        Assert.Equal(
            plain with
            {
                Timeout = TimeSpan.FromDays(42),
                ExtendedTimeout = TimeSpan.FromMinutes(99),
                Interval = new TimeSpan(0, 0, 0, 7, 0, 5),
                ApprovalDelay = TimeSpan.FromSeconds(30),
                ApprovalDuration = TimeSpan.FromHours(1),
                ApprovedByDefault = false,
                Host = "ho\u2603st",
                Checker = "echo hi",
            },
            changed.Settings);
        Assert.Equal(new DateTimeOffset(2026, 11, 29, 7, 0, 0, TimeSpan.Zero), changed.LastCheckedOk);
        Assert.Equal(0, changed.LastCheckerStatus);
        Assert.Equal(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero).AddMicroseconds(-1), changed.LastApprovalRequest);
        Assert.Equal(-1, clients["\u00dcn\u00ef.code"].Client!.LastCheckerStatus);
        Assert.Null(clients["\u00dcn\u00ef.code"].Client!.LastEnabled);
        Assert.Equal(plain.Interval, clients["zero"].Client!.Settings.Interval);
        Assert.Null(clients["removed"].Client);
        Assert.Equal(TimeSpan.FromDays(9), clients["removed"].FileSettings.Timeout);
        Assert.Equal(["secret"], clients.Values.Where(client => !client.FileEnabled).Select(client => client.Name));
        Assert.Equal(["secret"], clients.Values.Where(client => !client.EncryptedSecret.IsEmpty).Select(client => client.Name));
        using var key = new Secret(_fileSecret);
        using Secret? secret = SecretCipher.TryDecrypt(key, "secret", clients["secret"].EncryptedSecret.Span);
        Assert.True(secret!.FixedTimeEquals(_newSecret));
        Assert.False(File.Exists(Pickle));
        Assert.Equal(state, await File.ReadAllBytesAsync($"{Pickle}.imported", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LoadAsync_SecretThatDoesNotOpen_FileWinsAndAWarningSaysWhatThatMeans()
    {
        byte[] state = await StateAsync(3);
        await File.WriteAllBytesAsync(Pickle, state, TestContext.Current.CancellationToken);
        _clients[3] = _clients[3] with { Secret = new Secret("another"u8) };

        IReadOnlyList<StoredClient> loaded = await LoadAsync();

        Assert.All(loaded, client => Assert.True(client.EncryptedSecret.IsEmpty));
        string warning = Assert.Single(_log.Lines, line => line.Contains("Client secret: ", StringComparison.Ordinal));
        Assert.StartsWith("Warning", warning, StringComparison.Ordinal);
        Assert.Contains("If it was not, a secret that was set at run time is not in force", warning, StringComparison.Ordinal);
        Assert.Contains($"It stays in {Pickle}.imported, encrypted", warning, StringComparison.Ordinal);
        Assert.Equal(state, await File.ReadAllBytesAsync($"{Pickle}.imported", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LoadAsync_ClientThatIsLeftOut_WarnsThatItsSecretCannotBeTakenOver()
    {
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);
        _clients.RemoveAll(client => client.Name is "plain" or "secret");
        _leftOut = ["secret"];

        IReadOnlyList<StoredClient> loaded = await LoadAsync();

        Assert.True(Assert.Single(loaded, client => client.Name == "secret").EncryptedSecret.IsEmpty);
        string warning = Assert.Single(_log.Lines, line => line.Contains("is left out of the configuration", StringComparison.Ordinal));
        Assert.StartsWith("Warning", warning, StringComparison.Ordinal);
        Assert.Contains("Client secret: ", warning, StringComparison.Ordinal);
        Assert.Contains($"It stays in {Pickle}.imported, encrypted", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_ImportedOnce_KeepsBothFiles()
    {
        await File.WriteAllTextAsync($"{Pickle}.imported", "the first", TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);

        await LoadAsync();

        Assert.Equal("the first", await File.ReadAllTextAsync($"{Pickle}.imported", TestContext.Current.CancellationToken));
        Assert.True(File.Exists($"{Pickle}.imported.2"));
    }

    [Fact]
    public async Task LoadAsync_OwnState_StaysAndSaysSo()
    {
        byte[] state = await StateAsync(3);
        await File.WriteAllBytesAsync(Pickle, state, TestContext.Current.CancellationToken);
        StoredClient own = new() { Name = "plain", FileSettings = new(), FileEnabled = true, Client = null };
        _store.Saved.Add(own);

        Assert.Same(own, Assert.Single(await LoadAsync()));
        Assert.Equal(state, await File.ReadAllBytesAsync(Pickle, TestContext.Current.CancellationToken));
        Assert.Contains("there is state of this server's own", Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-1", 0)]
    [InlineData("20000000", long.MaxValue)]
    public async Task LoadAsync_DurationThatOursHasNot_IsTheNearest(string days, long ticks)
    {
        await File.WriteAllBytesAsync(
            Pickle,
            await StockStateFile.PythonAsync(
                $"import datetime\nwrite(pickle.dumps(({{}}, {{'one': {{'timeout': datetime.timedelta({days})}}}}), 2))"),
            TestContext.Current.CancellationToken);

        Assert.Equal(new TimeSpan(ticks), Assert.Single(await LoadAsync()).FileSettings.Timeout);
    }

    [Fact]
    public async Task RequireTakenOver_ClientsCameByAReload_IsRefused()
    {
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);
        ClientDefinition client = Define("disabled");
        StockStateImport import = Import(clients: []);
        await import.LoadAsync(TestContext.Current.CancellationToken);

        Assert.Empty(import.RequireTakenOver(new([])).Clients);
        var refusal = Assert.Throws<ConfigurationException>(() => import.RequireTakenOver(new([client])));

        Assert.Contains("restart the server", Assert.Single(refusal.Problems), StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => client.Secret.Borrow());
        File.Delete(Pickle);
        Assert.Single(import.RequireTakenOver(new([client])).Clients);
    }

    [Fact]
    public async Task LoadAsync_NoClientsAnywhere_NothingWaits()
    {
        await File.WriteAllBytesAsync(
            Pickle, await StockStateFile.PythonAsync("write(pickle.dumps(({}, {}), 2))"), TestContext.Current.CancellationToken);
        StockStateImport import = Import(clients: []);

        Assert.Empty(await import.LoadAsync(TestContext.Current.CancellationToken));

        Assert.False(File.Exists(Pickle));
        Assert.Single(import.RequireTakenOver(new([Define("new")])).Clients);
    }

    [Theory]
    [InlineData(false, true, "restore is off")]
    [InlineData(true, false, "there are no clients in the configuration")]
    public async Task LoadAsync_NotWantedNow_LeavesTheFileAndSaysSo(bool restore, bool hasClients, string reason)
    {
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);
        if (!hasClients)
        {
            _clients.Clear();
        }

        Assert.Empty(await LoadAsync(restore));
        Assert.True(File.Exists(Pickle));
        Assert.Contains(reason, Assert.Single(_log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task IsNeeded_FileTakenOver_NotAnyMore()
    {
        Assert.False(StockStateImport.IsNeeded(_directory.FullName));
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);
        Assert.True(StockStateImport.IsNeeded(_directory.FullName));

        await LoadAsync();

        Assert.False(StockStateImport.IsNeeded(_directory.FullName));
    }

    [Fact]
    public async Task LoadAsync_NoFile_DoesNothing()
    {
        Assert.Empty(await LoadAsync());
        Assert.Empty(_log.Lines);
        Assert.Equal(0, _store.Saves);
    }

    [Theory]
    [InlineData("write(pickle.dumps(({}, {}, {}), 2))", "but not of clients")]
    [InlineData("write(pickle.dumps([{}, {}], 2))", "but not of clients")]
    [InlineData("write(pickle.dumps(({'one': {'enabled': True}}, {}), 2))", "of client \"one\" it lacks what clients.conf had")]
    [InlineData("write(pickle.dumps(({'one': 7}, {'one': {}}), 2))", "client \"one\" is not a dictionary")]
    [InlineData("write(pickle.dumps(({'one': {}}, {'one': {}}), 2))", "client \"one\" has no field created")]
    [InlineData("write(pickle.dumps(({}, {'one': {'timeout': 7}}), 2))", "the field timeout of client \"one\" is not a duration")]
    [InlineData("write(pickle.dumps(({}, {'one': {'host': 'a\\0b'}}), 2))", "the field host of client \"one\" is not a text")]
    [InlineData("write(pickle.dumps(({}, {'one': {'enabled': 1}}), 2))", "the field enabled of client \"one\" is not true or false")]
    [InlineData("write(b'not a pickle')", "at byte 0: it does not begin as a pickle")]
    public async Task LoadAsync_WhatIsNoState_IsRefusedWithTheWayOn(string code, string problem)
    {
        byte[] state = await StockStateFile.PythonAsync(code);
        await File.WriteAllBytesAsync(Pickle, state, TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<StateStoreException>(async () => await LoadAsync());

        Assert.StartsWith($"{Pickle}: the state of Debian's server cannot be taken over: ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(problem, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("to start without it, move it away", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
        Assert.Equal(0, _store.Saves);
        Assert.Equal(state, await File.ReadAllBytesAsync(Pickle, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LoadAsync_DamagedSecret_IsRefusedWithTheClientsName()
    {
        byte[] encrypted = await StockStateFile.EncryptAsync(_fileSecret, _newSecret);
        encrypted[^1] ^= 1;
        await File.WriteAllBytesAsync(
            Pickle, await StockStateFile.MakeAsync(3, ("secret", encrypted)), TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<StateStoreException>(async () => await LoadAsync());

        Assert.Contains("the secret of client \"secret\": it cannot be decrypted", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, _store.Saves);
    }

    [Theory]
    [InlineData("mkfifo")]
    [InlineData("mkdir")]
    public async Task LoadAsync_NoOrdinaryFile_IsRefused(string maker)
    {
        await System.Diagnostics.Process.Start(maker, Pickle).WaitForExitAsync(TestContext.Current.CancellationToken);

        var refusal = await Assert.ThrowsAsync<StateStoreException>(async () => await LoadAsync());

        Assert.Contains("it is no ordinary file", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_LinkThatLeadsNowhere_IsRefused()
    {
        File.CreateSymbolicLink(Pickle, "/nonexistent");

        await Assert.ThrowsAsync<StateStoreException>(async () => await LoadAsync());
    }

    [Fact]
    public async Task LoadAsync_StoreThatCannotSave_LeavesTheFile()
    {
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);
        _store.Fault = new StateStoreException("the disk is full");

        await Assert.ThrowsAsync<StateStoreException>(async () => await LoadAsync());

        Assert.True(File.Exists(Pickle));
    }

    [Fact]
    public async Task LoadAsync_Cancelled_TakesNothingOver()
    {
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await LoadAsync(cancelled: true));

        Assert.Equal(0, _store.Saves);
        Assert.True(File.Exists(Pickle));
    }

    [Fact]
    public async Task LoadAsync_MutatedStates_AreTakenOverWholeOrRefused()
    {
        int seed = Random.Shared.Next();
        var random = new Random(seed);
        byte[][] states = [await StateAsync(3), await StateAsync(2)];
        int taken = 0;
        for (int i = 0; i < Mutations; i++)
        {
            byte[] state = Mutate(states[random.Next(states.Length)], random);
            await File.WriteAllBytesAsync(Pickle, state, TestContext.Current.CancellationToken);
            var store = new MemoryStore();
            try
            {
                IReadOnlyList<StoredClient> loaded = await LoadAsync(store: store);
                Assert.True(store.Saves == 1 && loaded.Count == store.Saved.Count, $"seed {seed}, state {i}");
                Assert.Equal(!File.Exists(Pickle), File.Exists($"{Pickle}.imported"));
                File.Delete($"{Pickle}.imported");
                taken++;
            }
            catch (StateStoreException e)
            {
                Assert.True(store.Saves == 0 && File.Exists(Pickle), $"seed {seed}, state {i}: {e.Message}");
                Assert.False(e.Message.Contains("set at run time", StringComparison.Ordinal), e.Message);
            }
            catch (Exception e) when (e is not StateStoreException)
            {
                Assert.Fail($"seed {seed}, state {i}: {e}");
            }
        }

        // It is worth something only if it sees many of either kind.
        Assert.InRange(taken, Mutations / 20, Mutations * 19 / 20);
    }

    private static byte[] Mutate(byte[] state, Random random)
    {
        List<byte> bytes = [.. state];
        for (int changes = 1 << random.Next(4); changes > 0; changes--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 8), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(random.Next(bytes.Count), 1));
                    break;
                default:
                    (bytes[at], bytes[^(1 + random.Next(bytes.Count))]) = (bytes[random.Next(bytes.Count)], bytes[at]);
                    break;
            }
        }

        return [.. bytes];
    }

    private static ClientDefinition Define(string name) => new() { Name = name, Settings = new(), Secret = new Secret(_fileSecret) };

    private static async Task<byte[]> StateAsync(int python) => await StockStateFile.MakeAsync(
        python,
        ("plain", await StockStateFile.EncryptAsync(_fileSecret, _fileSecret)),
        ("secret", await StockStateFile.EncryptAsync(_fileSecret, _newSecret)));

    [Fact]
    public async Task SaveAsync_StateTakenOverThatCouldNotBeSaved_IsSavedFirst()
    {
        await File.WriteAllBytesAsync(Pickle, await StateAsync(3), TestContext.Current.CancellationToken);
        var store = new MemoryStore { SaveProblem = "read-only" };
        StockStateImport import = Import(_clients, store: store);

        IReadOnlyList<StoredClient> loaded = await import.LoadAsync(TestContext.Current.CancellationToken);

        Assert.Equal("read-only", import.SaveProblem);
        Assert.Equal(0, store.Saves);
        Assert.True(File.Exists(Pickle));
        StoredClient newer = loaded.Single(client => client.Name == "plain") with { FileEnabled = false };
        store.Fault = new StateStoreException("read-only");
        await Assert.ThrowsAsync<StateStoreException>(async () => await import.SaveAsync([newer], ["removed"], TestContext.Current.CancellationToken));
        store.Fault = null;
        await import.SaveAsync([newer], ["removed"], TestContext.Current.CancellationToken);
        Assert.Equal(
            loaded.Where(client => client.Name != "removed").Select(client => client.Name).Order(), store.Saved.Select(client => client.Name).Order());
        Assert.Contains(newer, store.Saved);
        Assert.False(File.Exists(Pickle));
        await import.SaveAsync([newer], [], TestContext.Current.CancellationToken);
        Assert.Equal(loaded.Count, store.Saved.Count);
    }

    private ValueTask<IReadOnlyList<StoredClient>> LoadAsync(bool restore = true, MemoryStore? store = null, bool cancelled = false)
        => Import(_clients, restore, store).LoadAsync(cancelled ? new CancellationToken(canceled: true) : TestContext.Current.CancellationToken);

    private StockStateImport Import(IReadOnlyList<ClientDefinition> clients, bool restore = true, MemoryStore? store = null)
        => new(store ?? _store, _directory.FullName, new ClientConfiguration([.. clients]) { LeftOut = _leftOut.ToHashSet() }, restore, _ => { }, new FakeTimeProvider(), _log);

    private sealed class MemoryStore : IStateStore
    {
        public List<StoredClient> Saved { get; } = [];

        public int Saves { get; private set; }

        public StateStoreException? Fault { get; set; }

        public string? SaveProblem { get; init; }

        public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken) => new([.. Saved]);

        public ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            if (Fault is not null)
            {
                throw Fault;
            }

            Saves++;
            Saved.AddRange(changed);
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
