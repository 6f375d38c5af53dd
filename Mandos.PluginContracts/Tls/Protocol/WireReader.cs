namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>Reads the presentation language of TLS (RFC 8446 section 3).</summary>
/// <param name="rest">The bytes to read.</param>
internal ref struct WireReader(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public int Byte() => Number(1);

    public int UInt16() => Number(2);

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count > _rest.Length)
        {
            throw new TlsPeerException("a message of the other side is shorter than it says");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }

    /// <summary>The content of a vector, whose length stands before it, in this number of bytes.</summary>
    public ReadOnlySpan<byte> Vector(int lengthSize) => Bytes(Number(lengthSize));

    private int Number(int size)
    {
        int value = 0;
        foreach (byte part in Bytes(size))
        {
            value = (value << 8) | part;
        }

        return value;
    }
}
