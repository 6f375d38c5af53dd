using Mandos.Abstractions.Clients;
using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers.DBus;

/// <summary>What a server says, as it is on D-Bus.</summary>
internal static class BusValues
{
    /// <summary>The type of several requests.</summary>
    public const string RequestsSignature = "a(tossqss)";

    /// <summary>The type of several servers, of the last revision, and of the wait.</summary>
    public const string GroupSignature = "a(sstxxsbb)tt";

    /// <summary>The interface that has a setting.</summary>
    public static string Interface(this ClientSetting setting) => setting.IsExtension ? ServerNames.ClientExtension : ServerNames.Client;

    /// <summary>The value of a property; one of a type that no property has is left as it is.</summary>
    public static object ToObject(VariantValue value) => value.Type switch
    {
        VariantValueType.String => (object)value.GetString(), // not a VariantValue, which all of these would be by themselves
        VariantValueType.Bool => value.GetBool(),
        VariantValueType.UInt64 => value.GetUInt64(),
        VariantValueType.Int16 => (int)value.GetInt16(),
        VariantValueType.Struct => Enumerable.Range(0, value.Count).Select(i => ToObject(value.GetItem(i))).ToArray(),
        _ => value,
    };

    /// <summary>The value that a setting is to get.</summary>
    public static VariantValue ToVariant(object value) => value switch
    {
        string text => text,
        bool flag => flag,
        ulong milliseconds => milliseconds,
        RebootPlan plan => VariantValue.Struct(plan.Milliseconds, plan.Reason, plan.NeedsNoApproval),
        _ => throw new NotSupportedException($"{value} is no value of a setting"),
    };

    /// <summary>A client with the values that are read: <c>a{sv}</c>.</summary>
    public static Client ReadClient(Client client, ref Reader reader)
    {
        ArrayEnd end = reader.ReadDictionaryStart();
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            string name = reader.ReadString();
            client = client.With(name, ToObject(reader.ReadVariantValue()));
        }

        return client;
    }

    /// <summary>Reads requests.</summary>
    public static List<Request> ReadRequests(ref Reader reader)
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

    /// <summary>Reads the servers that share their state, and what belongs to all of them.</summary>
    public static ServerGroup ReadGroup(ref Reader reader)
    {
        List<SharingServer> servers = [];
        ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            servers.Add(new SharingServer(
                reader.ReadString(), reader.ReadString(), reader.ReadUInt64(), SharingServer.Duration(reader.ReadInt64()),
                SharingServer.Duration(reader.ReadInt64()), reader.ReadString(), reader.ReadBool(), reader.ReadBool()));
        }

        return new ServerGroup(
            servers, reader.ReadUInt64(), SharingServer.Duration((long)Math.Min(reader.ReadUInt64(), long.MaxValue))!.Value);
    }
}
