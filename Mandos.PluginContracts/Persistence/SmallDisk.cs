using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Mandos.PluginContracts.Persistence;

/// <summary>A small file system in memory that can be filled up. Only root can mount it.</summary>
public sealed partial class SmallDisk : IDisposable
{
    private const int NoSetUid = 2;
    private const int NoDevices = 4;
    private const int ReadOnly = 1;
    private const int Remount = 32;
    private const int Detach = 2;

    private static readonly Lazy<bool> _isPossible = new(Try);

    private bool _mounted;

    private SmallDisk()
    {
    }

    /// <summary>Whether this process may mount one.</summary>
    public static bool IsPossible => _isPossible.Value;

    /// <summary>Absolute path of its root directory, which only this user can read.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("mandos-check-").FullName;

    /// <summary>The file that fills it up.</summary>
    internal string Filler => System.IO.Path.Join(Path, "filler");

    /// <summary>Mounts a disk of two megabytes in a temporary directory. Dispose it to unmount it.</summary>
    /// <exception cref="Win32Exception">This process may not.</exception>
    public static SmallDisk Mount()
    {
        var disk = new SmallDisk();
        disk._mounted = mount("tmpfs", disk.Path, "tmpfs", NoSetUid | NoDevices, "size=2m,mode=700") == 0;
        if (!disk._mounted)
        {
            var failure = new Win32Exception(Marshal.GetLastPInvokeError());
            disk.Dispose();
            throw failure;
        }

        return disk;
    }

    /// <summary>Fills it up, to the last byte.</summary>
    public void Fill()
    {
        using var filler = new FileStream(Filler, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                filler.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>Makes room again.</summary>
    public void MakeRoom() => File.Delete(Filler);

    /// <summary>Makes it read-only, or writable again. No file may be open for writing.</summary>
    /// <exception cref="Win32Exception">It cannot be done.</exception>
    internal void SetReadOnly(bool readOnly)
    {
        if (mount("tmpfs", Path, "tmpfs", (nuint)(Remount | NoSetUid | NoDevices | (readOnly ? ReadOnly : 0)), "size=2m,mode=700") != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Unmounts it; whatever is still open goes with it.</summary>
    public void Dispose()
    {
        if (_mounted)
        {
            _ = umount2(Path, Detach);
            _mounted = false;
        }

        if (Directory.Exists(Path))
        {
            Directory.Delete(Path, recursive: true);
        }
    }

    private static bool Try()
    {
        try
        {
            Mount().Dispose();
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string data);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
