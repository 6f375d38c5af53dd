using System.Text;

namespace Mandos.StateSqlite;

/// <summary>
/// Binds the values of a row to an insertion one after another, and as the last of them the checksum over the others.
/// </summary>
/// <param name="insert"><see cref="ClientLayout.Insert"/>.</param>
/// <param name="layout">The columns.</param>
internal sealed class RowWriter(Statement insert, ClientLayout layout)
{
    private readonly RowChecksum _checksum = new();

    /// <summary>How many values are bound.</summary>
    private int _count;

    /// <summary>The columns.</summary>
    public ClientLayout Layout => layout;

    /// <summary>Begins a row, whatever became of the one before.</summary>
    public void Begin()
    {
        _count = 0;
        _checksum.Begin();
    }

    public void WriteNull()
    {
        insert.BindNull(++_count);
        _checksum.AddNull();
    }

    public void Write(long value)
    {
        insert.Bind(++_count, value);
        _checksum.Add(value);
    }

    public void Write(string value)
    {
        ReadOnlySpan<byte> utf8 = Encoding.UTF8.GetBytes(value);
        insert.BindText(++_count, utf8);
        _checksum.Add(utf8);
    }

    public void Write(ReadOnlySpan<byte> value)
    {
        insert.BindBlob(++_count, value);
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
        while (_count < layout.Columns.Count - 1)
        {
            insert.BindNull(++_count);
        }

        long checksum = _checksum.Complete();
        insert.Bind(++_count, checksum);
        return checksum;
    }
}
