using System.Text;

namespace Mandos.Host.Unix;

/// <summary>What .NET cannot live below: it would fail at any place, with whatever exception comes of it.</summary>
internal static unsafe class ProcessLimits
{
    /// <summary>Some 170 are open once the plugins are loaded, and no connection takes the last ones.</summary>
    private const ulong LeastDescriptors = 256;

    /// <summary>Addresses, not memory: the garbage collector reserves what it may ever use.</summary>
    private const ulong LeastAddresses = 4_000_000_000;

    /// <summary>Finds a limit of this process that is too low.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? FindFault()
        => Libc.getrlimit(Libc.RLIMIT_NOFILE, out Libc.ResourceLimit files) == 0 && files.Current < LeastDescriptors
            ? $"the limit on open files is {files.Current}, and the server needs {LeastDescriptors}; raise it (ulimit -n, LimitNOFILE= in systemd)"
            : Libc.getrlimit(Libc.RLIMIT_AS, out Libc.ResourceLimit addresses) == 0 && addresses.Current < LeastAddresses
            ? $"the limit on virtual memory is {addresses.Current >> 10} kB, and .NET needs {LeastAddresses >> 10} kB of addresses, "
                + "though not of memory; raise it (ulimit -v, LimitAS= in systemd), or limit memory by MemoryMax= in systemd"
            : null;

    /// <summary>Writes to standard error where even .NET's console may find no room.</summary>
    public static void Say(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* start = bytes)
        {
            _ = Libc.write(2, start, bytes.Length);
        }
    }
}
