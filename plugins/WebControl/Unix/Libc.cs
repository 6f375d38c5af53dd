using System.Runtime.InteropServices;

namespace Mandos.WebControl.Unix;

/// <summary>The C library, under its own names where .NET has no call. Constants are those of Linux, equal on x86-64 and arm64.</summary>
internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0;
    public const int O_CLOEXEC = 0x80000;
    public const int EINVAL = 22;
    public const int AT_FDCWD = -100;
    public const int AT_SYMLINK_NOFOLLOW = 0x100;
    public const int IF_NAMESIZE = 16;
    public const uint STATX_MODE = 0x3; // with the type
    public const uint STATX_UID = 0x8;
    public const uint Unchanged = uint.MaxValue;

    private const string Library = "libc";

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chown(string path, uint user, uint group);

    /// <summary>Without a mode: not for files to be made.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsync(int fd);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int close(int fd);

    /// <summary>Not stat, whose structure differs between architectures.</summary>
    [LibraryImport(Library, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int statx(int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int getgrnam_r(string name, out GroupEntry entry, byte* buffer, nuint length, out nint found);

    [LibraryImport(Library)]
    public static partial byte* if_indextoname(uint index, byte* name);

    /// <summary>What chown and the like say of their last failure.</summary>
    public static string LastError => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    /// <summary>struct statx, as far as it is used.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct FileStatus
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;
    }

    /// <summary>struct group.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct GroupEntry
    {
        public nint Name;
        public nint Password;
        public uint Id;
        public nint Members;
    }
}
