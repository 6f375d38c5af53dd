using System.Runtime.InteropServices;

namespace Mandos.WebControl.Unix;

/// <summary>Files whose names outlast a power cut.</summary>
internal static class DurableFile
{
    /// <summary>Gives a file, what is in it being on disk, the name of another in its directory, which it replaces.</summary>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static void Rename(string from, string to)
    {
        File.Move(from, to, overwrite: true);
        int directory = Libc.open(Path.GetDirectoryName(to)!, Libc.O_RDONLY | Libc.O_CLOEXEC);
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
