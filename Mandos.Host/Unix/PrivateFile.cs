namespace Mandos.Host.Unix;

/// <summary>Files that nobody but the server's user may read.</summary>
internal static class PrivateFile
{
    /// <summary>Writes a file, which has its name once it is complete and on the disk: a crash leaves the one before, or none.</summary>
    /// <param name="path">Its name. It is called so with <c>.new</c> behind it until then.</param>
    /// <param name="overwrite">Whether it may take the place of another file.</param>
    /// <param name="write">Writes what is in it.</param>
    /// <exception cref="IOException">It cannot be done.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory is not to be written to.</exception>
    public static void Write(string path, bool overwrite, Action<FileStream> write)
    {
        string unfinished = path + ".new";
        File.Delete(unfinished); // whose mode could be another
        using (var file = new FileStream(unfinished, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            BufferSize = 0, // no copy of what may be a secret
        }))
        {
            write(file);
            file.Flush(flushToDisk: true);
        }

        FileNames.Move(unfinished, path, overwrite);
    }
}
