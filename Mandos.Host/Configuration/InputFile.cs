using Mandos.Host.Privileges;
using Mandos.Host.Unix;

namespace Mandos.Host.Configuration;

/// <summary>Opens files for reading, and says why one cannot be read in the words of the system rather than .NET's.</summary>
internal static class InputFile
{
    /// <summary>Opens a file without a buffer, which would keep a copy of its content.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">It cannot be read, or is no regular file: opening a FIFO would wait for a writer.</exception>
    public static FileStream Open(string path)
    {
        if (IsSpecial(path))
        {
            throw new IOException("it is a FIFO, a device or a socket; use a regular file");
        }

        return new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
    }

    private static bool IsSpecial(string path)
    {
        try
        {
            return FileEntry.Read(path, followLink: true) is { IsFile: false, IsDirectory: false };
        }
        catch (IOException)
        {
            return false; // to open it will tell why
        }
    }

    /// <summary>Whether a file can be read.</summary>
    /// <param name="path">The file.</param>
    public static bool CanRead(string path)
    {
        try
        {
            Open(path).Dispose();
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Describes a failure.</summary>
    /// <param name="error">An <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</param>
    /// <param name="path">The file.</param>
    public static string Describe(Exception error, string path) => error switch
    {
        _ when Directory.Exists(path) => "it is a directory",
        FileNotFoundException or DirectoryNotFoundException => "no such file",
        UnauthorizedAccessException => $"permission denied{Advise(path)}",
        _ => error.Message,
    };

    /// <summary>The commands that let the server read a file: for the topmost directory that shuts it out, or for the file.</summary>
    private static string Advise(string path)
    {
        ServerAccount account = ServerAccount.Find();
        if (!account.IsOwn)
        {
            return ""; // another user who runs this need not be able to read it
        }

        string? shut = Ancestors(Path.GetFullPath(path)).FirstOrDefault(static directory => Libc.access(directory, Libc.X_OK) != 0);
        return shut is null
            ? $"; let the server's group read it: chgrp {account.Group} {path}; chmod 0640 {path}"
            : $"; let the server's group into {shut}: chgrp {account.Group} {shut}; chmod 0750 {shut}";
    }

    private static IEnumerable<string> Ancestors(string path)
        => Path.GetDirectoryName(path) is { } directory ? Ancestors(directory).Append(directory) : [];
}
