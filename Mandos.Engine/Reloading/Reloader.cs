using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Checking;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;
using Mandos.Engine.Scheduling;
using Mandos.Engine.Transitions;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Reloading;

/// <summary>Takes up changes of the configuration, one reload after another.</summary>
internal sealed partial class Reloader
{
    /// <summary>Clients that one work item changes at most, so that connections wait for some milliseconds at most.</summary>
    private const int Batch = 500;

    /// <summary>Checks that one reload starts at once; the others are spread over the interval, as at the start of the server.</summary>
    private const int MostChecks = 100;

    private readonly EngineServices _services;
    private readonly ClientRegistry _clients;
    private readonly IStateKeeper _keeper;
    private readonly KeptClients _kept;
    private readonly ClientTransitions _transitions;
    private readonly CheckRunner _checks;
    private readonly ClientLoader _loader;
    private readonly Func<Task<ClientConfiguration>>? _readClients;
    private readonly Func<bool>? _areClientsSame;
    private readonly ILogger _logger;

    /// <summary>The last reload, for the next one to wait for.</summary>
    private Task _last = Task.CompletedTask;

    /// <summary>How many clients the configuration has that was taken up last; 0 if it is not known to be in force.</summary>
    private int _inForce;

    public Reloader(
        EngineServices services, ClientRegistry clients, IStateKeeper keeper, KeptClients kept, ClientTransitions transitions, CheckRunner checks,
        ClientLoader loader, Func<Task<ClientConfiguration>>? readClients, Func<bool>? areClientsSame = null)
    {
        (_services, _clients, _keeper, _kept, _logger) = (services, clients, keeper, kept, services.Logger);
        (_transitions, _checks, _loader, _readClients, _areClientsSame) = (transitions, checks, loader, readClients, areClientsSame);
    }

    /// <summary>Reads the configuration, after the reload before, and takes it up.</summary>
    /// <exception cref="ConfigurationException">The configuration has problems; nothing was changed.</exception>
    public async Task<ReloadEffect> ReloadAsync()
    {
        Task<ReloadEffect> reload = await _services.Loop.InvokeAsync(Begin).ConfigureAwait(false);
        return await reload.ConfigureAwait(false);
    }

    /// <summary>Notes which configuration was taken up.</summary>
    /// <param name="configuration">The configuration.</param>
    /// <param name="clients">The clients that run.</param>
    public void NoteInForce(ClientConfiguration configuration, IEnumerable<Client> clients)
        => _inForce = !_loader.HasDropped && CountOfFiles(clients) == configuration.Clients.Count ? configuration.Clients.Count : 0;

    private Task<ReloadEffect> Begin()
    {
        Task<ReloadEffect> reload = ReloadAfterAsync(_last);
        _last = reload;
        return reload;
    }

    private async Task<ReloadEffect> ReloadAfterAsync(Task previous)
    {
        await previous.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        if (_inForce > 0 && _areClientsSame is { } areSame && _inForce == CountOfFiles(await AllAsync().ConfigureAwait(false)) && areSame())
        {
            return await _services.Loop.InvokeAsync(EndUnchanged).ConfigureAwait(false); // each of them runs, as none that a person has removed does
        }

        (_inForce, _loader.HasDropped) = (0, false);
        using var plan = new ReloadPlan(await ReadClientsAsync().ConfigureAwait(false));
        plan.Compare(await AllAsync().ConfigureAwait(false));
        if (plan.Conflicts is { Count: > 0 } conflicts)
        {
            throw Refuse(new ConfigurationException(conflicts));
        }

        var checks = new List<Task>();
        while (await _services.Loop.InvokeAsync(() => Apply(plan, checks)).ConfigureAwait(false))
        {
        }

        ReloadEffect effect = await _services.Loop.InvokeAsync(() => EndReload(plan, checks)).ConfigureAwait(false);
        NoteInForce(plan.Configuration, await AllAsync().ConfigureAwait(false));
        return effect;
    }

    private Task<Client[]> AllAsync() => _services.Loop.InvokeAsync(() => _clients.All.ToArray());

