using System.Net.Sockets;

namespace Mandos.WebControl.Unix;

/// <summary>A Unix socket at which to listen: where it is, and whose.</summary>
/// <param name="path">Its absolute path.</param>
/// <param name="groupName">The group that may connect; null for that of the process.</param>
/// <param name="isGroupRequired">Whether to fail if there is no such group, or if this user may not give the socket to it.</param>
internal sealed class SocketFile(string path, string? groupName, bool isGroupRequired)
{
    /// <summary>The longest path that the kernel takes, in bytes (unix(7)).</summary>
    public const int MostPathBytes = 107;

    private const int TypeMask = 0xF000;
    private const int SocketFileType = 0xC000;

    private const UnixFileMode SocketMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite;

    private const UnixFileMode DirectoryMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private readonly string _directory = System.IO.Path.GetDirectoryName(path)!;
    private bool _hasMadeDirectory;

    /// <summary>Its absolute path.</summary>
    public string Path => path;

    /// <summary>Makes the socket. It does not listen yet, so nobody can connect before it has its mode and group.</summary>
    /// <exception cref="IOException">It cannot be made, or not safely; one line says why, and what would help.</exception>
    public Socket Bind()
    {
        MakeDirectory();
        SafePath.RequireDirectory(_directory);
        RemoveStale();
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint(path));
            File.SetUnixFileMode(path, SocketMode);
            GiveToGroup();
            return socket;
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            socket.Dispose();
            throw new IOException($"socket {path}: {e.Message}");
        }
    }

    /// <summary>Removes the directory again if <see cref="Bind"/> has made it, and it is empty.</summary>
    public void Clear()
    {
        try
        {
            if (_hasMadeDirectory)
            {
                Directory.Delete(_directory);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Somebody else uses it by now.
        }

        _hasMadeDirectory = false;
    }

    private void MakeDirectory()
    {
        if (Directory.Exists(_directory))
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(_directory, DirectoryMode);
            _hasMadeDirectory = true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"socket {path}: there is no directory {_directory}, and user {Environment.UserName} cannot make it; make it and give it to that user");
        }
    }

    /// <summary>Removes the socket that a server has left which did not end in order.</summary>
    private void RemoveStale()
    {
        if (Libc.statx(Libc.AT_FDCWD, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_MODE, out Libc.FileStatus status) != 0)
        {
            return;
        }

        if ((status.Mode & TypeMask) != SocketFileType)
        {
            throw new IOException($"socket {path}: something else is there; remove it, or choose another path");
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            // Somebody listens, and is busy.
        }
        catch (SocketException e)
        {
            throw new IOException($"socket {path}: something else is there: {e.Message}");
        }

        throw new IOException($"socket {path}: another server listens there");
    }

    private void GiveToGroup()
    {
        if (groupName is null)
        {
            return;
        }

        if (Group.Find(groupName) is not { } group)
        {
            if (isGroupRequired)
            {
                throw new IOException($"there is no group {groupName}");
            }
        }
        else if (Libc.chown(path, Libc.Unchanged, group) != 0 && isGroupRequired)
        {
            throw new IOException($"user {Environment.UserName} cannot give it to group {groupName}, of which it is no member: {Libc.LastError}");
        }
    }
}
