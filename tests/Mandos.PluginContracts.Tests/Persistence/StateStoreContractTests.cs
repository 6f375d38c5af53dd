using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Persistence;
using Mandos.PluginContracts.Samples;

namespace Mandos.PluginContracts.Tests.Persistence;

public sealed class StateStoreContractTests : ContractTestsOf<StateStoreContractTests, IStateStore>, IContractKind<IStateStore>
{
    private static readonly Fault<Func<ContractContext, IStateStore>>[] _faults =
    [
        .. ContractTests.CommonFaults<IStateStore>(context => new BrokenStore(context), context => new OnceDisposedStore(context)),
        new("has a client of its own", "is empty at first",
            context => new BrokenStore(context) { Loaded = clients => [.. clients, SampleClients.Stored(99)] }),
        new("loses a client", "gives back what was saved",
            context => new BrokenStore(context) { Loaded = clients => [.. clients.Skip(1)] }),
        new("gives a client twice", "gives back what was saved",
            context => new BrokenStore(context) { Loaded = clients => [.. clients, .. clients.Take(1)] }),
        new("enables all clients", "gives back what was saved", Changing(client => client with { Enabled = true })),
        new("keeps seconds only", "gives back what was saved",
            Changing(client => client with { LastEnabled = WholeSeconds(client.LastEnabled) })),
        new("drops a time", "gives back what was saved", Changing(client => client with { LastApprovalRequest = null })),
        new("drops when a client left", "gives back what was saved", ChangingRow(client => client with { LeftAt = null })),
        new("drops when it was saved", "gives back what was saved", ChangingRow(client => client with { SavedAt = null })),
        new("drops denials", "gives back what was saved", ChangingRow(client => client with { DeniedUntil = null })),
        new("drops expected reboots", "gives back what was saved", Changing(client => client with { ExpectedReboot = null })),
        new("drops what a reboot is for", "gives back what was saved",
            Changing(client => client.ExpectedReboot is { } reboot ? client with { ExpectedReboot = reboot with { Reason = null } } : client)),
        new("drops rehearsals", "gives back what was saved", Changing(client => client with { RehearsalUntil = null })),
        new("drops when a client was proven", "gives back what was saved", Changing(client => client with { ProvenAt = null })),
        new("drops proofs", "gives back what was saved", ChangingRow(client => client with { Proof = default })),
        new("drops rotations", "gives back what was saved", Changing(client => client with { Rotation = null })),
        new("drops the proofs of trials", "gives back what was saved", ChangingRow(client => client with { TrialProof = default })),
        new("drops a setting", "gives back what was saved",
            Changing(client => client with { Settings = client.Settings with { ApprovedByDefault = true } })),
        new("drops secrets", "gives back what was saved",
            context => new BrokenStore(context) { Changed = clients => [.. clients.Select(WithoutSecret)] }),
        new("forgets who was removed", "gives back what was saved",
            context => new BrokenStore(context) { Loaded = clients => [.. clients.Where(client => client.Client is not null)] }),
        new("takes all clients for those of the files", "gives back the definition of a client that a command added",
            Changing(client => client with { Origin = ClientOrigin.Files })),
        new("drops options for checkers", "gives back the definition of a client that a command added",
            ChangingRow(client => client with { FileSettings = client.FileSettings with { Options = new ClientSettings().Options } })),
        new("drops which addresses an approval is for", "gives back the definition of a client that a command added",
            ChangingRow(client => client with { FileSettings = client.FileSettings with { ApproveAll = false } })),
        new("only adds", "replaces clients", context => new AddingStore(context)),
        new("keeps the forgotten", "forgets clients, and ignores names that it does not know",
            context => new BrokenStore(context) { Forgotten = _ => [] }),
        new("forgets nobody unless it knows all", "forgets clients, and ignores names that it does not know",
            context => new BrokenStore(context) { Forgotten = names => names.Count < 3 ? names : throw new KeyNotFoundException() }),
        new("has a limit", "keeps a thousand clients saved at once",
            context => new BrokenStore(context) { Changed = clients => [.. clients.Take(999)] }),
        new("saves at its end", "has everything on the disk when a save ends", context => new LazyStore(context)),
        new("saves the half before it is cancelled", "saves all or nothing when cancelled", context => new HalfStore(context)),
        new("saves though it says that it was cancelled", "saves all or nothing when cancelled", context => new DenyingStore(context)),
        new("saves no more once cancelled", "goes on after a cancelled save", context => new SulkingStore(context)),
        new("takes a failure to load for an empty store", "refuses to be opened twice", context => new CarelessStore(context)),
        new("starts afresh", "refuses damaged files rather than starting afresh", context => new CarelessStore(context)),
        new("keeps no files", "refuses damaged files rather than starting afresh", _ => new MemoryStore()),
        new("makes its directory", "refuses a directory that is missing", context => new DirectoryMakingStore(context)),
        new("shows its files", "lets nobody but the owner read its files", context => new OpenStore(context)),
        new("takes a cancelled load for an empty store", "gives up a cancelled load, or does it",
            context => new HastyStore(context)),
        new("knows one thread", "works on whatever thread it is called", context => new OneThreadStore(context)),
        new("logs what it saves", "shows no secret, though it is encrypted", context => new BrokenStore(context)
        {
            Changed = clients =>
            {
                ContractTests.Log(context, string.Concat(clients.Select(client => Convert.ToHexString(client.EncryptedSecret.Span))));
                return clients;
            },
        }),
        new("claims to have saved", "saves nothing on a full disk, and goes on when there is room",
            context => new BoastingStore(context)),
        new("hides that it cannot save", "says what keeps it from saving if it gives its state from a read-only disk",
            context => new BrokenStore(context) { HidesProblem = true }),
        new("cannot be disposed twice after use", "can be disposed twice after use", context => new OnceDisposedStore(context)),
    ];

