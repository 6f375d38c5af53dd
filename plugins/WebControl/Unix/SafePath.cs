using System.Runtime.InteropServices;

namespace Mandos.WebControl.Unix;

/// <summary>Sees that nobody but root and this user could put something else in the place of a socket or file.</summary>
internal static class SafePath
{
    private const int WritableByOthers = 0x12; // by the group, or by everybody
    private const int Sticky = 0x200;
    private const int TypeMask = 0xF000;
    private const int Link = 0xA000;

    /// <summary>As many symbolic links in one path as the kernel follows.</summary>
    private const int MaxLinks = 40;

    /// <summary>Checks a directory and all above it, by the path as given and by the real one.</summary>
    /// <param name="directory">Absolute path of the directory.</param>
    /// <exception cref="IOException">Somebody else could; or it is not there. One line says who, where, and what helps.</exception>
    public static void RequireDirectory(string directory)
    {
        Stack<string> names = new();
        Push(directory);
        string current = "/";
        int links = 0;
        RequireGood(current, isLast: false);
        while (names.TryPop(out string? name))
        {
            if (name is "" or ".")
            {
                continue;
            }

            if (name is "..")
            {
                current = Path.GetDirectoryName(current) ?? "/";
                continue;
            }

            string next = Path.Join(current, name);
            Libc.FileStatus status = Read(next);
            RequireOwner(next, status);
            if ((status.Mode & TypeMask) != Link)
            {
                current = next;
                RequireGood(current, isLast: names.All(static left => left is "" or "."));
                continue;
            }

            if (++links > MaxLinks || new FileInfo(next).LinkTarget is not { } target)
            {
                throw new IOException($"{next} is one of too many symbolic links");
            }

            current = target.StartsWith('/') ? "/" : current;
            Push(target);
        }

        void Push(string path)
        {
            foreach (string name in path.Split('/').Reverse())
            {
                names.Push(name);
            }
        }
    }

    /// <summary>Checks that nobody else can change a file, or put another in its place.</summary>
    /// <param name="file">Absolute path of the file.</param>
    /// <exception cref="IOException">Somebody else can, or it is not there.</exception>
    public static void RequireFile(string file)
    {
        RequireDirectory(Path.GetDirectoryName(file)!);
        Libc.FileStatus status = Read(file, flags: 0);
        RequireOwner(file, status);
        if ((status.Mode & WritableByOthers) != 0)
        {
            throw new IOException($"{file} can be written by others than its owner; use chmod go-w {file}");
        }
    }

    /// <summary>Checks that not everybody can read a file.</summary>
    /// <exception cref="IOException">Everybody can, or it is not there.</exception>
    public static void RequirePrivate(string file)
    {
        const int AccessibleByEverybody = 0x7;
        if ((Read(file, flags: 0).Mode & AccessibleByEverybody) != 0)
        {
            throw new IOException($"{file} can be used by everybody; use chmod o-rwx {file}");
        }
    }

    /// <summary>Others may write above it where that is sticky, as /tmp is, since they cannot rename there what is not theirs.</summary>
    private static void RequireGood(string path, bool isLast)
    {
        Libc.FileStatus status = Read(path);
        RequireOwner(path, status);
        if ((status.Mode & WritableByOthers) != 0 && (isLast || (status.Mode & Sticky) == 0))
        {
            throw new IOException($"{path} can be written by others than its owner, who could put something else there; use chmod go-w {path}");
        }
    }

    private static void RequireOwner(string path, Libc.FileStatus status)
    {
        uint self = Libc.geteuid();
        if (status.Owner != 0 && status.Owner != self)
        {
            throw new IOException($"{path} belongs to user {status.Owner}, who could put something else there; it has to be root's or user {self}'s");
        }
    }

    private static Libc.FileStatus Read(string path, int flags = Libc.AT_SYMLINK_NOFOLLOW)
        => Libc.statx(Libc.AT_FDCWD, path, flags, Libc.STATX_MODE | Libc.STATX_UID, out Libc.FileStatus status) == 0 ? status
            : throw new IOException($"{path}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}
