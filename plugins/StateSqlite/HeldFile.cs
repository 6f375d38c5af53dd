using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mandos.StateSqlite;

/// <summary>
/// A file of the database, held open beside SQLite: as long as it is, no other file can have its inode, so that it is noticed when
/// its path names another file.
/// </summary>
/// <remarks>Closing it drops the locks that this process has on the file, so it is closed after SQLite has closed its own.</remarks>
internal sealed partial class HeldFile : IDisposable
{
    /// <summary>Where SQLite has no locks, which are near 2^30.</summary>
    private const long UnusedByte = 1L << 62;

    /// <summary>The header of a write-ahead log, without which SQLite takes the log for empty (SQLite, "WAL-mode File Format").</summary>
    private const int LogHeaderLength = 32;

    private readonly string _path;
    private readonly SafeFileHandle _handle;

    private HeldFile(string path, SafeFileHandle handle) => (_path, _handle) = (path, handle);

    /// <summary>Whether the path still names this file, by device and inode.</summary>
    public bool IsInPlace
    {
        get
        {
            // statx follows links, as SQLite does.
            return statx(AtCurrentDirectory, _path, 0, InodeWanted, out FileStatus named) == 0
                && statx((int)_handle.DangerousGetHandle(), "", AtEmptyPath, InodeWanted, out FileStatus held) == 0
                && (named.Inode, named.DeviceMajor, named.DeviceMinor) == (held.Inode, held.DeviceMajor, held.DeviceMinor);
        }
    }

    /// <summary>Whether the file system has locks.</summary>
    public bool CanBeLocked
    {
        get
        {
            var range = new LockRange { Type = ReadLock, Start = UnusedByte, Length = 1 };
            if (fcntl((int)_handle.DangerousGetHandle(), SetLock, ref range) != 0)
            {
                return Marshal.GetLastPInvokeError() is PermissionDenied or TryAgain;
            }

            range.Type = Unlock;
            _ = fcntl((int)_handle.DangerousGetHandle(), SetLock, ref range);
            return true;
        }
    }

    /// <summary>Holds a file that is there.</summary>
    public static HeldFile Open(string path)
    {
        const FileShare any = FileShare.ReadWrite | FileShare.Delete;
        try
        {
            return new HeldFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, any));
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException)
        {
            return new HeldFile(path, File.OpenHandle(path, FileMode.Open, FileAccess.Read, any));
        }
    }

    /// <summary>Whether a path names nothing, not even a link that leads nowhere.</summary>
    public static bool IsAbsent(string path)
        => statx(AtCurrentDirectory, path, AtNoFollow, InodeWanted, out _) != 0 && Marshal.GetLastPInvokeError() == NoSuchEntry;

    /// <summary>Whether this process may write a file that is there.</summary>
    public static bool CanWrite(string path) => access(path, WriteAccess) == 0;

    /// <summary>Whether a write-ahead log holds nothing.</summary>
    public static bool IsEmptyLog(string path)
    {
        Span<byte> header = stackalloc byte[LogHeaderLength];
        using SafeFileHandle handle = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        return RandomAccess.Read(handle, header, 0) < LogHeaderLength || !header.ContainsAnyExcept((byte)0);
    }

    /// <summary>Has SQLite take this log, all of which is in the database, for empty when it next opens it, without giving up its room.</summary>
    public void EmptyLog() => RandomAccess.Write(_handle, new byte[LogHeaderLength], 0);

    /// <summary>Makes the file so long, with room on the disk for all of it.</summary>
    /// <returns>What went wrong; null if nothing did.</returns>
    public string? Reserve(long bytes)
        => posix_fallocate((int)_handle.DangerousGetHandle(), 0, bytes) is not 0 and var error ? Marshal.GetPInvokeErrorMessage(error) : null;

    public void Dispose() => _handle.Dispose();

    // The C library. Constants and structures are those of Linux, equal on x86-64 and arm64.
    private const int WriteAccess = 2;
    private const int NoSuchEntry = 2;
    private const int TryAgain = 11;
    private const int PermissionDenied = 13;
    private const int SetLock = 6;
    private const short ReadLock = 0;
    private const short Unlock = 2;
    private const int AtCurrentDirectory = -100;
    private const int AtNoFollow = 0x100;
    private const int AtEmptyPath = 0x1000;
    private const uint InodeWanted = 0x100;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int access(string path, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int file, int command, ref LockRange range);

    /// <summary>It returns the error number and leaves errno alone.</summary>
    [LibraryImport("libc")]
    private static partial int posix_fallocate(int file, long offset, long length);

    /// <summary>What we need of struct statx.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(32)]
        public ulong Inode;

        [FieldOffset(136)]
        public uint DeviceMajor;

        [FieldOffset(140)]
        public uint DeviceMinor;
    }

    /// <summary>struct flock.</summary>
    private struct LockRange
    {
        public short Type;
        public short Whence;
        public long Start;
        public long Length;
        public int Process;
    }
}
