using Microsoft.Data.Sqlite;

namespace Mandos.StateSqlite;

/// <summary>Statements that are run now and then; the frequent ones are prepared.</summary>
internal static class SqliteConnectionExtensions
{
    /// <summary>Runs statements for their effect.</summary>
    public static void Execute(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.Prepare(sql);
        command.ExecuteNonQuery();
    }

    /// <summary>Runs a query whose answer is one whole number.</summary>
    public static long Scalar(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.Prepare(sql);
        return (long)command.ExecuteScalar()!;
    }

    /// <summary>Runs a query whose answer is one text.</summary>
    public static string Text(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.Prepare(sql);
        return (string)command.ExecuteScalar()!;
    }

    /// <summary>Makes a command, which SQLite compiles once, when it is first run.</summary>
    public static SqliteCommand Prepare(this SqliteConnection connection, string sql)
    {
        SqliteCommand command = connection.CreateCommand();
        // Every statement is a constant here; values are parameters.
        command.CommandText = sql;
        return command;
    }
}
