using Mandos.Abstractions.Clients;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>Writes the requests that wait for approval.</summary>
internal static class RequestWriter
{
    /// <summary>The D-Bus type of one: number, client, the client's name, address, port, key ID, and since when it waits.</summary>
    public const string Signature = "(tossqss)";

    /// <summary>Writes those of one client, within an array.</summary>
    public static void Write(ref MessageWriter writer, string path, ClientSnapshot client)
    {
        Span<byte> time = stackalloc byte[TimeText.MaxLength];
        foreach (SecretRequest request in client.Requests)
        {
            writer.WriteStructureStart();
            writer.WriteUInt64((ulong)request.Id);
            writer.WriteObjectPath(path);
            writer.WriteString(SafeText.Of(client.Name));
            writer.WriteString(request.Peer.Address.ToString());
            writer.WriteUInt16((ushort)request.Peer.Port);
            writer.WriteString(SafeText.Of(request.KeyId));
            writer.WriteString(time[..TimeText.Format(request.Since, time)]);
        }
    }
}
