namespace Mandos.CheckerFping.Pings;

/// <summary>Takes a line, without its end.</summary>
internal delegate void LineAction(ReadOnlySpan<char> line);

/// <summary>Makes lines of what a program writes.</summary>
/// <param name="action">Gets each line that has ended; not those that are too long.</param>
internal sealed class LineReader(LineAction action)
{
    private readonly char[] _line = new char[PingLimits.Line];
    private int _length;

    /// <summary>Bytes read.</summary>
    public int Count { get; private set; }

    /// <summary>Takes the next bytes. One that is not ASCII becomes a character that no host has.</summary>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        Count += bytes.Length;
        foreach (byte b in bytes)
        {
            if (b != '\n')
            {
                // Counted on, so that the end of a line that is too long does not pass for a line.
                if (_length < _line.Length)
                {
                    _line[_length] = (char)b;
                }

                _length++;
                continue;
            }

            if (_length <= _line.Length)
            {
                action(_line.AsSpan(0, _length));
            }

            _length = 0;
        }
    }
}
