using System.Runtime.InteropServices;

namespace Mandos.MdnsAnnouncer.Network;

/// <summary>What .NET has no call for, from libc. Constants are those of Linux, equal on x86-64 and arm64.</summary>
internal static partial class Native
{
    /// <summary>Opens a socket of rtnetlink(7).</summary>
    /// <param name="groups">Which changes it hears of.</param>
    /// <returns>A descriptor, or -1 with the error in <see cref="Marshal.GetLastPInvokeError"/>.</returns>
    public static int OpenNetlink(uint groups)
    {
        const int AddressFamilyNetlink = 16;
        const int RawCloseOnExec = 3 | 0x80000;
        const int RouteProtocol = 0;
        int fd = socket(AddressFamilyNetlink, RawCloseOnExec, RouteProtocol);
        var address = new NetlinkAddress { Family = AddressFamilyNetlink, Groups = groups };
        if (fd >= 0 && bind(fd, address, Marshal.SizeOf<NetlinkAddress>()) < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            _ = close(fd);
            Marshal.SetLastPInvokeError(error);
            return -1;
        }

        return fd;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int family, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, in NetlinkAddress address, int length);

    [LibraryImport("libc")]
    private static partial int close(int fd);

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
