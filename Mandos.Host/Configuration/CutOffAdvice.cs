using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Sharing;

namespace Mandos.Host.Configuration;

/// <summary>Finds clients that a shared store needs in order to start, and that cannot start without it: after a power cut each waits for the other.</summary>
internal static class CutOffAdvice
{
    /// <summary>Says of each such client what is wrong, as far as that can be told from names and addresses.</summary>
    /// <param name="store">The store.</param>
    /// <param name="clients">The clients.</param>
    public static IEnumerable<string> Of(ISharedStateStore store, IEnumerable<(string Name, ClientSettings Settings)> clients)
    {
        HashSet<string> machines = new(store.Machines, StringComparer.OrdinalIgnoreCase);
        return clients
            .Where(client => machines.Contains(client.Settings.Host) && client.Settings.WhenCutOff != CutOffBehaviour.Serve)
            .Select(static client => $"client {OptionValues.Quote(client.Name)}: the shared store runs on its machine, {client.Settings.Host}; after a power cut "
                + $"it would wait for the store in order to start; set {ClientSetting.WhenCutOff.OptionName} = {CutOffBehaviour.Serve}");
    }
}
