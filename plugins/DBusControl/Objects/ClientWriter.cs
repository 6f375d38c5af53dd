using Mandos.Abstractions.Clients;
using Mandos.DBus;
using Mandos.DBusControl.Clients;

namespace Mandos.DBusControl.Objects;

/// <summary>Writes whole clients.</summary>
internal static class ClientWriter
{
    /// <summary>Writes the properties that can be read: <c>a{sv}</c>.</summary>
    public static void WriteProperties(MessageWriter writer, ClientSnapshot client)
    {
        ArrayStart properties = writer.WriteDictionaryStart();
        foreach (ClientPropertyInfo property in ClientProperties.Readable)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteString(property.Utf8Name.Span);
            property.Write!(writer, client);
        }

        writer.WriteDictionaryEnd(properties);
    }

    /// <summary>Writes the interfaces with their properties, as an object manager has them: <c>a{sa{sv}}</c>.</summary>
    public static void WriteInterfaces(MessageWriter writer, ClientSnapshot client)
    {
        ArrayStart interfaces = writer.WriteDictionaryStart();
        writer.WriteDictionaryEntryStart();
        writer.WriteString("se.recompile.Mandos.Client"u8);
        WriteProperties(writer, client);
        writer.WriteDictionaryEntryStart();
        writer.WriteString("se.bsnet.fukt.Mandos.Client"u8);
        WriteProperties(writer, client);
        WriteEmpty(writer, "org.freedesktop.DBus.Introspectable"u8);
        WriteEmpty(writer, "org.freedesktop.DBus.Properties"u8);
        writer.WriteDictionaryEnd(interfaces);
    }

    /// <summary>Writes the names of the interfaces: <c>as</c>.</summary>
    public static void WriteInterfaceNames(MessageWriter writer)
    {
        ArrayStart names = writer.WriteArrayStart(DBusType.String);
        writer.WriteString("se.recompile.Mandos.Client"u8);
        writer.WriteString("se.bsnet.fukt.Mandos.Client"u8);
        writer.WriteString("org.freedesktop.DBus.Introspectable"u8);
        writer.WriteString("org.freedesktop.DBus.Properties"u8);
        writer.WriteArrayEnd(names);
    }

    private static void WriteEmpty(MessageWriter writer, ReadOnlySpan<byte> interfaceName)
    {
        writer.WriteDictionaryEntryStart();
        writer.WriteString(interfaceName);
        writer.WriteDictionaryEnd(writer.WriteDictionaryStart());
    }
}
