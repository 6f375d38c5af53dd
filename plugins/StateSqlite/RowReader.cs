using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Mandos.StateSqlite;

/// <summary>Reads the columns of a row one after another, and at its end compares their checksum with the last of them.</summary>
/// <param name="statement">A query that stands at a row.</param>
/// <remarks>Directly from SQLite, because it is called some millions of times while the server starts.</remarks>
internal sealed class RowReader(sqlite3_stmt statement)
{
    private readonly RowChecksum _checksum = new();
    private int _next;

    public long ReadInteger()
    {
        Expect(SQLITE_INTEGER);
        long value = sqlite3_column_int64(statement, _next++);
        _checksum.Add(value);
        return value;
    }

    public string ReadText()
    {
        Expect(SQLITE_TEXT);
        ReadOnlySpan<byte> value = sqlite3_column_blob(statement, _next++);
        _checksum.Add(value);
        return Encoding.UTF8.GetString(value);
    }

    public byte[] ReadBytes()
    {
        Expect(SQLITE_BLOB);
        ReadOnlySpan<byte> value = sqlite3_column_blob(statement, _next++);
        _checksum.Add(value);
        return value.ToArray();
    }

    public int ReadInt32() => ReadInteger() is >= int.MinValue and <= int.MaxValue and long value ? (int)value : throw Damaged();

    public bool ReadBoolean() => ReadInteger() switch { 0 => false, 1 => true, _ => throw Damaged() };

    public TimeSpan ReadTimeSpan() => new(ReadInteger());

    public DateTimeOffset ReadTime()
        => ReadInteger() is var ticks && ticks >= DateTimeOffset.MinValue.Ticks && ticks <= DateTimeOffset.MaxValue.Ticks
            ? new DateTimeOffset(ticks, TimeSpan.Zero)
            : throw Damaged();

    public DateTimeOffset? ReadOptionalTime() => SkipNull() ? null : ReadTime();

    public string? ReadOptionalText() => SkipNull() ? null : ReadText();

    /// <summary>Passes over the remaining columns, which must be null, up to the checksum.</summary>
    public void ReadNullsToEnd()
    {
        while (_next < Schema.ClientColumns.Count - 1)
        {
            if (!SkipNull())
            {
                throw Damaged();
            }
        }
    }

    /// <summary>Compares the checksum and begins a new row.</summary>
    /// <returns>The checksum.</returns>
    public long Complete()
    {
        Expect(SQLITE_INTEGER);
        long checksum = sqlite3_column_int64(statement, _next);
        if (checksum != _checksum.Complete())
        {
            throw Damaged();
        }

        _next = 0;
        return checksum;
    }

    private bool SkipNull()
    {
        if (sqlite3_column_type(statement, _next) != SQLITE_NULL)
        {
            return false;
        }

        _next++;
        _checksum.AddNull();
        return true;
    }

    private void Expect(int type)
    {
        if (sqlite3_column_type(statement, _next) != type)
        {
            throw Damaged();
        }
    }

    private static DamageException Damaged() => new("a client's values are not those that were saved");
}
