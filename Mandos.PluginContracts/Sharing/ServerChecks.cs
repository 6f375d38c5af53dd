using System.Net;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Sharing;

/// <summary>Checks of what servers know of each other: confirmations, fences, requests, hints, and a store that fails.</summary>
internal static class ServerChecks
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    public static async Task ShowsConfirmedAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await b.Store.ReportAsync(new ServerReport { FilesHash = "hash" }, cancellationToken).ConfigureAwait(false);
        long revision = await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        SharedServer other = await FindAsync(a, b, cancellationToken).ConfigureAwait(false);
        Contract.Require(other.Confirmed < revision, "a server counts as having confirmed what a sync only brought to it");
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        other = await FindAsync(a, b, cancellationToken).ConfigureAwait(false);
        Contract.Require(
            other.Confirmed == revision, $"a server that confirmed revision {revision} is shown to have confirmed {other.Confirmed}");
        Contract.Require(other is { Identity.Name: "b", FilesHash: "hash", SinceSync: not null }, "a server is not shown as it told of itself");
    }

    public static async Task RefusesFutureAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        SyncPoint future = b.Applied with { Revision = b.Applied.Revision + 1000 };
        await Contract.RequireThrowsAsync<ArgumentOutOfRangeException>(
            () => b.Store.SyncAsync(future, cancellationToken), "when a server confirms a revision that the store has not reached")
            .ConfigureAwait(false);
        SharedServer other = await FindAsync(a, b, cancellationToken).ConfigureAwait(false);
        Contract.Require(other.Confirmed < future.Revision, "a revision that the store has not reached counts as confirmed");
    }

    public static async Task FencesOffAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        ServerView successor = await servers.JoinAsync("b", cancellationToken, b.Identity.Id).ConfigureAwait(false);

        await RefusesAsync(() => b.Store.SyncAsync(b.Applied, cancellationToken), "syncs").ConfigureAwait(false);
        await RefusesAsync(() => b.ChangeAsync("x", ControlChecks.Disabled, cancellationToken), "gives a command").ConfigureAwait(false);
        await RefusesAsync(
            () => b.Store.ReportAsync(
                new ServerReport { Checks = [new CheckReport { Client = "x", Age = TimeSpan.Zero, Status = 3 }] }, cancellationToken),
            "reports").ConfigureAwait(false);
        await b.Store.DisposeAsync().ConfigureAwait(false);

        await successor.SyncAsync(cancellationToken).ConfigureAwait(false);
        await FindAsync(a, b, cancellationToken).ConfigureAwait(false);
        ControlChecks.RequireEnabled(a, "x", true);
        Contract.Require(a.Liveness.GetValueOrDefault("x")?.Status != 3, "a report of a server that is fenced off is kept");

        static async Task RefusesAsync(Func<Task> call, string what)
        {
            ServerFencedException refusal = await Contract.RequireThrowsAsync<ServerFencedException>(
                call, $"when a server whose place is taken {what}").ConfigureAwait(false);
            Contract.RequireOneLine(refusal.Message, "the message of a ServerFencedException");
        }
    }

    public static async Task ForgetsLeaverAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await FindAsync(a, b, cancellationToken).ConfigureAwait(false);
        await b.Store.DisposeAsync().ConfigureAwait(false);
        SharedView view = await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(
            view.Servers.All(server => server.Identity.Id != b.Identity.Id), "a server that has left is still waited for by others");
    }

    public static async Task CarriesVerdictsAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        var request = new SecretRequest(5, new IPEndPoint(IPAddress.Parse("2001:db8::5"), 999), new string('A', 64), a.Clients["x"].Control!.Created);
        var waiting = new SharedRequest(a.Identity.Id, "x", request);
        await a.Store.ReportAsync(new ServerReport { Opened = [waiting] }, cancellationToken).ConfigureAwait(false);
        await b.Store.ReportAsync(new ServerReport { Opened = [waiting with { Client = "y" }] }, cancellationToken).ConfigureAwait(false);
        SharedView view = await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(
            view.Requests.Contains(waiting) && view.Requests.Contains(new SharedRequest(b.Identity.Id, "y", request)) && view.Requests.Count == 2,
            "a request that waits at one server is not shown to another as it is");

        ControlResult approved = await DecideAsync(a.Identity.Id, true).ConfigureAwait(false);
        Contract.Require(approved.Outcome == ControlOutcome.Committed, $"approving a request ends as {approved.Outcome}");
        ControlResult denied = await DecideAsync(a.Identity.Id, false).ConfigureAwait(false);
        Contract.Require(denied.Outcome == ControlOutcome.Conflict, $"deciding a request that is decided ends as {denied.Outcome}");
        view = await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(view.Requests.Contains(waiting with { Verdict = true }), "a verdict does not come to the server where the request waits");
        Contract.Require(
            view.Requests.Contains(new SharedRequest(b.Identity.Id, "y", request)), "a verdict on one server's request decides another server's");

        await a.Store.ReportAsync(new ServerReport { Closed = [5] }, cancellationToken).ConfigureAwait(false);
        view = await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(view.Requests is [{ Client: "y" }], "a request that no longer waits is still shown, or another one's is not");
        ControlResult late = await DecideAsync(a.Identity.Id, true).ConfigureAwait(false);
        Contract.Require(late.Outcome == ControlOutcome.Conflict, $"deciding a request that no longer waits ends as {late.Outcome}");

        Task<ControlResult> DecideAsync(Guid server, bool verdict)
            => b.Store.DecideAsync(new RequestVerdict(Guid.NewGuid(), server, 5, verdict), cancellationToken);
    }

    public static async Task HintsAsync(SharedServers servers, ContractLimits limits, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        int hints = 0;
        Task watch = Task.Run(WatchAsync, CancellationToken.None);
        long start = TimeProvider.System.GetTimestamp();
        while (Volatile.Read(ref hints) < 2 && !watch.IsCompleted && TimeProvider.System.GetElapsedTime(start) < limits.Check)
        {
            // One after another, as the watch may begin late; a second hint shows that it goes on after the first.
            await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
            await Task.WhenAny(watch, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken)).ConfigureAwait(false);
        }

        Contract.Require(Volatile.Read(ref hints) > 0, "a watch gives no hint of what another server commits");
        Contract.Require(!watch.IsCompleted, "a watch ends by itself; it should go on until cancelled");
        await stop.CancelAsync().ConfigureAwait(false);
        await Contract.EndsAsync(watch, limits.Stop, "a watch does not end when cancelled").ConfigureAwait(false);

        async Task WatchAsync()
        {
            await foreach (long _ in b.Store.WatchAsync(stop.Token).ConfigureAwait(false))
            {
                Interlocked.Increment(ref hints);
            }
        }
    }

    public static async Task ClaimsNothingCutOffAsync(
        SharedServers servers, Func<ContractContext, IDisposable> cutOff, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        ControlCommand disable = a.Command("x", ControlChecks.Disabled);
        ControlOutcome? outcome = null;
        using (cutOff(servers.Context))
        {
            StateStoreException failure = await Contract.RequireThrowsAsync<StateStoreException>(
                () => a.Store.SyncAsync(a.Applied, cancellationToken), "when a server that is cut off syncs").ConfigureAwait(false);
            Contract.RequireOneLine(failure.Message, "the message of a StateStoreException");
            try
            {
                outcome = (await a.Store.ExecuteAsync(disable, cancellationToken).ConfigureAwait(false)).Outcome;
            }
            catch (StateStoreException)
            {
                // It was not committed.
            }
        }

        Contract.Require(
            outcome is null or ControlOutcome.Unknown, $"a command ends as {outcome} though the server is cut off");
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        bool isFound = await b.Store.FindCommandAsync(disable.Id, cancellationToken).ConfigureAwait(false) is not null;
        Contract.Require(!isFound || outcome is ControlOutcome.Unknown, "a command that was said not to be committed is committed");
        ControlChecks.RequireEnabled(b, "x", !isFound);
    }

    public static async Task IgnoresReplacedAsync(
        SharedServers servers, Action<ContractContext> replace, CancellationToken cancellationToken)
    {
        ServerView a = await servers.JoinAsync("a", cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        replace(servers.Context);
        ServerView b = await servers.JoinAsync("b", cancellationToken).ConfigureAwait(false);
        await b.CommitAsync("x", ControlChecks.Disabled, cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < 3; i++)
        {
            try
            {
                await a.SyncAsync(cancellationToken).ConfigureAwait(false);
                ControlChecks.RequireEnabled(a, "x", false);
            }
            catch (StateStoreException)
            {
                // So it has no permission, and may find the new primary by the next one.
            }
        }

        try
        {
            ControlResult result = await a.ChangeAsync("y", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
            await b.SyncAsync(cancellationToken).ConfigureAwait(false);
            Contract.Require(
                result.Outcome != ControlOutcome.Committed || b.Clients.ContainsKey("y"),
                "a command is committed by a primary that was replaced, where no other server sees it");
        }
        catch (StateStoreException)
        {
            // It was not committed.
        }
    }

    /// <summary>Syncs, and finds another server among those that it shows.</summary>
    private static async Task<SharedServer> FindAsync(ServerView server, ServerView other, CancellationToken cancellationToken)
    {
        SharedView view = await server.SyncAsync(cancellationToken).ConfigureAwait(false);
        SharedServer[] found = [.. view.Servers.Where(one => one.Identity.Id == other.Identity.Id)];
        Contract.Require(found.Length == 1, $"server {other.Identity.Name} is shown {found.Length} times among those that are registered");
        return found[0];
    }
}
