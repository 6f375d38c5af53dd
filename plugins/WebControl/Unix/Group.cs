using System.Runtime.InteropServices;

namespace Mandos.WebControl.Unix;

/// <summary>Groups of users.</summary>
internal static unsafe class Group
{
    /// <summary>An entry larger than this, which has all members, is not read.</summary>
    private const int MostBytes = 1 << 20;

    /// <summary>The number of a group; null if there is none of that name.</summary>
    public static uint? Find(string name)
    {
        byte* buffer = (byte*)NativeMemory.Alloc(MostBytes);
        try
        {
            return Libc.getgrnam_r(name, out Libc.GroupEntry entry, buffer, MostBytes, out nint found) == 0 && found != 0 ? entry.Id : null;
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }
}
