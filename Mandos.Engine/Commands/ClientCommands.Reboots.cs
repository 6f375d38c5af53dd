using System.Xml;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Commands;

/// <summary>Commands about reboots and rehearsals that are to come.</summary>
internal sealed partial class ClientCommands
{
    /// <inheritdoc/>
    public Task<CommandResult> ExpectRebootAsync(
        ClientReference client, RebootPlan plan, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(plan);
        return ChangeStateAsync(
            Given(ExpectationOf(plan), client, source),
            Revoking(one => ExpectReboot(one, plan)), // taken back, it may have expired meanwhile
            Describe(plan)).WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<CommandResult> RehearseAsync(ClientReference client, TimeSpan valid, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Rehearse, client, source), Quick(one => Rehearse(one, valid)), Describe(valid))
            .WaitAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<CommandResult> PromoteAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken)
        => ChangeStateAsync(Given(AuditCommand.Promote, client, source), Revoking(_transitions.Promote)).WaitAsync(cancellationToken);

    private void ExpectReboot(Client client, RebootPlan plan)
    {
        plan.Validate();
        ThrowIfShared("reboots");
        _transitions.ExpectReboot(client, plan);
    }

    private void Rehearse(Client client, TimeSpan valid)
    {
        Validate(valid);
        ThrowIfShared("rehearsals");
        _transitions.ExpectRehearsal(client, valid);
    }

    /// <exception cref="NotSupportedException">Others share the state: they would know nothing of it.</exception>
    private void ThrowIfShared(string what)
    {
        if (Group is not null)
        {
            throw new NotSupportedException($"{what} cannot be expected yet with servers that share their state");
        }
    }

    private static void Validate(TimeSpan rehearsal)
    {
        if (rehearsal < TimeSpan.Zero || rehearsal > ClientLimits.LongestRehearsal)
        {
            throw new ArgumentException($"a rehearsal can be expected for at most {ClientLimits.LongestRehearsal.TotalHours} hours");
        }
    }

    private static AuditCommand ExpectationOf(RebootPlan plan) => plan.Time == TimeSpan.Zero ? AuditCommand.ExpectNoReboot : AuditCommand.ExpectReboot;

    private static string? Describe(RebootPlan plan) => plan.Time == TimeSpan.Zero ? null
        : $"{XmlConvert.ToString(plan.Time)}{(plan.NeedsNoApproval ? ", without approval" : "")}{(plan.Reason is { } reason ? $": {reason}" : "")}";

    private static string Describe(TimeSpan rehearsal) => XmlConvert.ToString(rehearsal);
}
