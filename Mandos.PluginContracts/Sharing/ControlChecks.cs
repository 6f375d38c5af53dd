using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.PluginContracts.Persistence;
using Mandos.PluginContracts.Samples;

namespace Mandos.PluginContracts.Sharing;

/// <summary>Checks of the control plane: commands, revisions, and what a sync brings of them.</summary>
internal static class ControlChecks
{
    private static readonly TimeSpan _hour = TimeSpan.FromHours(1);

    public static SharedControl Enabled(SharedControl control) => control with { Enabled = true };

    public static SharedControl Disabled(SharedControl control) => control with { Enabled = false };

    public static async Task ShowsCommittedAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        long first = await a.CommitAsync("x", Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        RequireEnabled(b, "x", true);
        long second = await b.CommitAsync("x", Disabled, cancellationToken).ConfigureAwait(false);
        Contract.Require(second > first, $"revision {second} comes after revision {first}");
        await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        RequireEnabled(a, "x", false);
        await a.CommitAsync("x", static _ => null, cancellationToken).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(!b.Clients.ContainsKey("x"), "a client that was forgotten is still there at another server");
    }

    public static async Task BringsChangesAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await a.CommitAsync("y", Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("y", Disabled, cancellationToken).ConfigureAwait(false);
        SharedView view = await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(
            view.Clients is [{ Name: "y" }],
            $"after a change of one client a sync brings {view.Clients.Count} clients, and should bring that one");
        view = await b.Store.SyncAsync(SyncPoint.None, cancellationToken).ConfigureAwait(false);
        Contract.Require(view.Clients.Count == 2, $"a sync from the beginning brings {view.Clients.Count} of 2 clients");
    }

    public static async Task KeepsAllAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        foreach (StoredClient sample in (StoredClient[])[SampleClients.Unusual(2), SampleClients.Stored(1)])
        {
            var control = new SharedControl
            {
                Settings = sample.Client!.Settings,
                Created = sample.Client.Created,
                Enabled = sample.Client.Enabled,
                LastEnabled = sample.Client.LastEnabled,
                IsRemoved = !sample.Client.Enabled,
                Verdict = new SharedVerdict(!sample.Client.Enabled, _hour, System.Net.IPAddress.Parse("fe80::1")),
                EncryptedSecret = sample.EncryptedSecret,
            };
            await a.CommitAsync(sample.Name, _ => control, cancellationToken).ConfigureAwait(false);
            await b.SyncAsync(cancellationToken).ConfigureAwait(false);
            SharedControl? kept = b.Clients.GetValueOrDefault(sample.Name)?.Control;
            Contract.Require(kept is not null, $"a client named “{sample.Name}” does not come to another server");
            Contract.Require(
                kept.EncryptedSecret.Span.SequenceEqual(control.EncryptedSecret.Span)
                    && kept.Verdict is { } verdict && verdict.Left > TimeSpan.Zero && verdict.Left <= _hour
                    && verdict with { Left = _hour } == control.Verdict
                    && StoredClientComparer.Kept(kept.Settings) == StoredClientComparer.Kept(control.Settings)
                    && kept with { Settings = control.Settings, Verdict = control.Verdict, EncryptedSecret = control.EncryptedSecret }
                        == control,
                $"the control of “{sample.Name}” does not come to another server as it was");
        }

