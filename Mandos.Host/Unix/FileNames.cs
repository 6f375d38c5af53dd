using System.Runtime.InteropServices;

namespace Mandos.Host.Unix;

/// <summary>The names of files in a directory.</summary>
internal static class FileNames
{
    /// <summary>Has them outlast a power cut.</summary>
    /// <param name="directory">The directory.</param>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static void Synchronize(string directory)
    {
        int descriptor = Libc.open(directory, Libc.O_RDONLY | Libc.O_CLOEXEC);
        if (descriptor < 0)
        {
            throw new IOException(Libc.LastError);
        }

        try
        {
            // Some file systems do not do it for directories, and have no need to.
            if (Libc.fsync(descriptor) != 0 && Marshal.GetLastPInvokeError() != Libc.EINVAL)
            {
                throw new IOException(Libc.LastError);
            }
        }
        finally
        {
            _ = Libc.close(descriptor);
        }
    }
}
