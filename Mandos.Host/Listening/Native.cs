using System.Runtime.InteropServices;
using Mandos.Host.Unix;

namespace Mandos.Host.Listening;

/// <summary>What .NET has no call for, from libc.</summary>
internal static partial class Native
{
    /// <summary>How many files this process may have open at once.</summary>
    public static long GetOpenFileLimit()
        => Libc.getrlimit(Libc.RLIMIT_NOFILE, out Libc.ResourceLimit limit) == 0 && limit.Current < long.MaxValue
            ? (long)limit.Current
            : long.MaxValue;

    /// <summary>Copies a descriptor to one above those of standard input, output and error, not inherited by children.</summary>
    /// <returns>The new descriptor, or -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</returns>
    public static int DuplicateAboveStandard(int fd) => Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, 3);

    /// <summary>Keeps children from inheriting a descriptor.</summary>
    /// <returns>0, or -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</returns>
    public static int SetCloseOnExec(int fd) => Libc.fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC);

    /// <summary>if_nametoindex(3): index of a network interface, 0 if there is none of that name.</summary>
    [LibraryImport("libc", EntryPoint = "if_nametoindex", StringMarshalling = StringMarshalling.Utf8)]
    public static partial uint GetInterfaceIndex(string name);

    /// <summary>Opens a socket that gets the kernel's messages about network interfaces and their addresses (rtnetlink(7)).</summary>
    /// <returns>A descriptor, or -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</returns>
    public static int OpenLinkMessages()
    {
        const int AddressFamilyNetlink = 16;
        const int RawCloseOnExec = 3 | 0x80000;
        const int RouteProtocol = 0;
        const uint LinkIPv4AddressIPv6AddressGroups = 0x1 | 0x10 | 0x100;
        int fd = socket(AddressFamilyNetlink, RawCloseOnExec, RouteProtocol);
        var address = new NetlinkAddress { Family = AddressFamilyNetlink, Groups = LinkIPv4AddressIPv6AddressGroups };
        if (fd >= 0 && bind(fd, address, Marshal.SizeOf<NetlinkAddress>()) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            _ = Libc.close(fd);
            Marshal.SetLastPInvokeError(error);
            return -1;
        }

        return fd;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, in NetlinkAddress address, int length);

    /// <summary>sockaddr_nl, see netlink(7).</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct NetlinkAddress
    {
        public ushort Family;
        public ushort Padding;
        public uint Port;
        public uint Groups;
    }
}
