using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Host.Configuration;

namespace Mandos.Host.Migration;

/// <summary>Reads what Debian's server keeps in <c>clients.pickle</c>.</summary>
/// <remarks>
/// As observed: a tuple of two dictionaries by client name. The first has the clients; the second what <c>clients.conf</c> had for each when
/// the state was saved, also for those that were removed at run time. Options have the names of D-Bus's properties there, with
/// underscores. Values that a file of an older server lacks come from <c>clients.conf</c>.
/// </remarks>
internal static class StockStateReader
{
    private static readonly ClientSettings _defaults = new();

    /// <summary>Reads the state.</summary>
    /// <param name="data">The file.</param>
    /// <returns>The clients. Their secrets are encrypted as Debian's server does it, as <see cref="StockSecret"/> reads them.</returns>
    /// <exception cref="PickleException">It is damaged, or not the state of Debian's server.</exception>
    public static IReadOnlyList<StoredClient> Read(ReadOnlySpan<byte> data)
    {
        if (PickleReader.Read(data) is not (object?[] and [Dictionary<string, object?> clients, Dictionary<string, object?> files]))
        {
            throw new PickleException("it is a pickle, but not of clients");
        }

        List<StoredClient> result = new(files.Count);
        foreach ((string name, object? file) in files)
        {
            var then = new StockFields(name, file);
            clients.Remove(name, out object? client);
            result.Add(Read(name, then, client is null ? null : new StockFields(name, client)));
        }

        return clients.Count == 0
            ? result
            : throw new PickleException($"of client {OptionValues.Quote(clients.Keys.First())} it lacks what clients.conf had");
    }

    private static StoredClient Read(string name, StockFields file, StockFields? client)
    {
        ClientSettings fileSettings = ReadSettings(file, _defaults);
        return new StoredClient
        {
            Name = name,
            FileSettings = fileSettings,
            FileEnabled = file.Flag("enabled") ?? true,
            Client = client is null ? null : new ClientSnapshot
            {
                Name = name,
                Settings = ReadSettings(client, fileSettings),
                Created = client.Time("created") ?? throw client.Missing("created"),
                Enabled = client.Flag("enabled") ?? throw client.Missing("enabled"),
                LastEnabled = client.Time("last_enabled"),
                Expires = client.Time("expires"),
                LastCheckedOk = client.Time("last_checked_ok"),
                LastCheckerStatus = client.Status("last_checker_status") ?? ClientSnapshot.NotCheckedYet,
                LastApprovalRequest = client.Time("last_approval_request"),
            },
            EncryptedSecret = client?.Bytes("encrypted_secret"),
        };
    }

    /// <param name="fields">Where they are.</param>
    /// <param name="otherwise">What holds for those that are not there.</param>
    private static ClientSettings ReadSettings(StockFields fields, ClientSettings otherwise)
    {
        ClientSettings settings = _defaults;
        foreach (ClientSetting setting in ClientSetting.All)
        {
            settings = setting switch
            {
                ClientSetting<string> text => text.Set(
                    settings, fields.Text(NameOf(setting)) is { } value && text.FindFault(value) is null ? value : text.Get(otherwise)),
                ClientSetting<bool> flag => flag.Set(settings, fields.Flag(NameOf(setting)) ?? flag.Get(otherwise)),
                // Debian's server takes an interval of zero, which means nothing.
                ClientSetting<TimeSpan> duration => duration.Set(
                    settings,
                    fields.Duration(NameOf(setting)) is { } value && duration.FindFault(value) is null ? value : duration.Get(otherwise)),
                _ => throw new NotSupportedException($"{setting} cannot be in the state of Debian's server"),
            };
        }

        return settings;
    }

    private static string NameOf(ClientSetting setting) => setting == ClientSetting.Checker ? "checker_command" : setting.OptionName;
}
