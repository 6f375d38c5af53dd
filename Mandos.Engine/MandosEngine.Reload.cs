using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Reloading;

namespace Mandos.Engine;

/// <content>Takes up changes of the configuration.</content>
public sealed partial class MandosEngine
{
    /// <summary>Clients that one work item changes at most, so that connections wait for some milliseconds at most.</summary>
    private const int ReloadBatch = 500;

    /// <summary>Checks that one reload starts at once; the others are spread over the interval, as at the start of the server.</summary>
    private const int MostReloadChecks = 100;

    /// <summary>The last reload, for the next one to wait for.</summary>
    private Task _reload = Task.CompletedTask;

    /// <inheritdoc/>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        Task<ReloadEffect> reload = await _loop.InvokeAsync(BeginReload, cancellationToken).ConfigureAwait(false);
        ReloadEffect effect = await reload.WaitAsync(cancellationToken).ConfigureAwait(false);
        await WaitAsync(effect.Checks, "checkers to start after a reload", cancellationToken).ConfigureAwait(false);
        await WaitUntilSavedAsync(effect.Saved, cancellationToken).ConfigureAwait(false);
    }

    private Task<ReloadEffect> BeginReload()
    {
        Task<ReloadEffect> reload = ReloadAfterAsync(_reload);
        _reload = reload;
        return reload;
    }

    /// <returns>What <see cref="EndReload"/> does; the next reload need not wait for it.</returns>
    private async Task<ReloadEffect> ReloadAfterAsync(Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        using var plan = new ReloadPlan(await ReadClientsAsync().ConfigureAwait(false));
        plan.Compare(await _loop.InvokeAsync(() => _clients.All.ToArray()).ConfigureAwait(false));
        if (plan.Conflicts is { Count: > 0 } conflicts)
        {
            throw Refuse(new ConfigurationException(conflicts));
        }

        var checks = new List<Task>();
        while (await _loop.InvokeAsync(() => Apply(plan, checks)).ConfigureAwait(false))
        {
        }

        return await _loop.InvokeAsync(() => EndReload(plan, checks)).ConfigureAwait(false);
    }

    private async Task<ClientConfiguration> ReadClientsAsync()
    {
        if (_options.ReadClients is not { } read)
        {
            throw new InvalidOperationException("this server was started without a configuration to reload");
        }

        try
        {
            return await read().ConfigureAwait(false);
        }
        catch (ConfigurationException e)
        {
            Refuse(e);
            throw;
        }
    }

    private ConfigurationException Refuse(ConfigurationException refusal)
    {
        foreach (string problem in refusal.Problems)
        {
            LogProblem(problem);
        }

        LogNotReloaded(refusal.Problems.Count);
        return refusal;
    }

    /// <summary>Takes some steps of a reload.</summary>
    /// <returns>Whether there are more.</returns>
    private bool Apply(ReloadPlan plan, List<Task> checks)
    {
        for (int i = 0; i < ReloadBatch; i++)
        {
            ThrowIfStopping();
            if (!plan.TryTake(out ReloadStep step))
            {
                return false;
            }

            switch (step)
            {
                case { Definition: null, Client: { } client }:
                    Drop(client, plan);
                    break;
                case { Definition: { } definition, Client: { IsRemoved: false } client }:
                    Redefine(client, definition, plan, checks);
                    break;
                case { Definition: { } definition, Client: null }:
                    Add(definition, plan);
                    break;
                case { Definition: { } definition }:
                    definition.Secret.Dispose(); // a person has just removed the client
                    break;
            }
        }

        return true;
    }

    private void Add(ClientDefinition definition, ReloadPlan plan)
    {
        FreeKeys(definition, plan);
        if (TryLoad(definition, plan.MayHave) is { } client)
        {
            plan.Added++;
            _journal.Publish(client, static state => new ClientAdded(state));
        }
    }

    /// <summary>Removes a client that the configuration does not have any more.</summary>
    private void Drop(Client client, ReloadPlan plan)
    {
        if (client.IsRemoved)
        {
            return; // by a person, or for the sake of its key
        }

        plan.Removed++;
        StoredClient stored = client.ToStored();
        TakeOut(client);
        _kept.Add(stored);
    }

    /// <summary>Removes the clients that lose their keys to another one and leave.</summary>
    private void FreeKeys(ClientDefinition definition, ReloadPlan plan)
    {
        foreach (string key in ClientRegistry.Keys(definition.Settings))
        {
            if (_clients.FindByKey(key) is { } owner && plan.IsLeaving(owner))
            {
                Drop(owner, plan);
            }
        }
    }

    /// <summary>Has a client take the values that the configuration did not have before; the others stay as they are.</summary>
    private void Redefine(Client client, ClientDefinition next, ReloadPlan plan, List<Task> checks)
    {
        ClientDefinition old = client.Definition;
        bool isSecretNew = !old.Secret.FixedTimeEquals(next.Secret.Memory.Span);
        if (!isSecretNew)
        {
            next.Secret.Dispose();
            next = next with { Secret = old.Secret };
        }

        plan.Changed++;
        FreeKeys(next, plan);
        bool isBarred = TakeKeys(client, next, plan);
        _clients.Redefine(client, next);
        ClientSettings merged = ClientRestorer.Merge(next.Settings, old.Settings, client.Settings);
        TakeUnchangeable(client, merged);
        if (isSecretNew)
        {
            ReplaceFileSecret(client, old.Secret);
        }

        if ((old.Enabled && !next.Enabled) || isBarred)
        {
            _lifecycle.Disable(client);
        }

        Task check = _lifecycle.Change(client, merged, checkNow: checks.Count < MostReloadChecks);
        if (!check.IsCompleted)
        {
            checks.Add(check);
        }

        if (!old.Enabled && next.Enabled && !isBarred)
        {
            _lifecycle.Enable(client);
        }
    }

    /// <summary>Sees to what was decided about the keys that a client is to have, and keeps what was about those that it gives up.</summary>
    /// <returns>Whether the client is to be disabled: somebody with one of its new keys was.</returns>
    private bool TakeKeys(Client client, ClientDefinition next, ReloadPlan plan)
    {
        // Others may have taken some already, and what was decided with them.
        StoredClient old = client.ToStored();
        string[] taken = [.. ClientRegistry.Keys(old.FileSettings).Where(key => _clients.FindByKey(key) != client)];
        _kept.AddFormer(old, [.. ClientRegistry.Keys(next.Settings), .. taken]);

        IReadOnlyList<KeptRow> found = _kept.FindByKey(next);
        KeptRow[] owners =
        [
            .. ClientRegistry.Keys(next.Settings).Select(_clients.FindByKey)
                .Where(owner => owner is not null && owner != client).Select(static owner => new KeptRow(owner!.ToStored())),
        ];
        bool isBarred = Bars([.. found, .. owners], next, except: null);
        foreach (KeptRow row in found)
        {
            _kept.GoOver(row, next, plan.MayHave);
        }

        foreach (KeptRow owner in owners)
        {
            _keeper.Link(owner.Name, client.Name);
        }

        return isBarred;
    }

    /// <summary>Has a client take the settings that only a configuration can give it. With another key it is another client to subscribers.</summary>
    private void TakeUnchangeable(Client client, ClientSettings settings)
    {
        ClientSettings old = client.Settings;
        bool isKeyNew = settings.KeyId != old.KeyId || settings.Fingerprint != old.Fingerprint;
        if (isKeyNew)
        {
            _approvals.KeyChanged(client);
            _journal.Publish(client, static state => new ClientRemoved(state));
        }

        ClientSettings next = old with
        {
            KeyId = settings.KeyId,
            Fingerprint = settings.Fingerprint,
            CheckerPlugin = settings.CheckerPlugin,
            ApproveAll = settings.ApproveAll,
            Options = settings.Options,
        };
        _journal.Update(client, client.Snapshot with { Settings = next });
        if (isKeyNew)
        {
            _journal.Publish(client, static state => new ClientAdded(state));
        }
    }

    private void ReplaceFileSecret(Client client, Secret oldFileSecret)
    {
        if (!client.EncryptedSecret.IsEmpty)
        {
            LogFileSecretWins(client.Name);
        }

        Secret old = client.Secret;
        client.Secret = client.Definition.Secret;
        client.EncryptedSecret = default;
        if (!client.Secret.FixedTimeEquals(old.Memory.Span))
        {
            _journal.Update(client, client.Snapshot, ClientProperty.Secret);
        }

        old.Dispose();
        oldFileSecret.Dispose();
    }

    private ReloadEffect EndReload(ReloadPlan plan, List<Task> checks)
    {
        _checks.Reloaded();
        NoteLeft(plan.Configuration, plan.MayHave);
        LogReloaded(_clients.Count, plan.Added, plan.Removed, plan.Changed);
        return new ReloadEffect(Task.WhenAll(checks), _keeper.FlushAsync());
    }

    /// <summary>What a reload has set going.</summary>
    /// <param name="Checks">Ends when the checks that it caused have started.</param>
    /// <param name="Saved">Why it is not saved; null if it is.</param>
    private sealed record ReloadEffect(Task Checks, Task<string?> Saved);
}
