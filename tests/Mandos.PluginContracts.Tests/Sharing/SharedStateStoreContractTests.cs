using System.Runtime.CompilerServices;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts.Sharing;

namespace Mandos.PluginContracts.Tests.Sharing;

public sealed class SharedStateStoreContractTests : ContractTestsOf<SharedStateStoreContractTests, ISharedStateStore>, IContractKind<ISharedStateStore>
{
    private static readonly Fault<Func<ContractContext, ISharedStateStore>>[] _faults =
    [
        .. ContractTests.CommonFaults<ISharedStateStore>(context => new BrokenSharedStore(context), context => new OnceDisposedStore(context)),
        new("shows each server its own clients alone", "shows a server what another has committed",
            context => new BrokenSharedStore(context) { Synced = view => view with { Clients = [] } }),
        new("keeps the forgotten", "shows a server what another has committed",
            context => new BrokenSharedStore(context) { Command = command => command with { Control = command.Control ?? new() { Settings = new(), Created = default } } }),
        new("brings everything each time", "brings only what has changed",
            context => new BrokenSharedStore(context) { Applied = point => SyncPoint.None with { Liveness = point.Liveness } }),
        new("drops secrets", "keeps all of a client's control", Changing(control => control with { EncryptedSecret = default })),
        new("drops when a client was enabled", "keeps all of a client's control", Changing(control => control with { LastEnabled = null })),
        new("drops verdicts", "keeps all of a client's control", Changing(control => control with { Verdict = null })),
        new("drops a setting", "keeps all of a client's control",
            Changing(control => control with { Settings = control.Settings with { ApprovedByDefault = true } })),
        new("takes every command", "refuses a command that expects another revision, and says what is in force",
            context => new OverwritingStore(context)),
        new("hides what is in force", "refuses a command that expects another revision, and says what is in force",
            context => new BrokenSharedStore(context) { Result = result => result with { Current = null } }),
        new("compares with its own copy", "commits one of two commands at once", context => new RacingStore(context)),
        new("forgets command IDs", "carries a command out once",
            context => new BrokenSharedStore(context) { Command = command => command with { Id = Guid.NewGuid() } }),
        new("finds no command", "knows which commands were committed", context => new BrokenSharedStore(context) { Found = _ => null }),
        new("finds every command", "knows which commands were committed", context => new BrokenSharedStore(context) { Found = found => found ?? 1 }),
        new("commits though it says that it was cancelled", "says what became of a cancelled command", context => new DenyingStore(context)),
        new("takes a cancelled commit for a success", "says what became of a cancelled command", context => new BoastingStore(context)),
        new("reads the data before the revision", "gives no revision without its data, however busy", context => new StaleStore(context)),
        new("saves whole records", "saves no record over another's command", context => new RecordStore(context)),
        new("has one row of the files for all servers", "keeps for each server what its files say",
            context => new BrokenSharedStore(context) { Loaded = client => client with { FileEnabled = true, LeftAt = null } }),
        new("enables who was seen", "leaves control alone when servers report", context => new EnablingStore(context)),
        new("counts reports as changes", "leaves control alone when servers report", context => new CountingStore(context)),
        new("keeps the last report to come", "keeps the later of two reports",
            Reporting(check => check with { Age = TimeSpan.Zero })),
        new("drops failed checks", "keeps the later of two reports", Reporting(check => check with { Status = 0 })),
        new("counts from when the report came", "moves an expiry to earlier by a command only",
            Reporting(check => check with { Age = TimeSpan.Zero })),
        new("moves no expiry", "moves an expiry to earlier by a command only", Reporting(check => check with { GoodFor = null })),
        new("gives all clients the same time", "moves an expiry to earlier by a command only",
            context => new BrokenSharedStore(context) { Command = command => command with { ExpiresIn = TimeSpan.FromHours(3) } }),
        new("believes a server that says that a client expired", "disables by expiry only clients that are due",
            context => new BrokenSharedStore(context) { Command = command => command with { OnlyIfExpired = false } }),
        new("counts as confirmed what it brought", "shows what each server has confirmed", context => new HastyStore(context)),
        new("forgets the hash of the files", "shows what each server has confirmed",
            context => new BrokenSharedStore(context) { Report = report => report with { FilesHash = null } }),
        new("takes any confirmation", "takes no confirmation of what it has not",
            context => new BrokenSharedStore(context) { Applied = _ => SyncPoint.None }),
        new("lets two servers have one place", "fences off a server whose place is taken", context => new SharingStore(context)),
        new("takes its successor off the list", "fences off a server whose place is taken", context => new GreedyStore(context)),
        new("waits for those who left", "forgets a server that leaves", context => new StayingStore(context)),
        new("decides one's own requests only", "carries requests and verdicts between servers", context => new SelfishStore(context)),
        new("lets no request go", "carries requests and verdicts between servers",
            context => new BrokenSharedStore(context) { Report = report => report with { Closed = [] } }),
        new("gives no hint", "hints at others' commands, until cancelled", context => new SilentStore(context)),
        new("ends the watch after a hint", "hints at others' commands, until cancelled", context => new OneHintStore(context)),
        new("goes on without the store", "claims nothing while it is cut off", context => new OfflineStore(context)),
        new("goes on with a primary that was replaced", "counts no answer of a primary that was replaced", context => new LoyalStore(context)),
    ];

