using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Approval;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

/// <summary>Makes the clients here what the shared store says of them. Used on the engine loop alone.</summary>
/// <param name="services">What the engine shares.</param>
/// <param name="kept">What is kept of those that are no clients here.</param>
/// <param name="transitions">Changes clients.</param>
/// <param name="requests">Changes their verdicts.</param>
/// <param name="approvals">Decides what waits.</param>
internal sealed partial class ControlApplier(
    EngineServices services, KeptClients kept, ClientTransitions transitions, RequestTransitions requests, ApprovalDesk approvals)
{
    /// <summary>By how much an end of one verdict may be seen differently.</summary>
    private static readonly TimeSpan _sameTime = TimeSpan.FromSeconds(0.5);

    private readonly ILogger _logger = services.Logger;

    /// <summary>Makes a client what the store says.</summary>
    /// <param name="entry">The client.</param>
    /// <param name="control">What it says, with what was decided here; null if the client is forgotten.</param>
    public void Apply(SharedEntry entry, SharedControl? control)
    {
        switch (entry.Local)
        {
            case Client client when control is not null:
                Apply(client, control);
                break;
            case Client:
                break; // forgotten elsewhere, in this server's files still: it is added again
            case KeptRow old when control is not null:
                old.Stored = Row(old.Stored, control);
                break;
            case KeptRow old:
                kept.Drop(old);
                entry.Local = null;
                break;
            default:
                if (control is not null)
                {
                    // As if the files had said nothing of "enabled": who adds the client to them without a word of it has not enabled it
                    var row = new StoredClient
                    {
                        Name = entry.Name,
                        FileSettings = control.Settings,
                        FileEnabled = true,
                        LeftAt = services.Clock.UtcNow,
                        Client = null,
                    };
                    entry.Local = kept.Load(Row(row, control));
                }

                break;
        }
    }

    private void Apply(Client client, SharedControl control)
    {
        if (control.IsRemoved)
        {
            StoredClient stored = client.ToStored();
            transitions.Remove(client, RemovalReason.Command);
            kept.Add(stored with { Client = null, EncryptedSecret = default });
            return;
        }

        if (!control.Enabled)
        {
            transitions.Disable(client);
        }

        if (!client.EncryptedSecret.Span.SequenceEqual(control.EncryptedSecret.Span))
        {
            transitions.TakeSecret(client, control.EncryptedSecret);
        }

        if (transitions.Change(client, control.Settings))
        {
            transitions.SpreadCheck(client);
        }

        if (control.Enabled)
        {
            transitions.Enable(client);
        }

        transitions.TakeTimes(client, control.Created, control.LastEnabled);
        ApplyVerdict(client, control.Verdict);
    }

    private void ApplyVerdict(Client client, SharedVerdict? verdict)
    {
        if (verdict is null)
        {
            requests.EndVerdict(client);
            client.DenialEnded = null;
        }
        else if (verdict.Left <= TimeSpan.Zero)
        {
            approvals.TakeEndedDenial(client, services.Clock.Now + verdict.Left);
        }
        else if (client.Verdict != verdict.Approved || !Equals(client.ApprovedAddress, verdict.Address)
            || (client.VerdictEnd?.Due - services.Clock.Now - verdict.Left)?.Duration() > _sameTime)
        {
            LogVerdict(client.Name, verdict.Approved ? "approved" : "denied");
            approvals.TakeVerdict(client, verdict.Approved, verdict.Left, verdict.Address);
        }
    }

    private static StoredClient Row(StoredClient row, SharedControl control) => row with
    {
        Client = control.IsRemoved ? null : new Abstractions.Clients.ClientSnapshot
        {
            Name = row.Name.Split('\n')[0],
            Settings = control.Settings,
            Created = control.Created,
            Enabled = control.Enabled,
            LastEnabled = control.LastEnabled,
            LastCheckedOk = row.Client?.LastCheckedOk,
            LastCheckerStatus = row.Client?.LastCheckerStatus ?? Abstractions.Clients.ClientSnapshot.NotCheckedYet,
            Expires = row.Client?.Expires,
        },
        EncryptedSecret = control.EncryptedSecret,
        DeniedUntil = control.Verdict is { Approved: false } verdict && verdict.Left > TimeSpan.Zero ? row.DeniedUntil : null,
    };
}
