using System.Runtime.InteropServices;

namespace Mandos.Host.Unix;

/// <summary>The names of files in a directory.</summary>
internal static class FileNames
{
    /// <summary>Gives a file its name within its directory, so that it has it after a power cut too.</summary>
    /// <param name="unfinished">Its name so far; what is in it is on disk.</param>
    /// <param name="path">Its name.</param>
    /// <param name="overwrite">Whether it may take the place of another file.</param>
    /// <exception cref="IOException">It cannot be done.</exception>
    public static void Move(string unfinished, string path, bool overwrite)
    {
        File.Move(unfinished, path, overwrite);
        Synchronize(Path.GetDirectoryName(Path.GetFullPath(path))!);
    }

    private static void Synchronize(string directory)
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
