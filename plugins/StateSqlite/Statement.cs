using Microsoft.Data.Sqlite;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Mandos.StateSqlite;

/// <summary>A statement that is run for each client. SQLite compiles it when it is first used. Not thread-safe.</summary>
/// <param name="connection">An open database.</param>
/// <param name="sql">One statement; its parameters are bound by their number, from 1.</param>
/// <remarks>
/// It calls SQLite directly: a command of ADO.NET looks up each parameter by its name and makes several objects for each value, which
/// with dozens of values a client was a quarter of what a start allocates.
/// </remarks>
internal sealed class Statement(SqliteConnection connection, string sql) : IDisposable
{
    private sqlite3_stmt? _statement;

    private sqlite3_stmt Compiled => _statement ??= Compile();

    public void Bind(int parameter, long value) => Require(sqlite3_bind_int64(Compiled, parameter, value));

    public void BindText(int parameter, ReadOnlySpan<byte> utf8) => Require(sqlite3_bind_text(Compiled, parameter, utf8));

    public void BindBlob(int parameter, ReadOnlySpan<byte> value) => Require(sqlite3_bind_blob(Compiled, parameter, value));

    public void BindNull(int parameter) => Require(sqlite3_bind_null(Compiled, parameter));

    /// <summary>Runs it to its end, with the values bound last.</summary>
    /// <returns>The whole number that it gave first; null if it gave no row.</returns>
    public long? Run()
    {
        sqlite3_stmt statement = Compiled;
        long? answer = null;
        int result;
        while ((result = sqlite3_step(statement)) == SQLITE_ROW)
        {
            answer ??= sqlite3_column_int64(statement, 0);
        }

        int reset = sqlite3_reset(statement); // gives the error of the run again, and then its text is still there
        Require(result == SQLITE_DONE ? reset : result);
        return answer;
    }

    public void Dispose() => _statement?.Dispose();

    private sqlite3_stmt Compile()
    {
        Require(sqlite3_prepare_v2(connection.Handle, sql, out sqlite3_stmt statement));
        return statement;
    }

    private void Require(int result) => SqliteException.ThrowExceptionForRC(result, connection.Handle);
}
