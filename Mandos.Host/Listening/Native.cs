using System.Runtime.InteropServices;

namespace Mandos.Host.Listening;

/// <summary>What .NET has no call for, from libc.</summary>
internal static partial class Native
{
    /// <summary>The limit on open files in getrlimit(2).</summary>
    private const int RlimitNofile = 7;

    private const int FdDupCloseOnExec = 1030;
    private const int FdSetFlags = 2;
    private const int FdCloseOnExec = 1;

    /// <summary>How many files this process may have open at once.</summary>
    public static long GetOpenFileLimit()
        => GetRlimit(RlimitNofile, out Rlimit limit) == 0 && limit.Current < long.MaxValue ? (long)limit.Current : long.MaxValue;

    /// <summary>Copies a descriptor to one above those of standard input, output and error, not inherited by children.</summary>
    /// <returns>The new descriptor, or -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</returns>
    public static int DuplicateAboveStandard(int fd) => Fcntl(fd, FdDupCloseOnExec, 3);

    /// <summary>Keeps children from inheriting a descriptor.</summary>
    /// <returns>0, or -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</returns>
    public static int SetCloseOnExec(int fd) => Fcntl(fd, FdSetFlags, FdCloseOnExec);

    /// <summary>if_nametoindex(3): index of a network interface, 0 if there is none of that name.</summary>
    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint GetInterfaceIndex(string name);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int Fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    private static partial int GetRlimit(int resource, out Rlimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private struct Rlimit
    {
        public ulong Current;
        public ulong Maximum;
    }
}