    private static Func<SmallDisk>? MountDisk => SmallDisk.IsPossible ? SmallDisk.Mount : null;

    public static IReadOnlyList<Fault<Func<ContractContext, IStateStore>>> AllFaults => _faults;

    public static IStateStore Sound(ContractContext context) => new BrokenStore(context);

    public static IReadOnlyList<PluginCheck> ChecksOf(Func<ContractContext, IStateStore> create, ContractLimits? limits)
        => StateStoreContract.Checks(create, MountDisk);

    private static DateTimeOffset? WholeSeconds(DateTimeOffset? time)
        => time?.AddTicks(-(time.Value.Ticks % TimeSpan.TicksPerSecond));

    private static StoredClient WithoutSecret(StoredClient client) => client with { EncryptedSecret = default };

    private static Func<ContractContext, IStateStore> ChangingRow(Func<StoredClient, StoredClient> change)
        => context => new BrokenStore(context) { Loaded = clients => [.. clients.Select(change)] };

    private static Func<ContractContext, IStateStore> Changing(Func<ClientSnapshot, ClientSnapshot> change)
        => context => new BrokenStore(context)
    {
        Changed = clients
            => [.. clients.Select(stored => stored.Client is null ? stored : stored with { Client = change(stored.Client) })],
    };

    private sealed class AddingStore(ContractContext context) : BrokenStore(context)
    {
        private HashSet<string> _names = [];

        public override async ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
        {
            IReadOnlyList<StoredClient> clients = await base.LoadAsync(cancellationToken);
            _names = [.. clients.Select(client => client.Name)];
            return clients;
        }

        public override ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
            => base.SaveAsync([.. changed.Where(client => _names.Add(client.Name))], forgotten, cancellationToken);
    }

    private sealed class LazyStore(ContractContext context) : BrokenStore(context)
    {
        private readonly List<StoredClient> _changed = [];

        public override ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            _changed.AddRange(changed);
            return ValueTask.CompletedTask;
        }

        public override async ValueTask DisposeAsync()
        {
            if (_changed.Count > 0)
            {
                await Inner.SaveAsync([.. _changed], [], CancellationToken.None);
            }

            _changed.Clear();
            await base.DisposeAsync();
        }
    }

    private sealed class HalfStore(ContractContext context) : BrokenStore(context)
    {
        public override async ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            await base.SaveAsync([.. changed.Take(changed.Count / 2)], forgotten, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            await base.SaveAsync(changed, [], CancellationToken.None);
        }
    }

    private sealed class DenyingStore(ContractContext context) : BrokenStore(context)
    {
        public override async ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            await base.SaveAsync(changed, forgotten, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private sealed class SulkingStore(ContractContext context) : BrokenStore(context)
    {
        private bool _cancelled;

        public override ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            _cancelled |= cancellationToken.IsCancellationRequested;
            return _cancelled
                ? ValueTask.FromException(new OperationCanceledException(cancellationToken))
                : base.SaveAsync(changed, forgotten, cancellationToken);
        }
    }

    private sealed class CarelessStore(ContractContext context) : BrokenStore(context)
    {
        public override async ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
        {
            try
            {
                return await base.LoadAsync(cancellationToken);
            }
            catch (StateStoreException)
            {
                return [];
            }
        }
    }

    private sealed class HastyStore(ContractContext context) : BrokenStore(context)
    {
        public override ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
            => cancellationToken.IsCancellationRequested
                ? ValueTask.FromResult<IReadOnlyList<StoredClient>>([])
                : base.LoadAsync(cancellationToken);
    }

    private sealed class OneThreadStore(ContractContext context) : BrokenStore(context)
    {
        private readonly int _thread = Environment.CurrentManagedThreadId;

        public override ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            return base.SaveAsync(changed, forgotten, cancellationToken);
        }
    }

    private sealed class BoastingStore(ContractContext context) : BrokenStore(context)
    {
        public override async ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            try
            {
                await base.SaveAsync(changed, forgotten, cancellationToken);
            }
            catch (StateStoreException)
            {
            }
        }
    }

    private sealed class MemoryStore : IStateStore
    {
        public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
            => ValueTask.FromResult<IReadOnlyList<StoredClient>>([]);

        public ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
            => ValueTask.CompletedTask;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class DirectoryMakingStore(ContractContext context) : BrokenStore(context)
    {
        public override ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
        {
            System.IO.Directory.CreateDirectory(Directory);
            return base.LoadAsync(cancellationToken);
        }
    }

    private sealed class OpenStore(ContractContext context) : BrokenStore(context)
    {
        public override async ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            await base.SaveAsync(changed, forgotten, cancellationToken);
            string file = System.IO.Directory.GetFiles(Directory)[0];
            File.SetUnixFileMode(file, File.GetUnixFileMode(file) | UnixFileMode.GroupRead);
        }
    }

    private sealed class OnceDisposedStore(ContractContext context) : BrokenStore(context)
    {
        private bool _disposed;

        public override ValueTask DisposeAsync()
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _disposed = true;
            return base.DisposeAsync();
        }
    }
}
