using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mandos.Host.Auditing;

/// <summary>A file to which whole lines are appended. Thread-safe.</summary>
/// <param name="path">Its name; the file is made where there is none.</param>
internal sealed partial class AuditFile(string path) : IDisposable
{
    /// <summary>Bytes of the disk that are reserved behind the end of the file: some 4,000 records.</summary>
    public const int Reserve = 1024 * 1024;

    /// <summary>Bytes of these that other records may use, so that the kernel is not asked for more with each.</summary>
    private const int Spare = 64 * 1024;

    /// <summary>Mode of a new file: administrators may put it into a group that reads it.</summary>
    private const int NewFileMode = 0b110_100_000;

    // open(2)
    private const int WriteOnly = 0x1;
    private const int Create = 0x40;
    private const int NoControllingTerminal = 0x100;
    private const int Append = 0x400;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>errno(3): a call was interrupted by a signal.</summary>
    private const int Interrupted = 4;

    /// <summary>errno(3): the disk, or what the user may have of it, is full.</summary>
    private const int NoSpace = 28;

    /// <summary>errno(3): the user may have no more of the disk.</summary>
    private const int QuotaExceeded = 122;

    /// <summary>fallocate(2): the file does not become longer.</summary>
    private const int KeepSize = 1;

    // statx(2)
    private const int EmptyPath = 0x1000;
    private const uint StatxType = 1;
    private const int StatxSize = 256;
    private const int StatxMode = 28;
    private const int TypeMask = 0xF000;
    private const int RegularFile = 0x8000;

    private readonly Lock _lock = new();
    private SafeFileHandle? _handle;
    private bool _canReserve;

    /// <summary>Where the reserved room ends; 0 for none.</summary>
    private long _reservedTo;

    /// <summary>O_NOFOLLOW, one of the few flags that differ.</summary>
    private static int NoFollow => RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>The full name.</summary>
    public string Path { get; } = System.IO.Path.GetFullPath(path);

    /// <summary>Opens the file that has the name now, instead of the one before.</summary>
    /// <returns>Null; or why it cannot be opened: then all stays as it was.</returns>
    public string? Open()
    {
        // Not waiting for the reader of a pipe. As root, a link that another user has put there must not lead to a file of root's.
        int flags = WriteOnly | Create | Append | NonBlocking | NoControllingTerminal | CloseOnExec
            | (Environment.IsPrivilegedProcess ? NoFollow : 0);
        int descriptor = OpenFile(Path, flags, NewFileMode);
        if (descriptor < 0)
        {
            return LastError();
        }

        lock (_lock)
        {
            Close();
            _handle = new SafeFileHandle(descriptor, ownsHandle: true);
            _canReserve = IsRegular(_handle);
        }

        return null;
    }

    /// <summary>Appends lines.</summary>
    /// <param name="lines">Whole lines, each with its newline.</param>
    /// <param name="error">Null if all were written; else why not.</param>
    /// <returns>Bytes of those that were written.</returns>
    public int Write(ReadOnlySpan<byte> lines, out string? error)
    {
        lock (_lock)
        {
            error = _handle is null ? "it is not open" : null;
            int written = 0;
            while (error is null && written < lines.Length)
            {
                nint count = WriteFile(_handle!, lines[written..], lines.Length - written);
                if (count >= 0)
                {
                    written += (int)count;
                }
                else if (Marshal.GetLastPInvokeError() != Interrupted)
                {
                    error = LastError();
                }
            }

            int whole = lines[..written].LastIndexOf((byte)'\n') + 1;
            if (whole < written)
            {
                CutOff(written - whole);
            }

            return whole;
        }
    }

    /// <summary>Waits until all that was written is on the disk, if it is on one.</summary>
    /// <returns>Null; or why that failed.</returns>
    public string? Sync()
    {
        lock (_lock)
        {
            try
            {
                RandomAccess.FlushToDisk(_handle!);
                return null;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return e.Message;
            }
        }
    }

    /// <summary>Gives the file to the user that the server will be, so that it can be opened again then. Devices and pipes keep their owner.</summary>
    /// <returns>Null; or why that failed.</returns>
    public string? GiveTo(uint user, uint group)
    {
        lock (_lock)
        {
            return _handle is not null && IsRegular(_handle) && ChangeOwner(_handle, user, group) < 0 ? LastError() : null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            Close();
        }
    }

    /// <summary>Makes sure that lines can be written and that almost all of <see cref="Reserve"/> is there still afterwards.</summary>
    /// <param name="length">Bytes of the lines.</param>
    /// <param name="error">Why there is not enough room.</param>
    /// <returns>True also where nothing can be kept: on a device, or a file system that cannot do it.</returns>
    public bool TryReserve(int length, [NotNullWhen(false)] out string? error)
    {
        error = null;
        lock (_lock)
        {
            if (!_canReserve || _handle is null)
            {
                return true;
            }

            long end = RandomAccess.GetLength(_handle) + length;
            if (end + Reserve - Spare <= _reservedTo)
            {
                return true;
            }

            if (Allocate(_handle, KeepSize, end - length, length + Reserve) == 0)
            {
                _reservedTo = end + Reserve;
                return true;
            }

            if (Marshal.GetLastPInvokeError() is not (NoSpace or QuotaExceeded))
            {
                _canReserve = false;
                return true;
            }

            error = LastError();
            return false;
        }
    }

    /// <summary>Gives the reserved room back, and closes.</summary>
    private void Close()
    {
        if (_handle is not null && _reservedTo > 0)
        {
            CutOff(0);
        }

        _handle?.Dispose();
        _handle = null;
    }

    /// <summary>Takes back the beginning of a line that did not fit, so that each line can be read.</summary>
    private void CutOff(int count)
    {
        try
        {
            _reservedTo = 0; // it goes too
            RandomAccess.SetLength(_handle!, RandomAccess.GetLength(_handle!) - count);
        }
        catch (Exception e) when (e is IOException or NotSupportedException or UnauthorizedAccessException or ArgumentException)
        {
            // A pipe or a device: there is nothing to mend.
        }
    }

    private static bool IsRegular(SafeFileHandle handle)
    {
        Span<byte> status = stackalloc byte[StatxSize];
        return Statx(handle, "", EmptyPath, StatxType, status) == 0
            && (MemoryMarshal.Read<ushort>(status[StatxMode..]) & TypeMask) == RegularFile;
    }

    private static string LastError() => Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(SafeFileHandle file, ReadOnlySpan<byte> bytes, nint count);

    [LibraryImport("libc", EntryPoint = "fallocate", SetLastError = true)]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fchown", SetLastError = true)]
    private static partial int ChangeOwner(SafeFileHandle file, uint user, uint group);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Statx(SafeFileHandle file, string path, int flags, uint mask, Span<byte> status);
}