    private async Task<ClientConfiguration> ReadClientsAsync()
    {
        if (_readClients is not { } read)
        {
            throw new InvalidOperationException("this server was started without a configuration to reload");
        }

        try
        {
            return _loader.Accept(await read().ConfigureAwait(false));
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
        for (int i = 0; i < Batch; i++)
        {
            _services.ThrowIfStopping();
            if (!plan.TryTake(out ReloadStep step))
            {
                return false;
            }

            if (step.Definition is { } raw)
            {
                step = step with { Definition = _loader.Resolve(raw) };
            }

            switch (step)
            {
                case { Definition: null, Client: { } client }:
                    Drop(client, RemovalReason.LeftFiles, plan);
                    break;
                case { Definition: { } definition, Client: { IsRemoved: false } client }:
                    Redefine(client, definition, plan, checks);
                    break;
                case { Definition: { } definition, Client: null }:
                    Add(definition, plan, checks);
                    break;
                case { Definition: { } definition, Client.Definition.Origin: ClientOrigin.Command }:
                    Add(definition, plan, checks); // nothing is kept of the one that a person has just removed
                    break;
                case { Definition: { } definition }:
                    definition.DisposeSecrets(); // a person has just removed the client
                    break;
            }
        }

        return true;
    }

    private void Add(ClientDefinition definition, ReloadPlan plan, List<Task> checks)
    {
        if (_clients.TryGet(definition.Name, out Client? added))
        {
            Redefine(added, definition, plan, checks); // a command has just added it
            return;
        }

        if (!_loader.StaysRemoved(definition, plan.MayHave))
        {
            FreeKeys(definition, plan);
        }

        if (_loader.TryLoad(definition, plan.MayHave) is { } client)
        {
            plan.Added++;
            _transitions.Announce(client);
        }
    }

    /// <summary>Removes a client that the configuration does not have any more, and keeps what was decided about it.</summary>
    private void Drop(Client client, RemovalReason reason, ReloadPlan plan)
    {
        if (client.IsRemoved)
        {
            return; // by a person, or for the sake of its key
        }

        plan.Removed++;
        StoredClient stored = client.ToStored();
        _transitions.Remove(client, reason);
        NoteSends(client, plan);
        _kept.Add(KeptRow.WithoutDefinition(stored));
    }

    /// <summary>Removes the clients that lose their keys to another one and leave, or were not of the configuration.</summary>
    private void FreeKeys(ClientDefinition definition, ReloadPlan plan)
    {
        foreach (string key in ClientRegistry.Keys(definition))
        {
            if (_clients.FindByKey(key) is not { } owner || owner.Name == definition.Name)
            {
                continue;
            }

            if (owner.Definition.Origin == ClientOrigin.Command)
            {
                _loader.LogFilesWin(owner.Name, definition.Name);
                Drop(owner, RemovalReason.ReplacedByFiles, plan);
            }
            else if (plan.IsLeaving(owner))
            {
                Drop(owner, RemovalReason.LeftFiles, plan);
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

        if (next.Next is { } key && key.KeyId == old.Next?.KeyId && old.Next.Secret.FixedTimeEquals(key.Secret.Memory.Span))
        {
            key.Secret.Dispose();
            next = next with { Next = old.Next };
        }

        if (old.Origin == ClientOrigin.Command)
        {
            _loader.LogFilesWin(old.Name, next.Name);
        }

        plan.Changed++;
        FreeKeys(next, plan);
        bool isBarred = TakeKeys(client, next, plan);
        ClientSettings merged = ClientRestorer.Merge(next.Settings, old.Settings, client.Settings);
        _transitions.Redefine(client, next, merged);
        if ((old.Enabled && !next.Enabled) || isBarred)
        {
            _transitions.Disable(client);
        }

        if (_transitions.Change(client, merged))
        {
            CheckSoon(client, checks);
        }

        NoteSends(client, plan);

        if (!old.Enabled && next.Enabled && !isBarred)
        {
            _transitions.Enable(client);
        }
    }

    /// <summary>Sees to what was decided about the keys that a client is to have, and keeps what was about those that it gives up.</summary>
    /// <returns>Whether the client becomes disabled, because somebody with one of its new keys was.</returns>
    private bool TakeKeys(Client client, ClientDefinition next, ReloadPlan plan)
    {
        // Others may have taken some already, and what was decided with them.
        StoredClient old = client.ToStored();
        string[] taken = [.. ClientRegistry.Keys(client.Definition).Where(key => _clients.FindByKey(key) != client)];
        _kept.AddFormer(old, [.. ClientRegistry.Keys(next), .. taken]);

        IReadOnlyList<KeptRow> found = _kept.FindByKey(next);
        KeptRow[] owners =
        [
            .. ClientRegistry.Keys(next.Settings).Select(_clients.FindByKey)
                .Where(owner => owner is not null && owner != client).Select(static owner => new KeptRow(owner!.ToStored())),
        ];
        bool isBarred = _loader.Bars([.. found, .. owners, .. _loader.FindByOtherKeys(next, client.Settings)], next, except: null);
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

    /// <summary>Has the reload end no sooner than the secrets that it has broken off.</summary>
    private static void NoteSends(Client client, ReloadPlan plan)
    {
        if (client.Granted is { Count: > 0 })
        {
            plan.Sends.Add(client.WhenAbortedSendsEnd());
        }
    }

    private void CheckSoon(Client client, List<Task> checks)
    {
        if (checks.Count >= MostChecks)
        {
            _transitions.SpreadCheck(client);
        }
        else if (_checks.StartAndRepeat(client) is { IsCompleted: false } check)
        {
            checks.Add(check);
        }
    }

    /// <summary>Ends a reload of what was taken up last and is in force still.</summary>
    private ReloadEffect EndUnchanged()
    {
        _services.ThrowIfStopping();
        _checks.Reloaded();
        LogReloaded(_clients.Count, 0, 0, 0);
        return new ReloadEffect(Task.CompletedTask, Task.CompletedTask, _keeper.FlushAsync());
    }

    private static int CountOfFiles(IEnumerable<Client> clients) => clients.Count(static client => client.Definition.Origin != ClientOrigin.Command);

    private ReloadEffect EndReload(ReloadPlan plan, List<Task> checks)
    {
        _checks.Reloaded();
        _loader.NoteLeft(plan.Configuration, plan.MayHave);
        LogReloaded(_clients.Count, plan.Added, plan.Removed, plan.Changed);
        return new ReloadEffect(Task.WhenAll(checks), Task.WhenAll(plan.Sends), _keeper.FlushAsync());
    }
}