    public static IReadOnlyList<Fault<Func<ContractContext, ISharedStateStore>>> AllFaults => _faults;

    public static ISharedStateStore Sound(ContractContext context) => new InMemorySharedStore(context);

    public static IReadOnlyList<PluginCheck> ChecksOf(Func<ContractContext, ISharedStateStore> create, ContractLimits? limits)
        => SharedStateStoreContract.Checks(create, SharedPlace.CutOff, SharedPlace.Replace, limits);

    private static Func<ContractContext, ISharedStateStore> Changing(Func<SharedControl, SharedControl> change)
        => context => new BrokenSharedStore(context)
        {
            Command = command => command with { Control = command.Control is { } control ? change(control) : null },
        };

    private static Func<ContractContext, ISharedStateStore> Reporting(Func<CheckReport, CheckReport> change)
        => context => new BrokenSharedStore(context) { Report = report => report with { Checks = [.. report.Checks.Select(change)] } };

    /// <summary>Changes what is shared behind the store's back.</summary>
    private static void Enable(SharedTruth truth, string name, bool enabled)
    {
        if (truth.Clients.GetValueOrDefault(name) is { Control: { } control } client)
        {
            truth.Clients[name] = client with { Revision = ++truth.Revision, Control = control with { Enabled = enabled } };
        }
    }

