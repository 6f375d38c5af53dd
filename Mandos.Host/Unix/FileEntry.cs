using System.Runtime.InteropServices;

namespace Mandos.Host.Unix;

/// <summary>What the file system says of one name: its owner, its type, and who may write to it.</summary>
/// <param name="Owner">Number of the user whose it is.</param>
/// <param name="Mode">Type and permissions, as in inode(7).</param>
internal readonly record struct FileEntry(uint Owner, int Mode)
{
    private const int TypeMask = 0xF000;
    private const int Directory = 0x4000;
    private const int Regular = 0x8000;
    private const int Link = 0xA000;
    private const int Socket = 0xC000;
    private const int Sticky = 0x200;
    private const int WritableByOthers = 0x12; // by the group, or by everybody
    private const int AccessibleByOthers = 0x3F;

    /// <summary>Whether it is a directory.</summary>
    public bool IsDirectory => (Mode & TypeMask) == Directory;

    /// <summary>Whether it is an ordinary file: no device, no socket, no FIFO.</summary>
    public bool IsFile => (Mode & TypeMask) == Regular;

    /// <summary>Whether it is a symbolic link.</summary>
    public bool IsLink => (Mode & TypeMask) == Link;

    /// <summary>Whether it is a socket.</summary>
    public bool IsSocket => (Mode & TypeMask) == Socket;

    /// <summary>Whether, in this directory, users can rename and remove only what is theirs.</summary>
    public bool IsSticky => (Mode & Sticky) != 0;

    /// <summary>Whether more than the owner can write it. An access control list that lets others write shows here too.</summary>
    public bool IsWritableByOthers => !IsLink && (Mode & WritableByOthers) != 0;

    /// <summary>Whether more than the owner can read, write or execute it.</summary>
    public bool IsAccessibleByOthers => (Mode & AccessibleByOthers) != 0;

    /// <summary>The permissions, in octal.</summary>
    public string Permissions => Convert.ToString(Mode & 0xFFF, 8);

    /// <summary>Asks the file system.</summary>
    /// <param name="path">The name.</param>
    /// <param name="followLink">Whether to ask about what a symbolic link leads to, instead of the link.</param>
    /// <exception cref="IOException">It cannot say.</exception>
    public static FileEntry Read(string path, bool followLink = false)
    {
        int flags = followLink ? 0 : Libc.AT_SYMLINK_NOFOLLOW;
        return Libc.statx(Libc.AT_FDCWD, path, flags, Libc.STATX_TYPE | Libc.STATX_MODE | Libc.STATX_UID, out Libc.FileStatus status) == 0
            ? new(status.Owner, status.Mode)
            : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }
}
