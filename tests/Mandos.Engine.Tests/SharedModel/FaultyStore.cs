using System.Runtime.CompilerServices;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Tests.Sharing;

namespace Mandos.Engine.Tests.SharedModel;

/// <summary>
/// A server's way to the shared store, on which each call and each answer can be late or lost. Whatever reaches the store is told to the
/// <see cref="CommitLog"/>.
/// </summary>
internal sealed class FaultyStore(ContractContext context, string server, CommitLog log, StoreFault fault, Random random) : ISharedStateStore
{
    private readonly InMemorySharedStore _inner = new(context);
    private readonly List<Underway> _underway = [];
    private SharedTruth? _connected;
    private SharedView? _lastView;

    /// <summary>Whether calls fail at once, and nothing comes of them.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Whether calls and answers take time.</summary>
    public bool IsSlow { get; set; }

    /// <summary>How a client is here, for a store that saves whole records.</summary>
    public Func<string, bool?> IsEnabledHere { get; set; } = static _ => null;

    public int UnderwayCount => _underway.Count;

    public Task JoinAsync(ServerIdentity identity, CancellationToken cancellationToken)
    {
        if (IsCutOff)
        {
            return Task.FromException(CutOff());
        }

        _connected = Truth;
        return _inner.JoinAsync(identity, cancellationToken);
    }

    public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken) 
        => IsCutOff ? ValueTask.FromException<IReadOnlyList<StoredClient>>(CutOff()) : _inner.LoadAsync(cancellationToken);

    public ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        => new(Call(async () =>
        {
            string[] added = [.. changed.Select(static client => client.Name).Where(name => Truth.Clients.GetValueOrDefault(name)?.Control is null)];
            await Watched(() => _inner.SaveAsync(changed, forgotten, CancellationToken.None).AsTask());
            foreach (string name in added)
            {
                log.Start(name, Truth.Clients[name].Control);
            }

            return true;
        }));

    public Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken) => Call(async () =>
    {
        if (fault == StoreFault.SyncsByReading && _connected != Truth && _lastView is { } old)
        {
            return old; // as the primary has it that was replaced
        }

        SharedView view = await Watched(() => _inner.SyncAsync(applied, CancellationToken.None));
        _connected = Truth;
        _lastView = view with { Clients = [] };
        return fault == StoreFault.GivesOldData && random.Next(10) == 0 ? view with { Clients = [] } : view;
    });

    public Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
    {
        int sent = log.Order;
        return Call(() => ExecuteAsync(command, sent));
    }

    private async Task<ControlResult> ExecuteAsync(ControlCommand command, int sent)
    {
        if (fault == StoreFault.CountsReplacedCommit && _connected != Truth)
        {
            return new ControlResult(ControlOutcome.Committed, command.ExpectedRevision + 1);
        }

        bool isDue = !(Truth.Liveness.GetValueOrDefault(command.Client)?.Expiry > Now);
        ControlResult result = await Watched(() => _inner.ExecuteAsync(command, CancellationToken.None), byCommand: true);
        _connected = Truth;
        if (result.Outcome == ControlOutcome.Committed)
        {
            log.Commit(this, command, sent, result.Revision, isDue, Now);
        }

        return result;
    }

    public Task<long?> FindCommandAsync(Guid id, CancellationToken cancellationToken)
        => Call(() => _inner.FindCommandAsync(id, CancellationToken.None));

    public Task<ControlResult> DecideAsync(RequestVerdict verdict, CancellationToken cancellationToken)
        => Call(() => _inner.DecideAsync(verdict, CancellationToken.None));

    public Task ReportAsync(ServerReport report, CancellationToken cancellationToken) => Call(async () =>
    {
        await Watched(() => _inner.ReportAsync(report, CancellationToken.None));
        foreach (CheckReport check in report.Checks)
        {
            if (fault == StoreFault.SavesWholeRecords && IsEnabledHere(check.Client) is { } enabled
                && Truth.Clients.GetValueOrDefault(check.Client) is { Control: { } control } client && control.Enabled != enabled)
            {
                control = control with { Enabled = enabled };
                Truth.Clients[check.Client] = client with { Revision = ++Truth.Revision, Control = control };
                var command = new ControlCommand { Id = Guid.NewGuid(), Client = check.Client, ExpectedRevision = 0, Control = control };
                log.Commit(this, command, log.Order, Truth.Revision, isDue: false, Now);
            }
        }

        return true;
    });

    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        yield break;
    }

    public override string ToString() => server;

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    /// <summary>Has one of the calls under way go a step on: reach the store, or have its answer arrive.</summary>
    /// <param name="isLost">Whether it is lost instead.</param>
    public void Step(bool isLost)
    {
        int index = random.Next(_underway.Count);
        if (_underway[index].Step(isLost))
        {
            _underway.RemoveAt(index);
        }
    }

    /// <summary>Whether calls that its server made before it died may still reach the store.</summary>
    public void StepAll()
    {
        while (_underway.Count > 0)
        {
            Step(isLost: false);
        }
    }

    /// <summary>The revision of a client in the store.</summary>
    public long? RevisionOf(string client) => Truth.Clients.GetValueOrDefault(client)?.Revision;

    private SharedTruth Truth => SharedPlace.Of(context).Truth;

    private TimeSpan Now => context.TimeProvider.GetElapsedTime(0);

    /// <summary>Calls the store, and sees that no expiry comes earlier but by a command.</summary>
    private async Task<T> Watched<T>(Func<Task<T>> call, bool byCommand = false)
    {
        (string Client, TimeSpan? Expiry)[] before = byCommand ? [] : [.. Truth.Liveness.Select(static pair => (pair.Key, pair.Value.Expiry))];
        T result = await call();
        foreach ((string client, TimeSpan? expiry) in before)
        {
            log.Require(
                !(Truth.Liveness.GetValueOrDefault(client)?.Expiry < expiry), $"S3: the expiry of {client} has come earlier without a command");
        }

        return result;
    }

    private Task<bool> Watched(Func<Task> call) => Watched(async () =>
    {
        await call();
        return true;
    });

    private static StateStoreException CutOff() => new("the shared store cannot be reached");

    private Task<T> Call<T>(Func<Task<T>> call)
    {
        if (IsCutOff)
        {
            return Task.FromException<T>(CutOff());
        }

        if (!IsSlow)
        {
            return call();
        }

        var answer = new TaskCompletionSource<T>();
        Task<T>? result = null;
        _underway.Add(new Underway(isLost =>
        {
            if (isLost)
            {
                answer.SetException(result is null && random.Next(2) == 0
                    ? CutOff()
                    : new IOException("the connection broke"));
                return true;
            }

            if (result is null)
            {
                result = call();
                return false;
            }

            if (result.Exception is { } error)
            {
                answer.SetException(error.InnerExceptions);
            }
            else
            {
                answer.SetResult(result.GetAwaiter().GetResult());
            }

            return true;
        }));
        return answer.Task;
    }

    private sealed record Underway(Func<bool, bool> Step);
}
