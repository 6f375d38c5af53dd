using System.Runtime.InteropServices;

namespace Mandos.WebControl.Unix;

/// <summary>Names of network interfaces.</summary>
internal static unsafe class NetworkInterfaceName
{
    /// <summary>The name of an interface by its index; null if there is none.</summary>
    public static string? Of(uint index)
    {
        byte* name = stackalloc byte[Libc.IF_NAMESIZE];
        return Libc.if_indextoname(index, name) is null ? null : Marshal.PtrToStringUTF8((nint)name);
    }
}
