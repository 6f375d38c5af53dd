using Microsoft.Data.Sqlite;
using static SQLitePCL.raw;

namespace Mandos.StateSqlite;

/// <summary>The database as a file: its creation, its mode, and what to tell a person when it cannot be used.</summary>
/// <param name="path">Absolute path of the database.</param>
internal sealed class StateFile(string path) : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _log = path + "-wal";

    private HeldFile? _held;
    private HeldFile? _heldLog;

    /// <summary>Absolute path of the database.</summary>
    public string Path => path;

    /// <summary>Creates the file if there is none, and makes sure that only the owner can access it.</summary>
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

    /// <summary>Whether there is no database, and was none, where there could be one.</summary>
    public bool IsAbsent => HeldFile.IsAbsent(path) && HeldFile.IsAbsent(_log) && Directory.Exists(System.IO.Path.GetDirectoryName(path));

    /// <summary>Whether there is a log that holds something.</summary>
    public bool HasLog => !HeldFile.IsAbsent(_log) && !HeldFile.IsEmptyLog(_log);

    /// <summary>Remembers which file the database is, to be called before SQLite opens it.</summary>
    /// <returns>Whether the file system has locks.</returns>
    public bool Hold()
    {
        _held ??= HeldFile.Open(path);
        return _held.CanBeLocked;
    }

    /// <summary>Remembers which file its log is, once SQLite has opened it.</summary>
    public void HoldLog()
    {
        _heldLog?.Dispose();
        _heldLog = HeldFile.Open(_log);
    }

    /// <summary>
    /// Refuses to go on with a file that has lost its name: changes saved into it would be lost with it, and the file that has its name now
    /// is somebody's backup.
    /// </summary>
    /// <exception cref="ReplacedException">The database, or its log, is another file now, or gone.</exception>
    public void ThrowIfReplaced()
    {
        if (_held is { IsInPlace: false })
        {
            throw new ReplacedException(path, File.Exists(path)
                ? "another file was put in its place while the server ran; restart the server to take that one, which forgets what was "
                + "changed since it was made, or put back the one that was there"
                : "it was moved or deleted while the server ran; put it back before the server is restarted, or what was changed at run "
                + "time is forgotten, so that clients disabled since are ENABLED again");
        }

        if (_heldLog is { IsInPlace: false } && HasLog)
        {
            throw new ReplacedException(_log, "another file was put in its place while the server ran; move it away");
        }
    }

    /// <summary>Whether the log is still the one that SQLite writes.</summary>
    public bool IsLogInPlace => _heldLog is null or { IsInPlace: true };

    /// <summary>Has the log, all of which is in the database, taken for empty: else it would spoil a backup that is put in place.</summary>
    public void EmptyLog() => _heldLog?.EmptyLog();

    /// <summary>Keeps room on the disk for the log.</summary>
    /// <returns>What went wrong; null if nothing did.</returns>
    public string? ReserveLog(long bytes) => _heldLog?.Reserve(bytes);

    /// <summary>Lets go of the files; SQLite has closed them.</summary>
    public void Dispose()
    {
        _heldLog?.Dispose();
        _held?.Dispose();
        (_held, _heldLog) = (null, null);
    }

    /// <summary>Whether an exception says that the database cannot be written, which does not mean that it cannot be read.</summary>
    public static bool IsWriteFailure(Exception exception) => exception
        is SqliteException { SqliteErrorCode: SQLITE_READONLY or SQLITE_CANTOPEN or SQLITE_PERM or SQLITE_IOERR or SQLITE_FULL }
        or UnauthorizedAccessException or IOException;

    /// <summary>
    /// Says in one line what is wrong and how to go on; null for exceptions that have nothing to do with the file.
    /// </summary>
    /// <param name="exception">What an operation on the database threw.</param>
    public string? Explain(Exception exception) => exception switch
    {
        DamageException e => Damaged(e.Message),
        ReplacedException e => $"{e.File}: {e.Message}",
        VersionException e => $"{path}: it is of version {e.Found} and this server knows versions up to {e.Known}; "
            + "run the newer server that wrote it, or restore a backup from before that",
        SqliteException e => e.SqliteErrorCode switch
        {
            SQLITE_BUSY or SQLITE_LOCKED
                => $"{path}: it is in use by another server; stop that one first, or give this one another statedir",
            SQLITE_CORRUPT => Damaged("its structure is broken"),
            SQLITE_NOTADB => Damaged("it is not an SQLite database"),
            SQLITE_FULL => $"{path}: the disk is full; make room",
            SQLITE_IOERR when IsReadOnly => ReadOnly(),
            SQLITE_IOERR => $"{path}: input or output failed; see the kernel's log about the disk, and make room if it is full",
            SQLITE_CANTOPEN or SQLITE_PERM or SQLITE_AUTH
                => $"{path}: it cannot be opened; the server's user must own it and be able to write to its directory",
            SQLITE_READONLY => ReadOnly(),
            SQLITE_ERROR or SQLITE_CONSTRAINT or SQLITE_MISMATCH or SQLITE_FORMAT => Damaged(e.Message),
            _ => $"{path}: {e.Message}",
        },
        IOException when IsReadOnly => ReadOnly(),
        UnauthorizedAccessException => $"{path}: permission denied; the server's user must own it and be able to write to its directory",
        IOException => $"{path}: {exception.Message.TrimEnd('.')}",
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
            // There was state, then. And SQLite would take what the log holds over into the new database.
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
        bool hasLocks;
        using (var held = HeldFile.Open(unfinished))
        {
            hasLocks = held.CanBeLocked;
        }

        StateDatabase.Create(unfinished, hasLocks);
        File.Move(unfinished, path, overwrite: false);
    }

    /// <summary>Whether its file system, or the file itself, does not let this process write.</summary>
    private bool IsReadOnly => File.Exists(path) && !HeldFile.CanWrite(path);

    private string ReadOnly() => $"{path}: it cannot be written; the server's user must own it, on a file system that is not read-only";

    private string Damaged(string what)
        => $"{path}: it is damaged: {what}; restore a backup of it, or move it away together with {_log}, if there: the server "
            + "then takes clients.conf as it stands and forgets what was changed at run time, so that clients disabled since "
            + "are ENABLED again";
}
