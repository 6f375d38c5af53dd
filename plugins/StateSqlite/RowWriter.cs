using System.Text;
using Microsoft.Data.Sqlite;

namespace Mandos.StateSqlite;

/// <summary>
/// Sets the parameters of an insertion one after another, and the last of them to the checksum over the others.
/// </summary>
internal sealed class RowWriter
{
    private readonly SqliteParameter[] _parameters;
    private readonly RowChecksum _checksum = new();
    private int _next;

    /// <param name="insert"><see cref="ClientLayout.Insert"/>.</param>
    /// <param name="layout">The columns.</param>
    public RowWriter(SqliteCommand insert, ClientLayout layout)
    {
        Layout = layout;
        _parameters = [.. layout.Columns.Select(column => insert.Parameters.Add("$" + column, SqliteType.Integer))];
    }

    /// <summary>The columns.</summary>
    public ClientLayout Layout { get; }

    /// <summary>Begins a row, whatever became of the one before.</summary>
    public void Begin()
    {
        _next = 0;
        _checksum.Begin();
    }

    public void WriteNull()
    {
        Next().Value = DBNull.Value;
        _checksum.AddNull();
    }

    public void Write(long value)
    {
        SqliteParameter parameter = Next();
        parameter.SqliteType = SqliteType.Integer;
        parameter.Value = value;
        _checksum.Add(value);
    }

    public void Write(string value)
    {
        SqliteParameter parameter = Next();
        parameter.SqliteType = SqliteType.Text;
        parameter.Value = value;
        _checksum.Add(Encoding.UTF8.GetBytes(value));
    }

    public void Write(ReadOnlySpan<byte> value)
    {
        SqliteParameter parameter = Next();
        parameter.SqliteType = SqliteType.Blob;
        parameter.Value = value.ToArray();
        _checksum.Add(value);
    }

    public void Write(bool value) => Write(value ? 1L : 0L);

    public void Write(TimeSpan value) => Write(value.Ticks);

    public void Write(DateTimeOffset value) => Write(value.UtcTicks);

    public void Write(DateTimeOffset? value)
    {
        if (value is { } time)
        {
            Write(time);
        }
        else
        {
            WriteNull();
        }
    }

    /// <summary>Writes a text or, where there is none, null.</summary>
    public void WriteOptional(string? value)
    {
        if (value is null)
        {
            WriteNull();
        }
        else
        {
            Write(value);
        }
    }

    /// <summary>Sets the columns that were not written to null, and the checksum.</summary>
    /// <returns>The checksum.</returns>
    public long Complete()
    {
        while (_next < _parameters.Length - 1)
        {
            Next().Value = DBNull.Value;
        }

        long checksum = _checksum.Complete();
        Next().Value = checksum;
        return checksum;
    }

    private SqliteParameter Next() => _parameters[_next++];
}
