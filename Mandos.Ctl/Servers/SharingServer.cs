using Tmds.DBus.Protocol;

namespace Mandos.Ctl.Servers;

/// <summary>One of several servers that share their state.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Since">Since when it is one of them: UTC in ISO 8601 without a zone.</param>
/// <param name="Confirmed">The last change that it has confirmed.</param>
/// <param name="SinceSync">How long ago its last sync was; null: none is known.</param>
/// <param name="Permission">How long it may still give secrets without another sync; null: not known.</param>
/// <param name="FilesHash">A hash of the clients in its files; empty: not known.</param>
/// <param name="IsSelf">Whether it is the one that tells.</param>
/// <param name="IsAwaited">Whether a command waits for it.</param>
internal sealed record SharingServer(
    string Name, string Since, ulong Confirmed, TimeSpan? SinceSync, TimeSpan? Permission, string FilesHash, bool IsSelf, bool IsAwaited)
{
    /// <summary>The D-Bus type of several, of the last revision, and of the wait.</summary>
    public const string GroupSignature = "a(sstxxsbb)tt";

    /// <summary>No duration of a server is as long as this.</summary>
    private static readonly TimeSpan _longest = TimeSpan.FromDays(36_500);

    /// <summary>Reads several, and what belongs to all of them.</summary>
    public static ServerGroup ReadGroup(ref Reader reader)
    {
        List<SharingServer> servers = [];
        ArrayEnd end = reader.ReadArrayStart(DBusType.Struct);
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            servers.Add(new SharingServer(
                reader.ReadString(), reader.ReadString(), reader.ReadUInt64(), Duration(reader.ReadInt64()), Duration(reader.ReadInt64()),
                reader.ReadString(), reader.ReadBool(), reader.ReadBool()));
        }

        return new ServerGroup(servers, reader.ReadUInt64(), Duration((long)Math.Min(reader.ReadUInt64(), long.MaxValue))!.Value);
    }

    private static TimeSpan? Duration(long milliseconds)
        => milliseconds < 0 ? null : TimeSpan.FromMilliseconds((double)Math.Min(milliseconds, (long)_longest.TotalMilliseconds));
}
