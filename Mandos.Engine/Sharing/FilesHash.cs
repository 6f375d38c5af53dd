using System.Security.Cryptography;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Sharing;

/// <summary>A hash of what this server's files say of the clients, by which servers whose files differ are found. It has nothing of the secrets.</summary>
internal static class FilesHash
{
    /// <summary>The hash, in hexadecimal digits.</summary>
    public static string Of(IEnumerable<Client> clients)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (ClientDefinition client in clients.Select(static client => client.Definition).OrderBy(static client => client.Name, StringComparer.Ordinal))
        {
            var text = new StringBuilder(client.Name);
            text.Append('\n').Append(client.Enabled).Append('\n').Append(client.Settings.KeyId).Append('\n').Append(client.Settings.Fingerprint)
                .Append('\n').Append(client.Settings.CheckerPlugin).Append('\n').Append(client.Settings.ApproveAll);
            text.Append('\n').Append(ClientSetting.All.Aggregate(ClientChange.None, (all, setting) => all.With(setting, client.Settings)));
            foreach ((string name, string value) in client.Settings.Options.OrderBy(static option => option.Key, StringComparer.Ordinal))
            {
                text.Append('\n').Append(name).Append('=').Append(value);
            }

            hash.AppendData(Encoding.UTF8.GetBytes(text.Append('\0').ToString()));
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }
}
