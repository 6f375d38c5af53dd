using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Tests.Sharing;

/// <summary>A good shared store behind a layer that can be made to do wrong.</summary>
internal class BrokenSharedStore(ContractContext context) : ISharedStateStore
{
    protected InMemorySharedStore Inner { get; } = new(context);

    protected SharedTruth Truth => SharedPlace.Of(context).Truth;

    protected ServerIdentity? Identity { get; private set; }

    public Func<SharedView, SharedView> Synced { get; init; } = view => view;

    public Func<SyncPoint, SyncPoint> Applied { get; init; } = point => point;

    public Func<ControlCommand, ControlCommand> Command { get; init; } = command => command;

    public Func<ControlResult, ControlResult> Result { get; init; } = result => result;

    public Func<ServerReport, ServerReport> Report { get; init; } = report => report;

    public Func<RequestVerdict, RequestVerdict> Verdict { get; init; } = verdict => verdict;

    public Func<long?, long?> Found { get; init; } = revision => revision;

    public Func<StoredClient, StoredClient> Loaded { get; init; } = client => client;

    public virtual Task JoinAsync(ServerIdentity server, CancellationToken cancellationToken)
    {
        Identity = server;
        return Inner.JoinAsync(server, cancellationToken);
    }

    public async ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
        => [.. (await Inner.LoadAsync(cancellationToken)).Select(Loaded)];

    public virtual ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        => Inner.SaveAsync(changed, forgotten, cancellationToken);

    public virtual async Task<SharedView> SyncAsync(SyncPoint applied, CancellationToken cancellationToken)
        => Synced(await Inner.SyncAsync(Applied(applied), cancellationToken));

    public virtual async Task<ControlResult> ExecuteAsync(ControlCommand command, CancellationToken cancellationToken)
        => Result(await Inner.ExecuteAsync(Command(command), cancellationToken));

    public async Task<long?> FindCommandAsync(Guid id, CancellationToken cancellationToken)
        => Found(await Inner.FindCommandAsync(id, cancellationToken));

    public Task<ControlResult> DecideAsync(RequestVerdict verdict, CancellationToken cancellationToken)
        => Inner.DecideAsync(Verdict(verdict), cancellationToken);

    public virtual Task ReportAsync(ServerReport report, CancellationToken cancellationToken)
        => Inner.ReportAsync(Report(report), cancellationToken);

    public virtual IAsyncEnumerable<long> WatchAsync(CancellationToken cancellationToken) => Inner.WatchAsync(cancellationToken);

    public virtual ValueTask DisposeAsync() => Inner.DisposeAsync();
}
