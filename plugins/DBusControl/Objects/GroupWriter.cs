using Mandos.Abstractions.Control;
using Mandos.DBusControl.Texts;
using Tmds.DBus.Protocol;

namespace Mandos.DBusControl.Objects;

/// <summary>Writes the servers that share their state.</summary>
internal static class GroupWriter
{
    /// <summary>
    /// The D-Bus type of one: name, since when, confirmed revision, milliseconds since its last sync, milliseconds of its permission, hash of its files,
    /// whether it is this one, and whether a command waits for it.
    /// </summary>
    public const string Signature = "(sstxxsbb)";

    /// <summary>Instead of a number of milliseconds that is not known.</summary>
    private const long Unknown = -1;

    /// <summary>Writes all of them, the last revision, and for how many milliseconds commands may still wait.</summary>
    public static void Write(ref MessageWriter writer, ServerGroup group)
    {
        Span<byte> time = stackalloc byte[TimeText.MaxLength];
        ArrayStart servers = writer.WriteArrayStart(DBusType.Struct);
        foreach (KnownServer server in group.Servers)
        {
            writer.WriteStructureStart();
            writer.WriteString(SafeText.Of(server.Name));
            writer.WriteString(time[..TimeText.Format(server.Since, time)]);
            writer.WriteUInt64((ulong)server.Confirmed);
            writer.WriteInt64(Milliseconds(server.SinceSync));
            writer.WriteInt64(Milliseconds(server.PermissionLeft));
            writer.WriteString(SafeText.Of(server.FilesHash ?? ""));
            writer.WriteBool(server.IsSelf);
            writer.WriteBool(server.IsAwaited);
        }

        writer.WriteArrayEnd(servers);
        writer.WriteUInt64((ulong)group.Revision);
        writer.WriteUInt64((ulong)Milliseconds(group.LongestWait));
    }

    private static long Milliseconds(TimeSpan? time) => time is { } known ? Math.Max(0, (long)known.TotalMilliseconds) : Unknown;
}
