using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Commands;

/// <summary>Commands for many clients.</summary>
internal sealed partial class ClientCommands
{
    /// <summary>Clients that one work item changes at most, so that connections wait for a millisecond or two.</summary>
    private const int Piece = 100;

    /// <inheritdoc/>
    public Task<IReadOnlyList<ClientProblem>> CommandManyAsync(
        IReadOnlyList<ClientReference> clients, ClientAction action, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentNullException.ThrowIfNull(action);
        ArgumentNullException.ThrowIfNull(source);
        if (clients.Count > ClientLimits.ClientsOfCommand)
        {
            throw new ArgumentException($"a command may be for {ClientLimits.ClientsOfCommand} clients; this one is for {clients.Count}", nameof(clients));
        }

        action.Settings.Validate();
        action.Reboot.Validate();
        Validate(action.Rehearsal);
        return CarryOutAsync(clients, MeansOf(action), source).WaitAsync(cancellationToken);
    }

    private static GivenCommand Given(Means means, ClientReference client, CommandSource source) => new(means.Command, client, source);

    /// <summary>What carries an action out, as it does for a single client.</summary>
    private Means MeansOf(ClientAction action) => action.Kind switch
    {
        ClientActionKind.Enable => new(AuditCommand.Enable, Quick(_transitions.Enable)),
        ClientActionKind.Disable => new(AuditCommand.Disable, Revoking(_transitions.Disable)),
        ClientActionKind.Approve => new(AuditCommand.Approve, Quick(client => _approvals.Approve(client, true))),
        ClientActionKind.Deny => new(AuditCommand.Deny, Revoking(client => _approvals.Approve(client, false))),
        ClientActionKind.MarkCheckedOk => new(AuditCommand.MarkCheckedOk, Quick(_transitions.MarkCheckedOk)),
        ClientActionKind.StartChecker => new(AuditCommand.StartChecker, client => new Effect(_checks.Start(client), Task.CompletedTask)) { IsSaved = false },
        ClientActionKind.StopChecker => new(AuditCommand.StopChecker, Quick(_transitions.StopCheck)) { IsSaved = false },
        ClientActionKind.Remove => new(AuditCommand.Remove, Revoking(Remove)),
        ClientActionKind.ExpectReboot => new(ExpectationOf(action.Reboot), Revoking(client => ExpectReboot(client, action.Reboot)))
        {
            Detail = Describe(action.Reboot),
        },
        ClientActionKind.Rehearse => new(AuditCommand.Rehearse, Quick(client => Rehearse(client, action.Rehearsal)))
        {
            Detail = Describe(action.Rehearsal),
        },
        ClientActionKind.Promote => new(AuditCommand.Promote, Revoking(_transitions.Promote)),
        _ => new(AuditCommand.Change, client => new Effect(Change(client, action.Settings), client.WhenAbortedSendsEnd()))
        {
            Detail = NamesOf(action.Settings),
        },
    };

    private async Task<IReadOnlyList<ClientProblem>> CarryOutAsync(IReadOnlyList<ClientReference> clients, Means means, CommandSource source)
    {
        List<ClientProblem> problems = [];
        List<(ClientReference Client, Effect Effect)> done = [];
        for (int next = 0; next < clients.Count;)
        {
            int end = Math.Min(next + Math.Min(Piece, _keeper.MostTogether - done.Count), clients.Count);
            int before = done.Count;
            await _services.Loop.InvokeAsync(() => CarryOut(clients, next, end, means, source, done, problems)).ConfigureAwait(false);
            next = end;

            // Not more checks at once than these
            await _services.WaitAsync(
                Task.WhenAll(done.Skip(before).Select(static one => one.Effect.Check).Where(static check => !check.IsCompleted)),
                "checkers to start", CancellationToken.None).ConfigureAwait(false);
            if (next == clients.Count || done.Count >= _keeper.MostTogether)
            {
                problems.AddRange(await EndAsync(done, means, source).ConfigureAwait(false));
                done.Clear();
            }
        }

        return problems;
    }

    /// <summary>Carries it out for some of the clients. Runs on the loop.</summary>
    private bool CarryOut(
        IReadOnlyList<ClientReference> clients, int next, int end, Means means, CommandSource source,
        List<(ClientReference Client, Effect Effect)> done, List<ClientProblem> problems)
    {
        for (int i = next; i < end; i++)
        {
            ClientReference reference = clients[i];
            GivenCommand command = Given(means, reference, source);
            try
            {
                done.Add((reference, _audit.NoteFailure(command, () =>
                {
                    _services.ThrowIfStopping();
                    return CarryOut(command, means.CarryOut, means.Detail);
                })));
            }
            catch (Exception e)
            {
                // Each has its own outcome
                problems.Add(ClientProblem.NotDone(reference.Name, e));
            }
        }

        return true;
    }

    /// <summary>Waits until what was carried out has taken effect and is sure.</summary>
    private async Task<IReadOnlyList<ClientProblem>> EndAsync(
        IReadOnlyList<(ClientReference Client, Effect Effect)> done, Means means, CommandSource source)
    {
        Task<CommandResult>[] ended = new Task<CommandResult>[done.Count];
        for (int i = 0; i < ended.Length; i++)
        {
            (ClientReference client, Effect effect) = done[i];
            ended[i] = effect.Sends.IsCompletedSuccessfully ? Task.FromResult(CommandResult.Durable)
                : WaitForSendsAsync(Given(means, client, source), effect.Sends);
        }

        await Task.WhenAll(ended).ConfigureAwait(false);
        string?[] unsaved = means.IsSaved ? await SaveAsync([.. done.Select(static one => one.Client.Name)]).ConfigureAwait(false) : new string?[done.Count];
        List<ClientProblem> problems = [];
        for (int i = 0; i < ended.Length; i++)
        {
            ClientReference client = done[i].Client;
            CommandResult result = await ended[i].ConfigureAwait(false);
            if (unsaved[i] is { } problem)
            {
                _audit.Note(Given(means, client, source), CommandOutcome.NotSaved, problem);
                result = Both(result, _keeper.Unsure(problem));
            }

            if (!result.IsDurable)
            {
                problems.Add(ClientProblem.NotDurable(client.Name, result));
            }
        }

        return problems;
    }

    /// <summary>Saves the changes of some clients together.</summary>
    /// <returns>For each null when they are sure; else why they are not.</returns>
    private async Task<string?[]> SaveAsync(string[] names)
    {
        Task<string?>[] saved;
        try
        {
            saved = await _services.Loop.InvokeAsync(() => Array.ConvertAll(names, name => _keeper.FlushAsync(name))).ConfigureAwait(false);
        }
        catch (OperationCanceledException e)
        {
            return Array.ConvertAll(names, _ => (string?)$"{e.Message}; whether it is on disk is not known");
        }

        await _services.WaitAsync(Task.WhenAll(saved), "changes to be saved", CancellationToken.None, _keeper.Patience).ConfigureAwait(false);
        var problems = new string?[saved.Length];
        for (int i = 0; i < saved.Length; i++)
        {
            problems[i] = saved[i].IsCompleted ? await saved[i].ConfigureAwait(false) : TooSlow();
        }

        return problems;
    }

    /// <summary>How a command is carried out.</summary>
    /// <param name="Command">What the audit calls it.</param>
    /// <param name="CarryOut">Does it.</param>
    private sealed record Means(AuditCommand Command, Func<Client, Effect> CarryOut)
    {
        /// <summary>Whether it changes what is saved.</summary>
        public bool IsSaved { get; init; } = true;

        /// <summary>More for the audit.</summary>
        public string? Detail { get; init; }
    }
}
