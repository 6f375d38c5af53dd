using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>Whether clients can connect under the priority string at all: each kind of key needs its type of certificate.</summary>
internal static class PriorityFit
{
    /// <summary>Finds clients that cannot connect.</summary>
    /// <param name="options">Where the priority string is from.</param>
    /// <param name="priority">What it allows.</param>
    /// <param name="clients">The clients.</param>
    /// <returns>A warning; null if there is no such client.</returns>
    public static ConfigProblem? FindUnreachable(ServerOptions options, PriorityDescription priority, IReadOnlyCollection<ClientDefinition> clients)
    {
        bool takesRawKeys = priority.CertificateTypes.Contains("RAWPK");
        bool takesOpenPgp = priority.CertificateTypes.Contains("OPENPGP");
        ClientDefinition? first = null;
        int count = 0;
        foreach (ClientDefinition client in clients.Where(client => !CanConnect(client.Settings)))
        {
            first ??= client;
            count++;
        }

        if (first is null)
        {
            return null;
        }

        string who = count == clients.Count ? "no client can connect" : $"{count} of {clients.Count} clients, [{OptionValues.Show(first.Name)}] first, cannot connect";
        string why = first.Settings.KeyId is not null
            ? "it allows no raw public keys, which clients with a key_id have; add +CTYPE-RAWPK, or leave priority out"
            : "it allows no OpenPGP keys, the only ones that clients with a fingerprint alone have; add +CTYPE-OPENPGP";
        return options.AtPriority($"priority: {who}: {why}");

        // mandos-keygen writes both where the client has a raw key; it uses that, and never its OpenPGP key.
        bool CanConnect(ClientSettings settings) => settings.KeyId is not null ? takesRawKeys : takesOpenPgp;
    }
}
