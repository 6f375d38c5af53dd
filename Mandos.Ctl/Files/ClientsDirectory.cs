using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Mandos.Ctl.Files;

/// <summary>
/// The directory <c>clients.d</c>, in which clients have files of their own. A file comes and goes in one step, and is on disk when the call ends: whenever
/// the program is killed, the file is there as a whole or not at all.
/// </summary>
internal sealed unsafe class ClientsDirectory : IDisposable
{
    /// <summary>The group of the server's user, which has to read the files.</summary>
    private const string ServerGroup = "_mandos";

    /// <summary>An entry of a group larger than this, which has all members, is not read.</summary>
    private const int MostGroupBytes = 1 << 20;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode FileMode640 = OwnerOnly | UnixFileMode.GroupRead;
    private const UnixFileMode DirectoryMode750 = FileMode640 | UnixFileMode.UserExecute | UnixFileMode.GroupExecute;

    private readonly string _path;
    private readonly SafeFileHandle _handle;

    private ClientsDirectory(string path, SafeFileHandle handle) => (_path, _handle) = (path, handle);

    /// <summary>Where it is.</summary>
    /// <param name="configDirectory">The directory with the server's files.</param>
    public static string PathIn(string configDirectory) => Path.Combine(configDirectory, "clients.d");

    /// <summary>The file that a client gets; null if its name is none that a file can have plainly.</summary>
    public static string? FileOf(string configDirectory, string client)
    {
        const string Others = "._-@+";
        return client.Length is > 0 and <= 200 && client[0] != '.' && client.All(static c => char.IsAsciiLetterOrDigit(c) || Others.Contains(c))
            ? Path.Combine(PathIn(configDirectory), client + ".conf")
            : null;
    }

    /// <summary>Opens it, makes it if it is not there, and keeps others of this program out.</summary>
    /// <exception cref="IOException">That cannot be done; or as <see cref="UnauthorizedAccessException"/>.</exception>
    public static ClientsDirectory Open(string configDirectory)
    {
        string path = PathIn(configDirectory);
        if (!Directory.Exists(path))
        {
            Make(configDirectory, path);
        }

        var directory = new ClientsDirectory(path, OpenHandle(path));
        if (Libc.flock(directory._handle, Libc.LOCK_EX | Libc.LOCK_NB) == 0)
        {
            return directory;
        }

        directory.Dispose();
        throw new IOException($"{path}: another mandos-ctl is changing it; try again when it has ended");
    }

    /// <summary>Adds a file.</summary>
    /// <exception cref="IOException">That cannot be done, or there is one of its name; or as <see cref="UnauthorizedAccessException"/>.</exception>
    public void Add(string file, ReadOnlySpan<byte> content) => Write(file, content, overwrite: false); // not in place of one that somebody has just written

    /// <summary>Puts a file in the place of one of its name, whose owner, group and mode it has.</summary>
    /// <exception cref="IOException">That cannot be done; or as <see cref="UnauthorizedAccessException"/>.</exception>
    public void Replace(string file, ReadOnlySpan<byte> content) => Write(file, content, overwrite: true);

    private void Write(string file, ReadOnlySpan<byte> content, bool overwrite)
    {
        UnixFileMode mode = overwrite ? File.GetUnixFileMode(file) : FileMode640;
        (uint user, uint group) = !Environment.IsPrivilegedProcess ? (0, 0) : overwrite ? OwnerOf(file) : (0, Group(_path));

        // The server reads no file with a dot at its beginning.
        string begun = Path.Combine(_path, $".{Path.GetFileName(file)}.new");
        File.Delete(begun); // of one that was killed
        using (SafeFileHandle handle = File.OpenHandle(begun, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            File.SetUnixFileMode(handle, OwnerOnly); // before there is a secret in it
            RandomAccess.Write(handle, content, 0);
            if (Environment.IsPrivilegedProcess && Libc.fchown(handle, user, group) != 0)
            {
                throw new IOException($"{begun}: cannot be given to the group of the server: {Libc.LastError}");
            }

            File.SetUnixFileMode(handle, mode);
            RandomAccess.FlushToDisk(handle);
        }

        File.Move(begun, file, overwrite);
        Flush(_handle, _path);
    }

    /// <summary>Removes a file.</summary>
    /// <exception cref="IOException">That cannot be done; or as <see cref="UnauthorizedAccessException"/>.</exception>
    public void Remove(string file)
    {
        File.Delete(file);
        Flush(_handle, _path);
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static void Make(string configDirectory, string path)
    {
        string begun = Path.Combine(configDirectory, ".clients.d.new");
        Directory.CreateDirectory(begun, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        if (Environment.IsPrivilegedProcess && Libc.lchown(begun, 0, Group(configDirectory)) != 0)
        {
            throw new IOException($"{begun}: cannot be given to the group of the server: {Libc.LastError}");
        }

        File.SetUnixFileMode(begun, DirectoryMode750);
        Directory.Move(begun, path);
        using SafeFileHandle parent = OpenHandle(configDirectory);
        Flush(parent, configDirectory);
    }

    private static SafeFileHandle OpenHandle(string path)
    {
        int fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new IOException($"{path}: {Libc.LastError}");
    }

    private static void Flush(SafeFileHandle directory, string path)
    {
        // Some file systems do not do it for directories, and have no need to.
        if (Libc.fsync(directory) != 0 && Marshal.GetLastPInvokeError() != Libc.EINVAL)
        {
            throw new IOException($"{path}: what has changed in it is not sure to be on disk: {Libc.LastError}");
        }
    }

    private static (uint User, uint Group) OwnerOf(string file)
        => Libc.statx(Libc.AT_FDCWD, file, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_UID | Libc.STATX_GID, out Libc.FileStatus status) == 0
            ? (status.User, status.Group) : throw new IOException($"{file}: {Libc.LastError}");

    /// <summary>The group of the server; where there is none, that of a directory.</summary>
    private static uint Group(string directory)
    {
        byte* buffer = (byte*)NativeMemory.Alloc(MostGroupBytes);
        try
        {
            return Libc.getgrnam_r(ServerGroup, out Libc.GroupEntry entry, buffer, MostGroupBytes, out nint found) == 0 && found != 0 ? entry.Id
                : Libc.statx(Libc.AT_FDCWD, directory, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_GID, out Libc.FileStatus status) == 0 ? status.Group
                : throw new IOException($"{directory}: {Libc.LastError}");
        }
        finally
        {
            NativeMemory.Free(buffer);
        }
    }
}
