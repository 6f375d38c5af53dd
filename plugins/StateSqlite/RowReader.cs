using System.Text;
using SQLitePCL;
using static SQLitePCL.raw;

namespace Mandos.StateSqlite;

/// <summary>Reads the columns of a row one after another, and at its end compares their checksum with the last of them.</summary>
/// <param name="statement">A query that stands at a row.</param>
/// <param name="layout">The columns that it has.</param>
/// <remarks>
/// It reads directly from SQLite, because it does so some millions of times while the server starts. That a column has a value of
/// the right type is not looked at: SQLite converts it if it has not, and the checksum shows whether that is the value which was
/// written.
/// </remarks>
internal sealed class RowReader(sqlite3_stmt statement, ClientLayout layout)
{
    private readonly RowChecksum _checksum = new();
    private int _next;

    /// <summary>The columns.</summary>
    public ClientLayout Layout => layout;

    /// <summary>Begins a row.</summary>
    public void Begin()
    {
        _next = 0;
        _checksum.Begin();
    }

    public long ReadInteger()
    {
        long value = sqlite3_column_int64(statement, _next++);
        _checksum.Add(value);
        return value;
    }

    public string ReadText()
    {
        ReadOnlySpan<byte> value = sqlite3_column_blob(statement, _next++);
        _checksum.Add(value);
        return Encoding.UTF8.GetString(value);
    }

    public byte[] ReadBytes()
    {
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

    public bool? ReadOptionalBoolean() => SkipNull() ? null : ReadBoolean();

    /// <summary>Bytes; none where there is null.</summary>
    public ReadOnlyMemory<byte> ReadOptionalBytes() => SkipNull() ? default : ReadBytes();

    /// <summary>Compares the checksum.</summary>
    /// <returns>The checksum.</returns>
    public long Complete()
    {
        long checksum = sqlite3_column_int64(statement, layout.Columns.Count - 1);
        return checksum == _checksum.Complete() ? checksum : throw Damaged();
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

    private static DamageException Damaged() => new("a client's values are not those that were saved");
}