        await a.CommitAsync("denied", static control => Enabled(control) with { Verdict = new SharedVerdict(false, -_hour, null) }, cancellationToken, _hour)
            .ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        Contract.Require(
            b.Clients.GetValueOrDefault("denied")?.Control?.Verdict is { Approved: false } denial && denial.Left <= -_hour,
            "a denial that has ended does not come to a server that may have a request that waited then");
    }

    public static async Task RefusesOldRevisionAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", Enabled, cancellationToken, _hour).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        long disabled = await a.CommitAsync("x", Disabled, cancellationToken).ConfigureAwait(false);

        ControlResult result = await b.ChangeAsync(
            "x", control => control with { LastEnabled = control.Created }, cancellationToken, _hour).ConfigureAwait(false);
        Contract.Require(result.Outcome == ControlOutcome.Conflict, $"a command that expects an old revision ends as {result.Outcome}");
        Contract.Require(
            result.Current is { Control.Enabled: false } current && current.Revision == disabled,
            "the result of a conflict does not say what is in force");
        result = await b.ChangeAsync("new", Enabled, cancellationToken, _hour).ConfigureAwait(false);
        Contract.Require(result.Outcome == ControlOutcome.Committed, "a new client cannot be added by expecting revision 0");
        result = await a.ChangeAsync("new", Enabled, cancellationToken, _hour).ConfigureAwait(false);
        Contract.Require(result.Outcome == ControlOutcome.Conflict, "a client that is there can be added again");
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        RequireEnabled(b, "x", false);
    }

    public static async Task CommitsOneOfTwoAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        for (int i = 0; i < 20; i++)
        {
            await Task.WhenAll(a.SyncAsync(cancellationToken), b.SyncAsync(cancellationToken)).ConfigureAwait(false);
            ControlResult[] results = await Task.WhenAll(
                Task.Run(() => a.ChangeAsync("x", Enabled, cancellationToken, _hour), cancellationToken),
                Task.Run(() => b.ChangeAsync("x", Disabled, cancellationToken), cancellationToken)).ConfigureAwait(false);
            int committed = results.Count(static result => result.Outcome == ControlOutcome.Committed);
            Contract.Require(committed == 1, $"of two commands at once that expect the same revision {committed} are committed");
            await a.SyncAsync(cancellationToken).ConfigureAwait(false);
            RequireEnabled(a, "x", results[0].Outcome == ControlOutcome.Committed);
        }
    }

    public static async Task CarriesOutOnceAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        ControlCommand enable = a.Command("x", Enabled, _hour);
        ControlResult first = await a.Store.ExecuteAsync(enable, cancellationToken).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        await b.CommitAsync("x", Disabled, cancellationToken).ConfigureAwait(false);

        ControlResult again = await a.Store.ExecuteAsync(enable, cancellationToken).ConfigureAwait(false);
        Contract.Require(
            again.Outcome == ControlOutcome.Committed && again.Revision == first.Revision,
            $"a command that was committed at revision {first.Revision}, given again, ends as {again.Outcome} at revision {again.Revision}");
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        RequireEnabled(b, "x", false);
    }

    public static async Task FindsCommandsAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        ControlCommand enable = a.Command("x", Enabled, _hour);
        ControlCommand late = b.Command("x", Disabled);
        ControlResult result = await a.Store.ExecuteAsync(enable, cancellationToken).ConfigureAwait(false);
        await b.Store.ExecuteAsync(late, cancellationToken).ConfigureAwait(false);
        await b.SyncAsync(cancellationToken).ConfigureAwait(false);
        long? found = await b.Store.FindCommandAsync(enable.Id, cancellationToken).ConfigureAwait(false);
        Contract.Require(found == result.Revision, $"a command committed at revision {result.Revision} is found at {found?.ToString() ?? "none"}");
        Contract.Require(
            await b.Store.FindCommandAsync(late.Id, cancellationToken).ConfigureAwait(false) is null,
            "a command that ended in a conflict is found as committed");
        Contract.Require(
            await b.Store.FindCommandAsync(Guid.NewGuid(), cancellationToken).ConfigureAwait(false) is null,
            "a command that nobody gave is found as committed");
    }

    public static async Task TellsOfCancelledAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        ServerView a = await servers.JoinAsync("a", cancellationToken).ConfigureAwait(false);
        await a.CommitAsync("x", Enabled, cancellationToken, _hour).ConfigureAwait(false);
        ControlCommand disable = a.Command("x", Disabled);
        ControlOutcome? outcome = null;
        try
        {
            outcome = (await a.Store.ExecuteAsync(disable, new CancellationToken(canceled: true)).ConfigureAwait(false)).Outcome;
        }
        catch (OperationCanceledException)
        {
            // Then nothing may be committed.
        }

        await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        bool isFound = await a.Store.FindCommandAsync(disable.Id, cancellationToken).ConfigureAwait(false) is not null;
        bool isDone = a.Clients["x"].Control is { Enabled: false };
        Contract.Require(
            isFound == isDone && (outcome == ControlOutcome.Unknown || isDone == (outcome == ControlOutcome.Committed)),
            $"a cancelled command ends as {outcome?.ToString() ?? "cancelled"}, is {(isFound ? "found" : "not found")} as committed, and has "
            + $"{(isDone ? "" : "not ")}changed the client");
    }

    public static async Task KeepsRevisionWithDataAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        ServerView reader = await servers.JoinAsync("reader", cancellationToken).ConfigureAwait(false);
        Task writers = Task.WhenAll(WriteAsync(a, "a"), WriteAsync(b, "b"));
        while (!writers.IsCompleted)
        {
            await reader.SyncAsync(cancellationToken).ConfigureAwait(false);
        }

        await writers.ConfigureAwait(false);
        await reader.SyncAsync(cancellationToken).ConfigureAwait(false);
        SharedView all = await reader.Store.SyncAsync(SyncPoint.None, cancellationToken).ConfigureAwait(false);
        int missed = all.Clients.Count(client => reader.Clients.GetValueOrDefault(client.Name)?.Revision != client.Revision);
        Contract.Require(
            missed == 0 && all.Clients.Count == 100,
            $"a server that synced while others committed has missed changes of {missed} of {all.Clients.Count} clients");

        Task WriteAsync(ServerView server, string prefix) => Task.Run(
            async () =>
            {
                for (int i = 0; i < 50; i++)
                {
                    await server.ChangeAsync($"{prefix}{i}", Enabled, cancellationToken, _hour).ConfigureAwait(false);
                }
            },
            cancellationToken);
    }

    public static async Task SavesNoRecordOverControlAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        StoredClient stored = SampleClients.Stored(1);
        await b.Store.SaveAsync([stored], [], cancellationToken).ConfigureAwait(false);
        await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        RequireEnabled(a, stored.Name, true);
        await a.CommitAsync(stored.Name, Disabled, cancellationToken).ConfigureAwait(false);

        StateStoreException refusal = await Contract.RequireThrowsAsync<StateStoreException>(
            () => b.Store.SaveAsync([stored, SampleClients.Stored(2)], [], cancellationToken).AsTask(),
            "when it is to save a record that would enable a client that another server disabled").ConfigureAwait(false);
        Contract.RequireOneLine(refusal.Message, "the message of a StateStoreException");
        await a.SyncAsync(cancellationToken).ConfigureAwait(false);
        RequireEnabled(a, stored.Name, false);
        Contract.Require(!a.Clients.ContainsKey(SampleClients.Stored(2).Name), "a save that it refused is carried out in part");
    }

    public static async Task KeepsFilesOfEachAsync(SharedServers servers, CancellationToken cancellationToken)
    {
        (ServerView a, ServerView b) = await servers.JoinTwoAsync(cancellationToken).ConfigureAwait(false);
        StoredClient ofA = SampleClients.Stored(1);
        StoredClient ofB = ofA with
        {
            FileSettings = ofA.FileSettings with { Host = "b" },
            FileEnabled = false,
            LeftAt = ofA.SavedAt,
        };
        await a.Store.SaveAsync([ofA], [], cancellationToken).ConfigureAwait(false);
        await b.Store.SaveAsync([ofB], [], cancellationToken).ConfigureAwait(false);
        ServerView c = await servers.JoinAsync("c", cancellationToken).ConfigureAwait(false);
        Contract.Require(
            await c.Store.LoadAsync(cancellationToken).ConfigureAwait(false) is [{ SavedAt: null }],
            "a server whose files were never saved gets a record with the time of a save");
        foreach ((ServerView server, StoredClient expected) in ((ServerView, StoredClient)[])[(a, ofA), (b, ofB)])
        {
            ServerView again = await servers.JoinAsync("again", cancellationToken, server.Identity.Id).ConfigureAwait(false);
            IReadOnlyList<StoredClient> loaded = await again.Store.LoadAsync(cancellationToken).ConfigureAwait(false);
            Contract.Require(
                loaded is [var kept] && StoredClientComparer.Kept(kept.FileSettings) == StoredClientComparer.Kept(expected.FileSettings)
                    && kept.FileEnabled == expected.FileEnabled && kept.LeftAt == expected.LeftAt,
                "a server that starts again does not get what its own files said");
            SharedView view = await again.Store.SyncAsync(SyncPoint.None, cancellationToken).ConfigureAwait(false);
            Contract.Require(
                view.Clients is [var client] && client.Revision == loaded[0].Revision,
                "the revision of a client that is loaded is not the one that a sync brings");
            await again.Store.SaveAsync([], [ofA.Name], cancellationToken).ConfigureAwait(false);
            await again.SyncAsync(cancellationToken).ConfigureAwait(false);
            RequireEnabled(again, ofA.Name, true);
        }
    }

    public static void RequireEnabled(ServerView server, string name, bool enabled)
    {
        SharedClient? client = server.Clients.GetValueOrDefault(name);
        Contract.Require(client?.Control is not null, $"server {server.Identity.Name} does not see client “{name}”");
        Contract.Require(
            client.Control.Enabled == enabled,
            $"server {server.Identity.Name} sees client “{name}” as {(enabled ? "disabled" : "enabled")}, against the last command");
    }
}
