using System.Runtime.InteropServices;

namespace Mandos.Host.Unix;

/// <summary>Has the names of the files in a directory outlast a power cut.</summary>
internal static class DirectorySync
{
    /// <param name="path">The directory.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    public static void Run(string path)
    {
        int directory = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (directory < 0)
        {
            throw new IOException(Libc.LastError);
        }

        try
        {
            // Some file systems do not do it for directories, and have no need to.
            if (Libc.fsync(directory) != 0 && Marshal.GetLastPInvokeError() != Libc.EINVAL)
            {
                throw new IOException(Libc.LastError);
            }
        }
        finally
        {
            _ = Libc.close(directory);
        }
    }
}
