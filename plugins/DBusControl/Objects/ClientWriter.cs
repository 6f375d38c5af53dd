using Mandos.Abstractions.Clients;
using Mandos.DBusControl.Clients;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>Writes whole clients.</summary>
internal static class ClientWriter
{
    private static readonly ClientPropertyInfo[] _all = [.. ClientProperties.Readable, .. ClientProperties.Extensions];

    /// <summary>Writes the properties that Debian's server has: <c>a{sv}</c>.</summary>
    public static void WriteProperties(ref MessageWriter writer, string path, ClientSnapshot client)
        => Write(ref writer, path, client, ClientProperties.Readable);

    /// <summary>Writes those that it does not have: <c>a{sv}</c>.</summary>
    public static void WriteExtensions(ref MessageWriter writer, string path, ClientSnapshot client)
        => Write(ref writer, path, client, ClientProperties.Extensions);

    /// <summary>Writes all properties that can be read: <c>a{sv}</c>.</summary>
    public static void WriteAll(ref MessageWriter writer, string path, ClientSnapshot client)
        => Write(ref writer, path, client, _all);

    /// <summary>Writes the interfaces with their properties, as an object manager has them: <c>a{sa{sv}}</c>.</summary>
    public static void WriteInterfaces(ref MessageWriter writer, string path, ClientSnapshot client)
    {
        ArrayStart interfaces = writer.WriteDictionaryStart();
        writer.WriteDictionaryEntryStart();
        writer.WriteString("se.recompile.Mandos.Client"u8);
        WriteProperties(ref writer, path, client);
        writer.WriteDictionaryEntryStart();
        writer.WriteString("se.bsnet.fukt.Mandos.Client"u8);
        WriteProperties(ref writer, path, client);
        writer.WriteDictionaryEntryStart();
        writer.WriteString("se.recompile.Mandos.Server.Client"u8);
        WriteExtensions(ref writer, path, client);
        WriteEmpty(ref writer, "org.freedesktop.DBus.Introspectable"u8);
        WriteEmpty(ref writer, "org.freedesktop.DBus.Properties"u8);
        writer.WriteDictionaryEnd(interfaces);
    }

    /// <summary>Writes the names of the interfaces: <c>as</c>.</summary>
    public static void WriteInterfaceNames(ref MessageWriter writer)
    {
        ArrayStart names = writer.WriteArrayStart(DBusType.String);
        writer.WriteString("se.recompile.Mandos.Client"u8);
        writer.WriteString("se.bsnet.fukt.Mandos.Client"u8);
        writer.WriteString("se.recompile.Mandos.Server.Client"u8);
        writer.WriteString("org.freedesktop.DBus.Introspectable"u8);
        writer.WriteString("org.freedesktop.DBus.Properties"u8);
        writer.WriteArrayEnd(names);
    }

    private static void Write(ref MessageWriter writer, string path, ClientSnapshot client, IReadOnlyList<ClientPropertyInfo> properties)
    {
        ArrayStart start = writer.WriteDictionaryStart();
        foreach (ClientPropertyInfo property in properties)
        {
            writer.WriteDictionaryEntryStart();
            writer.WriteString(property.Utf8Name.Span);
            property.Write!(ref writer, path, client);
        }

        writer.WriteDictionaryEnd(start);
    }

    private static void WriteEmpty(ref MessageWriter writer, ReadOnlySpan<byte> interfaceName)
    {
        writer.WriteDictionaryEntryStart();
        writer.WriteString(interfaceName);
        writer.WriteDictionaryEnd(writer.WriteDictionaryStart());
    }
}
