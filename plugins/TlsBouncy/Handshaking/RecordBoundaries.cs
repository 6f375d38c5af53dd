namespace Mandos.TlsBouncy.Handshaking;

/// <summary>Finds where TLS records end in the bytes from a peer (RFC 8446 section 5.1).</summary>
/// <remarks>
/// BouncyCastle is offered one record at a time: it then works in place, without copying to a queue, and we can stop exactly
/// when the handshake is complete.
/// </remarks>
internal struct RecordBoundaries
{
    private const int HeaderBytes = 5;
    private const int LengthOffset = 3;

    private int _headerSeen;
    private int _lengthHigh;
    private int _bodyLeft;

    /// <summary>How many records have begun.</summary>
    public int Count { get; private set; }

    /// <summary>How many of the next bytes belong to the current record.</summary>
    /// <param name="next">Bytes that follow those of the last call, at least one.</param>
    public int Take(ReadOnlySpan<byte> next)
    {
        int taken = 0;
        while (_headerSeen < HeaderBytes)
        {
            if (taken == next.Length)
            {
                return taken;
            }

            byte value = next[taken++];
            if (_headerSeen == 0)
            {
                Count++;
            }
            else if (_headerSeen == LengthOffset)
            {
                _lengthHigh = value;
            }
            else if (_headerSeen == LengthOffset + 1)
            {
                _bodyLeft = (_lengthHigh << 8) | value;
            }

            _headerSeen++;
        }

        int body = Math.Min(_bodyLeft, next.Length - taken);
        _bodyLeft -= body;
        if (_bodyLeft == 0)
        {
            _headerSeen = 0;
        }

        return taken + body;
    }
}
