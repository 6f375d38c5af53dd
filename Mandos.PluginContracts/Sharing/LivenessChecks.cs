using Mandos.Abstractions.Sharing;

namespace Mandos.PluginContracts.Sharing;

/// <summary>Checks of the liveness plane: reports, and expiry.</summary>
internal static class LivenessChecks
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    public static async Task LeavesControlAloneAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        long disabled = await a.CommitAsync("x", ControlChecks.Disabled, cancellationToken).ConfigureAwait(false);

        // It does not know yet that the client is disabled.
        await ReportAsync(b, new CheckReport { Client = "x", Age = TimeSpan.Zero, Status = 0, GoodFor = _hour }, cancellationToken)
            .ConfigureAwait(false);
        await ReportAsync(b, new CheckReport { Client = "unknown", Age = TimeSpan.Zero, Status = 0 }, cancellationToken)
            .ConfigureAwait(false);
        SharedView view = await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(view.Clients.Count == 0 && view.Reached.Revision == disabled, "a report changes the revision of control");
        view = await b.Store.SyncAsync(SyncPoint.None, cancellationToken).ConfigureAwait(false);
        Contract.Require(
            view.Clients is [{ Control.Enabled: false }], "a report of a successful check enables a client that another server disabled");
        Contract.Require(
            a.Liveness.GetValueOrDefault("x") is { ExpiresIn: null, Status: 0 },
            "a report on a client that is disabled is lost, or gives it an expiry");
        Contract.Require(!a.Liveness.ContainsKey("unknown"), "a report on a client that the store does not know is kept");
    }

    public static async Task KeepsLaterAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await ReportAsync(a, new CheckReport { Client = "x", Age = _hour, Status = 0 }, cancellationToken).ConfigureAwait(false);
        await ReportAsync(a, new CheckReport { Client = "x", Age = TimeSpan.Zero, Status = 7 }, cancellationToken).ConfigureAwait(false);
        await ReportAsync(b, new CheckReport { Client = "x", Age = 2 * _hour, Status = 0 }, cancellationToken).ConfigureAwait(false);
        await ReportAsync(b, new CheckReport { Client = "x", Age = _hour / 2, Status = 1 }, cancellationToken).ConfigureAwait(false);
        await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        foreach (ServerView server in (ServerView[])[a, b])
        {
            Contract.Require(
                server.Liveness.GetValueOrDefault("x") is { Status: 7 } seen && seen.SinceChecked < _hour / 2,
                "a report of an earlier check replaces a later one");
            Contract.Require(
                server.Liveness["x"].SinceCheckedOk is { } ok && ok >= _hour && ok < 2 * _hour,
                "the last successful check is not the latest of those that were reported");
        }
    }

    public static async Task MovesExpiryLaterAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await ReportAsync(b, new CheckReport { Client = "x", Age = TimeSpan.Zero, GoodFor = _hour / 4 }, cancellationToken)
            .ConfigureAwait(false);
        await ReportAsync(b, new CheckReport { Client = "x", Age = _hour, GoodFor = 1.5 * _hour }, cancellationToken).ConfigureAwait(false);
        await RequireExpiryAsync(0.75 * _hour, _hour, "a report moves an expiry to earlier, or counts from now what was long ago").ConfigureAwait(false);
        await ReportAsync(b, new CheckReport { Client = "x", Age = TimeSpan.Zero, GoodFor = 3 * _hour }, cancellationToken).ConfigureAwait(false);
        await RequireExpiryAsync(2.75 * _hour, 3 * _hour, "a report of a successful check does not move the expiry").ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken).ConfigureAwait(false);
        await RequireExpiryAsync(2.75 * _hour, 3 * _hour, "a command that gives no expiry moves it").ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await RequireExpiryAsync(0.75 * _hour, _hour, "a command does not move the expiry to earlier").ConfigureAwait(false);

        async Task RequireExpiryAsync(TimeSpan least, TimeSpan most, string otherwise)
        {
            await a.SyncAsync(cancellationToken).ConfigureAwait(false);
            TimeSpan? expiry = a.Liveness.GetValueOrDefault("x")?.ExpiresIn;
            Contract.Require(expiry >= least && expiry <= most, $"{otherwise}: it is in {expiry?.TotalMinutes.ToString("0") ?? "no"} minutes");
        }
    }

    public static async Task ExpiresOnlyDueAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, TimeSpan.Zero).ConfigureAwait(false);
        await ReportAsync(b, new CheckReport { Client = "x", Age = TimeSpan.Zero, Status = 0, GoodFor = _hour }, cancellationToken)
            .ConfigureAwait(false);
        ControlResult result = await ExpireAsync().ConfigureAwait(false);
        Contract.Require(
            result.Outcome == ControlOutcome.NotDue, $"disabling a client for expiry that another server saw in time ends as {result.Outcome}");
        await a.CommitAsync("x", ControlChecks.Enabled, cancellationToken, TimeSpan.Zero).ConfigureAwait(false);
        result = await ExpireAsync().ConfigureAwait(false);
        Contract.Require(
            result.Outcome == ControlOutcome.Committed, $"disabling a client for expiry that is due ends as {result.Outcome}");
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        ControlChecks.RequireEnabled(b, "x", false);

        Task<ControlResult> ExpireAsync()
            => a.Store.ExecuteAsync(a.Command("x", ControlChecks.Disabled) with { OnlyIfExpired = true }, cancellationToken);
    }

    private static Task ReportAsync(ServerView server, CheckReport check, CancellationToken cancellationToken)
        => server.Store.ReportAsync(new ServerReport { Checks = [check] }, cancellationToken);
}
