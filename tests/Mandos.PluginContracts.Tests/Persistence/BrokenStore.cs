using Mandos.Abstractions.Persistence;
using Mandos.StateSqlite;

namespace Mandos.PluginContracts.Tests.Persistence;

/// <summary>A good store behind a layer that can be made to do wrong.</summary>
internal class BrokenStore(ContractContext context) : IStateStore
{
    protected string Directory => context.StateDirectory;

    protected IStateStore Inner { get; } = new SqliteStateStore(context);

    public Func<IReadOnlyList<StoredClient>, IReadOnlyList<StoredClient>> Loaded { get; init; } = clients => clients;

    public Func<IReadOnlyCollection<StoredClient>, IReadOnlyCollection<StoredClient>> Changed { get; init; } = clients => clients;

    public Func<IReadOnlyCollection<string>, IReadOnlyCollection<string>> Forgotten { get; init; } = names => names;

    public bool HidesProblem { get; init; }

    public string? SaveProblem => HidesProblem ? null : Inner.SaveProblem;

    public virtual async ValueTask<IReadOnlyList<StoredClient>> LoadAsync(CancellationToken cancellationToken)
        => Loaded(await Inner.LoadAsync(cancellationToken));

    public virtual ValueTask SaveAsync(
        IReadOnlyCollection<StoredClient> changed, IReadOnlyCollection<string> forgotten, CancellationToken cancellationToken)
        => Inner.SaveAsync(Changed(changed), Forgotten(forgotten), cancellationToken);

    public virtual ValueTask DisposeAsync() => Inner.DisposeAsync();
}
