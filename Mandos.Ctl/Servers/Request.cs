using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers;

/// <summary>A connection that waits for approval.</summary>
/// <param name="Id">Its number, by which it alone can be approved or denied.</param>
/// <param name="Path">Its client's object path.</param>
/// <param name="ClientName">Its client's name.</param>
/// <param name="Address">Where it comes from.</param>
/// <param name="Port">The port there.</param>
/// <param name="KeyId">The key ID, or fingerprint, of its key.</param>
/// <param name="Since">When it began to wait: UTC in ISO 8601 without a zone.</param>
internal sealed record Request(ulong Id, string Path, string ClientName, string Address, ushort Port, string KeyId, string Since)
{
    /// <summary>The D-Bus type of several.</summary>
    public const string ArraySignature = "a(tossqss)";

    /// <summary>Reads several.</summary>
    public static List<Request> ReadAll(ref Reader reader)
    {
        List<Request> requests = [];
        ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            requests.Add(new Request(
                reader.ReadUInt64(), reader.ReadObjectPathAsString(), reader.ReadString(), reader.ReadString(), reader.ReadUInt16(),
                reader.ReadString(), reader.ReadString()));
        }

        return requests;
    }
}
