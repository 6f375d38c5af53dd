using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Transitions;

/// <summary>The change from a client's present key to its next one.</summary>
internal sealed partial class ClientTransitions
{
    /// <summary>Has the next key of a client take the place of its present one, with its secret.</summary>
    /// <remarks>All of it happens in one turn of the loop, and is one row of the store: it is on disk whole, or not at all.</remarks>
    /// <exception cref="NoNextKeyException">It has none.</exception>
    public void Promote(Client client)
    {
        ClientDefinition old = client.Definition;
        if (old.Next is not { } next || old.MainKey is not { } retired)
        {
            throw new NoNextKeyException(client.Name);
        }

        KeyTrial? trial = client.Trial;
        DateTimeOffset? triedAt = client.Snapshot.Rotation?.TriedAt;
        Secret oldSecret = client.Secret;
        _clients.Redefine(client, old.Promoted());
        (client.Secret, client.EncryptedSecret, client.HasUnreadableSecret) = (next.Secret, default, false);
        client.Trial = null;
        _requests.RefuseStrangers(client, keepsApproval: true);
        _journal.Publish(client, static state => new ClientRemoved(state, RemovalReason.NewKey));
        client.Proof = trial?.Proof ?? client.Proof;
        _journal.Update(client, client.Snapshot with
        {
            Id = ++_lastId,
            Settings = client.Settings with { KeyId = next.KeyId, Fingerprint = null },
            Rotation = new KeyRotation { RetiredKeyId = retired, PromotedAt = _clock.UtcNow, IsFileBehind = true },
            ProvenAt = trial is null ? client.Snapshot.ProvenAt : triedAt,
        });
        Announce(client);
        old.Secret.Dispose();
        oldSecret.Dispose();
        LogPromoted(client.Name, next.KeyId, trial is null ? "a person said so" : "a check succeeded after a boot with it", retired);
        _journal.Publish(client, state => new KeyPromoted(state, retired, trial is not null));
        CheckProof(client);
    }

    /// <summary>Promotes the next key if it was tried, and a check says that the boot succeeded.</summary>
    /// <param name="client">The client.</param>
    /// <param name="check">The check, which has succeeded.</param>
    private void PromoteIfTried(Client client, RunningCheck check)
    {
        if (client.Trial is not { } trial || trial.Before == check || client.Open.Any())
        {
            return; // it began before, or a machine asks, with either key: it has not booted
        }

        Promote(client);
    }

    /// <summary>
    /// Has the next key be tried again, as the present one is about to get its secret. That is being saved before anything of the secret goes out: if the
    /// server is killed then, a check must not promote a key with which the machine has not booted.
    /// </summary>
    public void NoteGranted(OpenRequest request)
    {
        Client client = request.Client;
        if (client.Trial is not null && !request.IsRehearsal && !client.IsNextKey(request.Description.KeyId))
        {
            EndTrial(client);
            _journal.SaveNow(client);
        }
    }

    /// <summary>Notes which of its keys a client has booted with, as it has got its secret.</summary>
    private void NoteTrial(OpenRequest request)
    {
        Client client = request.Client;
        if (client.Definition.Next is not { } next || request.IsRehearsal)
        {
            return;
        }

        if (!client.IsNextKey(request.Description.KeyId))
        {
            EndTrial(client);
        }
        else if (!request.IsAborted && !request.IsAnomalous) // the machine that runs does not boot
        {
            client.Trial = new KeyTrial(BootProof.MakeNext(client, next), client.Check);
            SetTried(client, _clock.UtcNow);
            LogTried(client.Name, next.KeyId);
        }
    }

    /// <summary>Has the trial of a next key, which the files have made the present one before it was promoted, prove that the client boots with that.</summary>
    /// <returns>When it was tried; null if it was not, or is not the present one.</returns>
    private static DateTimeOffset? TakeTrial(Client client, string? former)
    {
        if (client.Trial is not { } trial || client.Definition.Settings.KeyId != former)
        {
            return null;
        }

        (client.Proof, client.Trial) = (trial.Proof, null);
        return client.Snapshot.Rotation?.TriedAt;
    }

    /// <summary>Takes up that the next key was tried, unless its secret or the host is another one by now. Nobody has heard of the client yet.</summary>
    private static void RestoreTrial(Client client, StoredClient? saved)
    {
        bool isTried = client.Definition.Next is { } next && saved is { TrialProof: var proof } && BootProof.FitsNext(client, next, proof.Span);
        client.Trial = isTried ? new KeyTrial(saved!.TrialProof) : null;
        if (!isTried && client.Snapshot.Rotation is { TriedAt: not null } rotation)
        {
            client.Snapshot = client.Snapshot with { Rotation = rotation with { TriedAt = null } };
        }
    }

    /// <summary>Sees whether the next key was tried with the secret and the host that are in force.</summary>
    private void CheckTrial(Client client)
    {
        if (client.Trial is { } trial && !(client.Definition.Next is { } next && BootProof.FitsNext(client, next, trial.Proof.Span)))
        {
            client.Trial = null;
        }

        if (client.Trial is null && client.Snapshot.Rotation is { TriedAt: not null })
        {
            SetTried(client, null);
        }
    }

    private void EndTrial(Client client)
    {
        if (client.Trial is not null)
        {
            client.Trial = null;
            SetTried(client, null);
            LogTrialEnded(client.Name);
        }
    }

    private void SetTried(Client client, DateTimeOffset? at)
        => _journal.Update(client, client.Snapshot with { Rotation = client.Snapshot.Rotation! with { TriedAt = at } }, ClientProperty.Rotation);

    /// <summary>Lets a next key go that a client had, unless it has it still: what is on its way to it is another secret, or for nobody.</summary>
    private void LetGo(Client client, NextKey? former)
    {
        if (former is null || former == client.Definition.Next)
        {
            return;
        }

        if (_clients.FindByKey(former.KeyId) != client)
        {
            _requests.RefuseStrangers(client, keepsApproval: true);
        }
        else if (!client.SecretFor(former.KeyId).FixedTimeEquals(former.Secret.Memory.Span))
        {
            _requests.AbortSends(client, NewSecretText, former.KeyId);
        }

        former.Secret.Dispose();
    }

    private static ClientProperty[] RotationIf(bool isChanged) => isChanged ? [ClientProperty.Rotation] : [];
}
