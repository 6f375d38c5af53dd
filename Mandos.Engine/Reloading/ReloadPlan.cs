using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Reloading;

/// <summary>Finds out what a new configuration changes, beside the engine loop: unchanged clients cost that nothing.</summary>
/// <remarks>It owns the secrets of the steps that nobody has taken.</remarks>
internal sealed class ReloadPlan : IDisposable
{
    private readonly HashSet<Client> _leaving = [];
    private readonly List<string> _conflicts = [];
    private readonly ClientConfiguration _configuration;
    private readonly HashSet<string> _names;
    private Queue<ReloadStep> _steps;

    /// <param name="configuration">The new configuration.</param>
    public ReloadPlan(ClientConfiguration configuration)
    {
        _configuration = configuration;
        _steps = new(configuration.Clients.Select(static definition => new ReloadStep(null, definition)));
        _names = configuration.Clients.Select(static definition => definition.Name).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The new configuration.</summary>
    public ClientConfiguration Configuration => _configuration;

    /// <summary>The ends of secrets that were on their way, and were broken off.</summary>
    public List<Task> Sends { get; } = [];

    /// <summary>Clients that were added so far.</summary>
    public int Added { get; set; }

    /// <summary>Clients that were removed so far.</summary>
    public int Removed { get; set; }

    /// <summary>Clients that were changed so far.</summary>
    public int Changed { get; set; }

    /// <summary>Clients that would get a key which one that stays as it is has; with these the plan must not be carried out.</summary>
    public IReadOnlyList<string> Conflicts => _conflicts;

    /// <summary>Whether the configuration has, or may have, a client of this name.</summary>
    public bool MayHave(string client) => _names.Contains(client) || _configuration.MayHave(client);

    /// <summary>Whether the plan removes a client.</summary>
    public bool IsLeaving(Client client) => _leaving.Contains(client);

    /// <summary>Makes the steps that lead from the clients that run to the new configuration.</summary>
    /// <remarks>
    /// Clients that leave come first, so that a control surface can give their places to those that come, unless the key of one goes to
    /// another: then the key changes hands in one step, so that a machine which is renamed can be served all the time.
    /// </remarks>
    public void Compare(IReadOnlyCollection<Client> clients)
    {
        Dictionary<string, Client> running = clients.ToDictionary(static client => client.Name, StringComparer.Ordinal);
        var changed = new List<ReloadStep>();
        var added = new List<ReloadStep>();
        foreach (ReloadStep step in _steps)
        {
            ClientDefinition definition = step.Definition!;
            if (!running.Remove(definition.Name, out Client? client))
            {
                added.Add(step);
            }
            else if (IsSame(client, definition))
            {
                definition.DisposeSecrets();
            }
            else
            {
                changed.Add(new ReloadStep(client, definition));
            }
        }

        // A client that a command added stays too; Reloader sees whether one of the files gets its key.
        foreach (Client client in running.Values.Where(static client => client.Definition.Origin == ClientOrigin.Command).ToArray())
        {
            running.Remove(client.Name);
        }

        // A client that was left out for a mistake stays as it is.
        Client[] kept = [.. running.Values.Where(client => _configuration.MayHave(client.Name))];
        if (kept.Length > 0)
        {
            Array.ForEach(kept, client => running.Remove(client.Name));
            FindConflicts(kept, changed.Concat(added));
        }

        _leaving.UnionWith(running.Values);
        HashSet<string> wanted = running.Count == 0 ? []
            : changed.Concat(added).SelectMany(static step => ClientRegistry.Keys(step.Definition!)).ToHashSet();
        ILookup<bool, ReloadStep> leaving = running.Values.ToLookup(
            client => ClientRegistry.Keys(client.Definition).Any(wanted.Contains),
            static client => new ReloadStep(client, null));
        _steps = new([.. leaving[false], .. changed, .. added, .. leaving[true]]);
    }

    /// <summary>Takes the next step; its secret becomes the caller's.</summary>
    public bool TryTake(out ReloadStep step) => _steps.TryDequeue(out step);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ReloadStep step in _steps)
        {
            step.Definition?.DisposeSecrets();
        }
    }

    private void FindConflicts(Client[] kept, IEnumerable<ReloadStep> steps)
    {
        HashSet<string> keys = [.. kept.SelectMany(static client => ClientRegistry.Keys(client.Definition))];
        _conflicts.AddRange(steps
            .Where(step => ClientRegistry.Keys(step.Definition!).Any(keys.Contains))
            .Select(static step => $"client [{step.Definition!.Name}] has the key of one that is left out, and so keeps it; mend that one"));
    }

    private static bool IsSame(Client client, ClientDefinition next)
        => IsSame(client.Definition, Rotations.IsPromoted(next, client.Snapshot) ? next.Promoted() : next);

    private static bool IsSame(ClientDefinition old, ClientDefinition next)
        => old.Origin == next.Origin && old.Enabled == next.Enabled && old.RetiredKeyId == next.RetiredKeyId && IsSame(old.Next, next.Next)
            && old.Settings with { Options = next.Settings.Options } == next.Settings
            && IsSame(old.Settings.Options, next.Settings.Options) && IsSame(old.Secret, next.Secret);

    private static bool IsSame(IReadOnlyDictionary<string, string> old, IReadOnlyDictionary<string, string> next)
        => old == next || (old.Count == next.Count && old.All(option => next.GetValueOrDefault(option.Key) == option.Value));

    private static bool IsSame(NextKey? old, NextKey? next)
        => old?.KeyId == next?.KeyId && (old is null || next is null || IsSame(old.Secret, next.Secret));

    private static bool IsSame(Secret old, Secret next)
    {
        try
        {
            using Secret.Lease lease = old.Borrow();
            return next.FixedTimeEquals(lease.Memory.Span);
        }
        catch (ObjectDisposedException)
        {
            return false; // a person has just removed the client
        }
    }
}
