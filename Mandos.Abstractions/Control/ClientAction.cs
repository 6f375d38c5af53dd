using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>What a command does with a client, so that it can be given for one or for many.</summary>
public sealed class ClientAction
{
    private ClientAction(ClientActionKind kind) => Kind = kind;

    /// <summary>As <see cref="IMandosServer.EnableAsync"/>.</summary>
    public static ClientAction Enable { get; } = new(ClientActionKind.Enable);

    /// <summary>As <see cref="IMandosServer.DisableAsync"/>.</summary>
    public static ClientAction Disable { get; } = new(ClientActionKind.Disable);

    /// <summary>Approves, as <see cref="IMandosServer.ApproveAsync"/>.</summary>
    public static ClientAction Approve { get; } = new(ClientActionKind.Approve);

    /// <summary>Denies, as <see cref="IMandosServer.ApproveAsync"/>.</summary>
    public static ClientAction Deny { get; } = new(ClientActionKind.Deny);

    /// <summary>As <see cref="IMandosServer.MarkCheckedOkAsync"/>.</summary>
    public static ClientAction MarkCheckedOk { get; } = new(ClientActionKind.MarkCheckedOk);

    /// <summary>As <see cref="IMandosServer.StartCheckerAsync"/>.</summary>
    public static ClientAction StartChecker { get; } = new(ClientActionKind.StartChecker);

    /// <summary>As <see cref="IMandosServer.StopCheckerAsync"/>.</summary>
    public static ClientAction StopChecker { get; } = new(ClientActionKind.StopChecker);

    /// <summary>As <see cref="IMandosServer.RemoveAsync"/>.</summary>
    public static ClientAction Remove { get; } = new(ClientActionKind.Remove);

    /// <summary>As <see cref="IMandosServer.PromoteAsync"/>.</summary>
    public static ClientAction Promote { get; } = new(ClientActionKind.Promote);

    /// <summary>Which of them it is.</summary>
    public ClientActionKind Kind { get; }

    /// <summary>The settings to be changed, if it is <see cref="ClientActionKind.Change"/>.</summary>
    public ClientChange Settings { get; private init; } = ClientChange.None;

    /// <summary>The reboot that is expected, if it is <see cref="ClientActionKind.ExpectReboot"/>.</summary>
    public RebootPlan Reboot { get; private init; } = RebootPlan.None;

    /// <summary>How long a rehearsal is expected, if it is <see cref="ClientActionKind.Rehearse"/>.</summary>
    public TimeSpan Rehearsal { get; private init; }

    /// <summary>As <see cref="IMandosServer.ExpectRebootAsync"/>.</summary>
    /// <param name="plan">The reboot.</param>
    public static ClientAction ExpectReboot(RebootPlan plan)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return new(ClientActionKind.ExpectReboot) { Reboot = plan };
    }

    /// <summary>As <see cref="IMandosServer.RehearseAsync"/>.</summary>
    /// <param name="valid">How long a rehearsal is expected; zero: not any more.</param>
    public static ClientAction Rehearse(TimeSpan valid) => new(ClientActionKind.Rehearse) { Rehearsal = valid };

    /// <summary>As <see cref="IMandosServer.ChangeAsync"/>.</summary>
    /// <param name="change">The settings to change.</param>
    public static ClientAction Change(ClientChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new(ClientActionKind.Change) { Settings = change };
    }

    /// <summary>Gives the command for one client.</summary>
    /// <param name="server">Carries it out.</param>
    /// <param name="client">The client: a snapshot, or the name.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether what it changed is on disk.</returns>
    public Task<CommandResult> CarryOutAsync(IMandosServer server, ClientReference client, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        return Kind switch
        {
            ClientActionKind.Enable => server.EnableAsync(client, source, cancellationToken),
            ClientActionKind.Disable => server.DisableAsync(client, source, cancellationToken),
            ClientActionKind.Approve => server.ApproveAsync(client, approved: true, source, cancellationToken),
            ClientActionKind.Deny => server.ApproveAsync(client, approved: false, source, cancellationToken),
            ClientActionKind.MarkCheckedOk => server.MarkCheckedOkAsync(client, source, cancellationToken),
            ClientActionKind.StartChecker => server.StartCheckerAsync(client, source, cancellationToken),
            ClientActionKind.StopChecker => server.StopCheckerAsync(client, source, cancellationToken),
            ClientActionKind.Remove => server.RemoveAsync(client, source, cancellationToken),
            ClientActionKind.ExpectReboot => server.ExpectRebootAsync(client, Reboot, source, cancellationToken),
            ClientActionKind.Rehearse => server.RehearseAsync(client, Rehearsal, source, cancellationToken),
            ClientActionKind.Promote => server.PromoteAsync(client, source, cancellationToken),
            _ => server.ChangeAsync(client, Settings, source, cancellationToken),
        };
    }
}
