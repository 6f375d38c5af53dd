#!/usr/bin/env bash
# Microsoft.Data.Sqlite 10.0.15 (SQLite 3.53.3): with immutable=1 a database is read as it was before its log, without a word.
#
# One would expect: immutable=1, which is there for media that nobody can write, only saves the locks. A write-ahead log beside the
# file is on the same medium and changes no more than the file.
# Seen: the log is not looked at. What was committed since the last checkpoint is missing: the read gives the old value, with no
# error, and integrity_check is content. Without immutable=1 the new value is read. So never take immutable=1 where a "-wal" may
# stand beside the file.
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

using (SqliteConnection source = Open("source.db", SqliteOpenMode.ReadWriteCreate))
{
    Ask(source, "PRAGMA journal_mode = WAL");
    Ask(source, "CREATE TABLE t (x); INSERT INTO t VALUES ('old')");
    Ask(source, "PRAGMA wal_checkpoint(TRUNCATE)");
    Ask(source, "UPDATE t SET x = 'new'");
    // A copy of an open database is what a power cut leaves: the new value is in the log.
    File.Copy("source.db", "state.db");
    File.Copy("source.db-wal", "state.db-wal");
    Console.WriteLine($"SQLite {Ask(source, "SELECT sqlite_version()")}");
}

foreach (string options in (string[])["?immutable=1", ""])
{
    using SqliteConnection connection = Open(new Uri(Path.GetFullPath("state.db")).AbsoluteUri + options, SqliteOpenMode.ReadOnly);
    Console.WriteLine($"state.db{options}: {Ask(connection, "SELECT x FROM t")}, {Ask(connection, "PRAGMA integrity_check")}");
}

static SqliteConnection Open(string path, SqliteOpenMode mode)
{
    var text = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false };
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

bin/finding | tee output
diff output - <<'END' && echo "As stated."
SQLite 3.53.3
state.db?immutable=1: old, ok
state.db: new, ok
END
