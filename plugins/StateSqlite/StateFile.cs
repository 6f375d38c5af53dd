using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Mandos.StateSqlite;

/// <summary>The database as a file: its creation, its mode, and what to tell a person when it cannot be used.</summary>
/// <param name="path">Absolute path of the database.</param>
internal sealed class StateFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _log = path + "-wal";

    /// <summary>Absolute path of the database.</summary>
    public string Path => path;

    /// <summary>Creates the file if there is none, and sees to it that nobody but the owner can access it.</summary>
    /// <param name="tightened">Whether others could access it until now.</param>
    /// <returns>Whether the file is new.</returns>
    /// <remarks>
    /// It never opens a database that is there: closing it again would drop the locks that this process has on it.
    /// </remarks>
    public bool PrepareToOpen(out bool tightened)
    {
        var file = new FileInfo(path);
        bool create = !file.Exists;
        if (create)
        {
            Create();
        }
        else if (file.Length == 0)
        {
            // SQLite would take it for a new database. But a new one gets its name only when it is complete, so this one has lost
            // its contents.
            throw new DamageException("it is empty");
        }

        tightened = Tighten(path) | Tighten(_log);
        return create;
    }

    /// <summary>Refuses to go on with a file that has lost its name, for what is saved into it is lost with it.</summary>
    public void ThrowIfGone()
    {
        if (!File.Exists(path))
        {
            throw new FileNotFoundException(
                "it was moved or deleted while the server ran; restart the server to have the state saved");
        }
    }

    /// <summary>
    /// Says in one line what is wrong and how to go on; null for exceptions that have nothing to do with the file.
    /// </summary>
    /// <param name="exception">What an operation on the database threw.</param>
    public string? Explain(Exception exception) => exception switch
    {
        DamageException e => Damaged(e.Message),
        VersionException e => $"{path}: it is of version {e.Found} and this server knows versions up to {e.Known}; "
            + "run the newer server that wrote it, or restore a backup from before that",
        SqliteException e => e.SqliteErrorCode switch
        {
            SQLITE_BUSY or SQLITE_LOCKED
                => $"{path}: it is in use by another server; stop that one first, or give this one another statedir",
            SQLITE_CORRUPT => Damaged("its structure is broken"),
            SQLITE_NOTADB => Damaged("it is not an SQLite database"),
            SQLITE_FULL => $"{path}: the disk is full; make room",
            SQLITE_IOERR => $"{path}: input or output failed; see the kernel's log about the disk, and make room if it is full",
            SQLITE_CANTOPEN or SQLITE_PERM or SQLITE_AUTH =>
                $"{path}: it cannot be opened; the server's user must own it and be able to write to its directory",
            SQLITE_READONLY
                => $"{path}: it cannot be written; the server's user must own it, on a file system that is not read-only",
            SQLITE_ERROR or SQLITE_CONSTRAINT or SQLITE_MISMATCH or SQLITE_FORMAT => Damaged(e.Message),
            _ => $"{path}: {e.Message}",
        },
        UnauthorizedAccessException or IOException => $"{path}: {exception.Message}",
        _ => null,
    };

    private static bool Tighten(string file)
    {
        if (!File.Exists(file) || (File.GetUnixFileMode(file) & ~OwnerOnly) == 0)
        {
            return false;
        }

        File.SetUnixFileMode(file, OwnerOnly);
        return true;
    }

    private void Create()
    {
        if (Directory.Exists(path))
        {
            throw new IOException("it is a directory and must be a file; move it away");
        }

        if (!Directory.Exists(System.IO.Path.GetDirectoryName(path)))
        {
            throw new DirectoryNotFoundException(
                "its directory does not exist; create it, owned by the server's user, mode 0700");
        }

        if (File.Exists(_log))
        {
            // SQLite would take the log's contents over into the new database.
            throw new DamageException($"it is missing, but its log {_log} is there");
        }

        // The file gets its name when it is complete, so that a crash here leaves no half of it. That the name is on the disk is
        // seen to by the first save: SQLite then creates the log and synchronises the directory.
        string unfinished = path + ".new";
        File.Delete(unfinished);
        File.Delete(unfinished + "-journal");
        new FileStream(
            unfinished,
            new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = OwnerOnly })
            .Dispose();
        StateDatabase.Create(unfinished);
        File.Move(unfinished, path, overwrite: false);
    }

    private string Damaged(string what)
        => $"{path}: it is damaged: {what}; restore a backup of it, or move it away together with {_log}, if there: the server "
            + "then takes clients.conf as it stands and forgets what was changed at run time, so that clients disabled since "
            + "are ENABLED again";
}