    private sealed class OverwritingStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
            => base.ExecuteAsync(
                command with { ExpectedRevision = Truth.Clients.GetValueOrDefault(command.Client)?.Revision ?? 0 }, cancellationToken);
    }

    private sealed class RacingStore(ContractContext context) : BrokenSharedStore(context)
    {
        private readonly Dictionary<string, long> _seen = [];

        public override async Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken)
        {
            SharedView view = await base.SyncAsync(applied, cancellationToken);
            foreach (SharedClient client in view.Clients)
            {
                _seen[client.Name] = client.Revision;
            }

            return view;
        }

        public override Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
        {
            lock (Truth)
            {
                return _seen.GetValueOrDefault(command.Client) != command.ExpectedRevision
                    ? Task.FromResult(new ControlResult(ControlOutcome.Conflict))
                    : base.ExecuteAsync(
                        command with { ExpectedRevision = Truth.Clients.GetValueOrDefault(command.Client)?.Revision ?? 0 }, cancellationToken);
            }
        }
    }

    private sealed class DenyingStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override async Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
        {
            ControlResult result = await base.ExecuteAsync(command, CancellationToken.None);
            cancellationToken.ThrowIfCancellationRequested();
            return result;
        }
    }

    private sealed class BoastingStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
            => cancellationToken.IsCancellationRequested
                ? Task.FromResult(new ControlResult(ControlOutcome.Committed, Truth.Revision + 1))
                : base.ExecuteAsync(command, cancellationToken);
    }

    private sealed class StaleStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override async Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken)
        {
            SharedView data = await base.SyncAsync(applied, cancellationToken);
            for (int i = 0; i < 1000 && Truth.Revision == data.Reached.Revision; i++)
            {
                await Task.Yield();
            }

            return data with { Reached = data.Reached with { Revision = Truth.Revision } };
        }

        public override async Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, cancellationToken); // so that syncs come in between
            return await base.ExecuteAsync(command, cancellationToken);
        }
    }

    private sealed class RecordStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override async ValueTask SaveAsync(
            IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        {
            foreach (StoredClient client in changed)
            {
                Enable(Truth, client.Name, client.Client?.Enabled == true);
            }

            await base.SaveAsync(changed, forgotten, cancellationToken);
        }
    }

    private sealed class EnablingStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override Task ReportAsync(ServerReport report, CancellationToken cancellationToken)
        {
            foreach (CheckReport check in report.Checks)
            {
                Enable(Truth, check.Client, check.Status == 0);
            }

            return base.ReportAsync(report, cancellationToken);
        }
    }

    private sealed class CountingStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override Task ReportAsync(ServerReport report, CancellationToken cancellationToken)
        {
            Truth.Revision++;
            return base.ReportAsync(report, cancellationToken);
        }
    }

    private sealed class HastyStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override async Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken)
        {
            SharedView view = await base.SyncAsync(applied, cancellationToken);
            Truth.Members[Identity!.Id].Confirmed = view.Reached.Revision;
            return view;
        }
    }

    private sealed class SharingStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override Task JoinAsync(ServerIdentity server, CancellationToken cancellationToken)
            => Truth.Members.Values.FirstOrDefault(member => member.Identity.Name == server.Name) is null
                ? base.JoinAsync(server, cancellationToken)
                : base.JoinAsync(server with { Id = Guid.NewGuid() }, cancellationToken);
    }

    private sealed class GreedyStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override ValueTask DisposeAsync()
        {
            Truth.Members.Remove(Identity?.Id ?? Guid.Empty);
            return base.DisposeAsync();
        }
    }

    private sealed class StayingStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override async ValueTask DisposeAsync()
        {
            SharedTruth.Member? member = Truth.Members.GetValueOrDefault(Identity?.Id ?? Guid.Empty);
            await base.DisposeAsync();
            if (member is not null)
            {
                Truth.Members.TryAdd(member.Identity.Id, member);
            }
        }
    }

    private sealed class SelfishStore : BrokenSharedStore
    {
        public SelfishStore(ContractContext context) : base(context) => Verdict = verdict => verdict with { Server = Identity!.Id };
    }

    private sealed class SilentStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            yield break;
        }
    }

    private sealed class OneHintStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override IAsyncEnumerable<long> WatchAsync(CancellationToken cancellationToken) => base.WatchAsync(cancellationToken).Take(1);
    }

    private sealed class OfflineStore(ContractContext context) : BrokenSharedStore(context)
    {
        public override async Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
        {
            try
            {
                return await base.ExecuteAsync(command, cancellationToken);
            }
            catch (StateStoreException)
            {
                return new ControlResult(ControlOutcome.Committed, Truth.Revision + 1);
            }
        }
    }

    private sealed class LoyalStore(ContractContext context) : BrokenSharedStore(context)
    {
        private SharedView? _last;

        public override async Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken)
        {
            try
            {
                return _last = await base.SyncAsync(applied, cancellationToken);
            }
            catch (StateStoreException)
            {
                return _last!;
            }
        }
    }

    private sealed class OnceDisposedStore(ContractContext context) : BrokenSharedStore(context)
    {
        private readonly Action _dispose = ContractTests.Once();

        public override ValueTask DisposeAsync()
        {
            _dispose();
            return base.DisposeAsync();
        }
    }
}
