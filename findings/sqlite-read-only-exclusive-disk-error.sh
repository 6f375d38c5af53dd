#!/usr/bin/env bash
# Microsoft.Data.Sqlite 10.0.15 (SQLite 3.53.3): read-only and exclusive together are a "disk I/O error", on a sound disk.
#
# One would expect: a database with a write-ahead log can be read with Mode=ReadOnly and locking_mode=EXCLUSIVE, the more so as the
# latter is said to need no shared memory beside the file; and without it also where nothing can be written.
# Seen: the usual VFS takes its exclusive lock on a file that is open for reading only, which the system refuses, and SQLite calls
# that SQLITE_IOERR_LOCK (3850), even in a writable directory. Without EXCLUSIVE it writes a file (-shm) into the directory, though
# it was to read only; on a read-only mount it says "unable to open". Only with Vfs=unix-none and EXCLUSIVE the rows are read
# everywhere. So take both for rescue from a read-only disk, knowing that nothing keeps writers off, and do not take a 3850 for
# damage.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

cat > finding.csproj <<'END'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.Data.Sqlite" Version="[10.0.15]" /></ItemGroup>
</Project>
END
cat > Program.cs <<'END'
using System;
using System.IO;
using Microsoft.Data.Sqlite;

const string Shared = "directory/state.db-shm";
if (args is ["make"])
{
    // A copy of an open database is what a power cut leaves: the row is in the log.
    using SqliteConnection source = Open("source.db", SqliteOpenMode.ReadWriteCreate, null);
    Ask(source, "PRAGMA journal_mode = WAL; CREATE TABLE t (x); INSERT INTO t VALUES (1)");
    Directory.CreateDirectory("directory");
    File.Copy("source.db", "directory/state.db");
    File.Copy("source.db-wal", "directory/state.db-wal");
    Console.WriteLine($"SQLite {Ask(source, "SELECT sqlite_version()")}");
    return;
}

foreach (string? vfs in (string?[])[null, "unix-none"])
{
    foreach (string mode in (string[])["NORMAL", "EXCLUSIVE"])
    {
        string seen;
        try
        {
            using SqliteConnection connection = Open("directory/state.db", SqliteOpenMode.ReadOnly, vfs);
            Ask(connection, $"PRAGMA locking_mode = {mode}");
            seen = $"{Ask(connection, "SELECT count(*) FROM t")} row, a new file: {File.Exists(Shared)}";
        }
        catch (SqliteException e)
        {
            seen = $"{e.SqliteExtendedErrorCode}, {e.Message}";
        }

        File.Delete(Shared);
        Console.WriteLine($"{args[0]}, {vfs ?? "usual VFS"}, {mode}: {seen}");
    }
}

static SqliteConnection Open(string path, SqliteOpenMode mode, string? vfs)
{
    var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Vfs = vfs, Pooling = false };
    var connection = new SqliteConnection(text.ToString());
    connection.Open();
    return connection;
}

static object? Ask(SqliteConnection connection, string text)
{
    using SqliteCommand command = connection.CreateCommand();
    command.CommandText = text;
    return command.ExecuteScalar();
}
END
dotnet build --verbosity quiet --output bin finding.csproj > build.log 2>&1 || { cat build.log; exit 1; }

{
  bin/finding make
  # A mount of this script's own, which ends with it.
  unshare --mount sh -ec 'mount --bind directory directory; mount -o remount,ro,bind directory; bin/finding "read-only mount"'
  bin/finding "writable directory"
} | tee output
diff output - <<'END' && echo "As stated."
SQLite 3.53.3
read-only mount, usual VFS, NORMAL: 14, SQLite Error 14: 'unable to open database file'.
read-only mount, usual VFS, EXCLUSIVE: 3850, SQLite Error 10: 'disk I/O error'.
read-only mount, unix-none, NORMAL: 14, SQLite Error 14: 'unable to open database file'.
read-only mount, unix-none, EXCLUSIVE: 1 row, a new file: False
writable directory, usual VFS, NORMAL: 1 row, a new file: True
writable directory, usual VFS, EXCLUSIVE: 3850, SQLite Error 10: 'disk I/O error'.
writable directory, unix-none, NORMAL: 14, SQLite Error 14: 'unable to open database file'.
writable directory, unix-none, EXCLUSIVE: 1 row, a new file: False
END
