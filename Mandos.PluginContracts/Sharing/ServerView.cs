using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Sharing;

/// <summary>One server at a shared store: what it has applied, as a server keeps it.</summary>
internal sealed class ServerView(ISharedStateStore store, ServerIdentity identity)
{
    public ISharedStateStore Store { get; } = store;

    public ServerIdentity Identity { get; } = identity;

    /// <summary>How far it has applied everything.</summary>
    public SyncPoint Applied { get; private set; }

    /// <summary>The control of all clients that it knows.</summary>
    public Dictionary<string, SharedClient> Clients { get; } = new(StringComparer.Ordinal);

    /// <summary>The liveness of all clients that it knows.</summary>
    public Dictionary<string, SharedLiveness> Liveness { get; } = new(StringComparer.Ordinal);

    /// <summary>Syncs, and applies what that brings.</summary>
    public async Task<SharedView> SyncAsync(CancellationToken cancellationToken)
    {
        SharedView view = await Store.SyncAsync(Applied, cancellationToken).ConfigureAwait(false);
        Contract.Require(view.Reached.Revision >= Applied.Revision, "a sync goes back to an earlier revision");
        foreach (SharedClient client in view.Clients)
        {
            Contract.Require(
                client.Revision > 0 && client.Revision <= view.Reached.Revision,
                $"a sync up to revision {view.Reached.Revision} brings a client at revision {client.Revision}");
            if (client.Control is null)
            {
                Clients.Remove(client.Name);
            }
            else
            {
                Clients[client.Name] = client;
            }
        }

        foreach (SharedLiveness liveness in view.Liveness)
        {
            Liveness[liveness.Client] = liveness;
        }

        Applied = view.Reached;
        return view;
    }

    /// <summary>Changes a client as this server has it, or adds it.</summary>
    public Task<ControlResult> ChangeAsync(
        string name, Func<SharedControl, SharedControl?> change, CancellationToken cancellationToken, TimeSpan? expiresIn = null)
        => Store.ExecuteAsync(Command(name, change, expiresIn), cancellationToken);

    /// <summary>A command that changes a client as this server has it, or adds it.</summary>
    public ControlCommand Command(string name, Func<SharedControl, SharedControl?> change, TimeSpan? expiresIn = null)
    {
        SharedClient? client = Clients.GetValueOrDefault(name);
        return new ControlCommand
        {
            Id = Guid.NewGuid(),
            Client = name,
            ExpectedRevision = client?.Revision ?? 0,
            Control = change(client?.Control ?? new SharedControl
            {
                Settings = Samples.SampleClients.Settings(1),
                Created = Samples.SampleClients.Snapshot(1).Created,
            }),
            ExpiresIn = expiresIn,
        };
    }

    /// <summary>Changes a client, which must be committed, and syncs.</summary>
    /// <returns>The revision.</returns>
    public async Task<long> CommitAsync(
        string name, Func<SharedControl, SharedControl?> change, CancellationToken cancellationToken, TimeSpan? expiresIn = null)
    {
        ControlResult result = await ChangeAsync(name, change, cancellationToken, expiresIn).ConfigureAwait(false);
        Contract.Require(
            result is { Outcome: ControlOutcome.Committed, Revision: > 0 },
            $"a command that expects the revision in force ends as {result.Outcome} at revision {result.Revision}");
        SharedView view = await SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(
            view.Reached.Revision >= result.Revision,
            $"a sync after the commit of revision {result.Revision} reaches revision {view.Reached.Revision} only");
        return result.Revision;
    }
}
