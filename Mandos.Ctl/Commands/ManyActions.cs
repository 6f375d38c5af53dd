using Mandos.Ctl.Servers;
using Mandos.Ctl.Texts;

namespace Mandos.Ctl.Commands;

/// <summary>Does something with many clients, by calls that are for many each.</summary>
internal static class ManyActions
{
    /// <summary>Clients of one call: the server takes twice as many, and the answer comes within a second.</summary>
    private const int AtATime = 2500;

    /// <summary>Clients of one call if other servers have to confirm each of them, for which the server waits a hundred at a time.</summary>
    private const int SharedAtATime = 100;

    /// <summary>Connections: while the changes of one are saved, those of another are made and told.</summary>
    private const int MostConnections = 3;

    /// <summary>Does it. A client with which something fails keeps it from no other.</summary>
    /// <returns>What failed, each with its client; null if nothing was done, because the server takes no change for many.</returns>
    public static async Task<IReadOnlyList<ServerException>?> TryRunAsync(
        IServerConnection first, IReadOnlyList<Client> clients, IReadOnlyList<ClientAction> actions, CancellationToken cancellationToken)
    {
        ManyChange[] changes = [.. actions.Select(static action => action.Many).OfType<ManyChange>()];
        if (changes.Length < actions.Count)
        {
            return null;
        }

        bool isShared = clients.Count > 1 && await first.FindServersAsync(cancellationToken).ConfigureAwait(false) is not null;
        var pages = new Queue<Client[]>(clients.Chunk(isShared ? SharedAtATime : AtATime));
        List<ServerException> failures = [];
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var progress = ProgressLine.Begin("clients changed", clients.Count);
        Task notice = WaitNotice.RunAsync(first.ConnectAnotherAsync, Say, ended.Token);
        List<IServerConnection> others = [];
        try
        {
            // The first page alone: it tells whether the server can do this
            if (pages.TryDequeue(out Client[]? page) && !await TryRunAsync(first, page, changes, failures, cancellationToken).ConfigureAwait(false))
            {
                return null;
            }

            progress.Add(page?.Length ?? 0);

            while (others.Count < Math.Min(MostConnections - 1, pages.Count - 1))
            {
                others.Add(await first.ConnectAnotherAsync(cancellationToken).ConfigureAwait(false));
            }

            await Task.WhenAll(others.Append(first).Select(RunPagesAsync)).ConfigureAwait(false);
            return failures;
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await notice.ConfigureAwait(false);
            foreach (IServerConnection other in others)
            {
                await other.DisposeAsync().ConfigureAwait(false);
            }
        }

        void Say(string text)
        {
            progress.Clear();
            CtlCommand.Say(text);
        }

        async Task RunPagesAsync(IServerConnection server)
        {
            while (true)
            {
                Client[]? next;
                lock (pages)
                {
                    if (!pages.TryDequeue(out next))
                    {
                        return;
                    }
                }

                try
                {
                    await TryRunAsync(server, next, changes, failures, cancellationToken).ConfigureAwait(false);
                    progress.Add(next.Length);
                }
                catch (ServerException e)
                {
                    // The server, or the way to it, is gone: what is amiss with single clients is told all the same
                    lock (pages)
                    {
                        pages.Clear();
                    }

                    lock (failures)
                    {
                        failures.Add(e);
                    }
                }
            }
        }
    }

    /// <summary>Does it with the clients of one page. What fails for a client is the last that is done with it.</summary>
    private static async Task<bool> TryRunAsync(
        IServerConnection server, IReadOnlyList<Client> page, ManyChange[] changes, List<ServerException> failures, CancellationToken cancellationToken)
    {
        foreach (ManyChange change in changes)
        {
            if (await server.TryChangeManyAsync(page, change, cancellationToken).ConfigureAwait(false) is not { } problems)
            {
                return false;
            }

            lock (failures)
            {
                failures.AddRange(problems.Values);
            }

            page = problems.Count == 0 ? page
                : [.. page.Where(client => !problems.TryGetValue(client.Path, out ServerException? problem) || problem.IsNotSaved)];
        }

        return true;
    }
}
