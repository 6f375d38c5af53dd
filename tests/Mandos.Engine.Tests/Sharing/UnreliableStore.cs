using System.Runtime.CompilerServices;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts;
using Mandos.PluginContracts.Tests.Sharing;

namespace Mandos.Engine.Tests.Sharing;

/// <summary>A server's way to a good shared store, on which calls and answers can be held up and lost.</summary>
internal sealed class UnreliableStore(ContractContext context) : ISharedStateStore
{
    private readonly InMemorySharedStore _inner = new(context);
    private readonly List<Held> _held = [];

    /// <summary>Whether calls fail at once, and nothing comes of them.</summary>
    public bool IsCutOff { get; set; }

    /// <summary>Whether calls that fail end as cancelled, as they do in a store that cancels them itself.</summary>
    public bool Cancels { get; set; }

    /// <summary>Whether it is cut off once it has loaded what there is.</summary>
    public bool IsCutOffOnceLoaded { get; init; }

    /// <summary>Whether calls wait for <see cref="Release"/>.</summary>
    public bool Holds { get; set; }

    /// <summary>The calls that wait.</summary>
    public int HeldCount => _held.Count;

    /// <summary>How many commands the server has sent.</summary>
    public int CommandCount { get; private set; }

    /// <summary>How many checks the server has reported.</summary>
    public int ChecksReported { get; private set; }

    /// <summary>How many of them one report had at most.</summary>
    public int MostInOneReport { get; private set; }

    public Task JoinAsync(ServerIdentity server, CancellationToken cancellationToken) => Call(() => _inner.JoinAsync(server, cancellationToken));

    public ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
    {
        Task<IReadOnlyList<StoredClient>> load = Call(() => _inner.LoadAsync(cancellationToken).AsTask());
        IsCutOff |= IsCutOffOnceLoaded;
        return new(load);
    }

    public ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        => new(Call(() => _inner.SaveAsync(changed, forgotten, cancellationToken).AsTask()));

    public Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken)
        => Call(() => _inner.SyncAsync(applied, cancellationToken));

    public Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
    {
        CommandCount++;
        return Call(() => _inner.ExecuteAsync(command, cancellationToken));
    }

    public Task<long?> FindCommandAsync(Guid id, CancellationToken cancellationToken)
        => Call(() => _inner.FindCommandAsync(id, cancellationToken));

    public Task<ControlResult> DecideAsync(RequestVerdict verdict, CancellationToken cancellationToken)
        => Call(() => _inner.DecideAsync(verdict, cancellationToken));

    public Task ReportAsync(ServerReport report, CancellationToken cancellationToken)
    {
        ChecksReported += report.Checks.Count;
        MostInOneReport = Math.Max(MostInOneReport, report.Checks.Count);
        return Call(() => _inner.ReportAsync(report, cancellationToken));
    }

    public async IAsyncEnumerable<long> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        yield break;
    }

    public ValueTask DisposeAsync() => _inner.DisposeAsync();

    /// <summary>Lets a call that waits go on.</summary>
    /// <param name="index">Which one.</param>
    /// <param name="reaches">Whether it reaches the store.</param>
    /// <param name="answers">Whether its answer comes back; if not, the connection breaks.</param>
    public void Release(int index = 0, bool reaches = true, bool answers = true)
    {
        Held held = _held[index];
        _held.RemoveAt(index);
        held.Release(reaches, answers);
    }

    private Task<bool> Call(Func<Task> call) => Call(async () =>
    {
        await call();
        return true;
    });

    private Task<T> Call<T>(Func<Task<T>> call)
    {
        if (IsCutOff)
        {
            return Cancels ? Task.FromCanceled<T>(new CancellationToken(canceled: true))
                : Task.FromException<T>(new StateStoreException("the shared store cannot be reached"));
        }

        if (!Holds)
        {
            return call();
        }

        var answer = new TaskCompletionSource<T>();
        _held.Add(new Held((reaches, answers) =>
        {
            // What the store says counts only if it comes back
            Task<T>? result = reaches ? call() : null;
            if (!answers)
            {
                answer.SetException(new IOException("the connection broke"));
            }
            else if (result is null)
            {
                answer.SetException(new StateStoreException("the shared store cannot be reached"));
            }
            else if (result.Exception is { } error)
            {
                answer.SetException(error.InnerExceptions);
            }
            else
            {
                answer.SetResult(result.GetAwaiter().GetResult());
            }
        }));
        return answer.Task;
    }

    private sealed record Held(Action<bool, bool> Release);
}
