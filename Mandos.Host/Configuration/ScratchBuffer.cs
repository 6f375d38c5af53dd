using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Mandos.Host.Configuration;

/// <summary>A growing buffer for text that may be secret: pinned, so it leaves no copies behind, and zeroed at the end.</summary>
internal sealed class ScratchBuffer : IDisposable
{
    /// <summary>Least number of bytes that <see cref="AppendAll"/> asks for; reserve as many more than expected.</summary>
    public const int MinRead = 4096;

    // An array on the heap for pinned objects would hold the memory of a large file for ever: that heap keeps its holes.
    private PinnedGCHandle<byte[]> _pin;
    private byte[] _bytes = [];
    private int _used;

    /// <summary>Bytes in use.</summary>
    public int Length => _used;

    /// <summary>The bytes in use, until the next change.</summary>
    public Span<byte> Written => _bytes.AsSpan(0, _used);

    /// <summary>Empties the buffer; the bytes are overwritten by the next use or by <see cref="Dispose"/>.</summary>
    public void Clear() => _used = 0;

    /// <summary>Adds bytes at the end.</summary>
    /// <param name="bytes">The bytes.</param>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(Room(bytes.Length));
        _used += bytes.Length;
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <param name="stream">The stream.</param>
    /// <param name="limit">Stops after this many bytes in the buffer.</param>
    /// <returns>False if there was more.</returns>
    public bool AppendAll(Stream stream, int limit)
    {
        for (; ; )
        {
            // One byte more than allowed shows that there is more
            int wanted = Math.Min(Math.Max(_bytes.Length - _used, MinRead), limit + 1 - _used);
            int read = stream.Read(Room(wanted)[..wanted]);
            if (read == 0)
            {
                return true;
            }

            _used += read;
            if (_used > limit)
            {
                return false;
            }
        }
    }

    /// <summary>Makes room for more bytes.</summary>
    /// <param name="count">How many.</param>
    /// <returns>At least that many bytes behind those in use.</returns>
    public Span<byte> Room(int count)
    {
        if (_bytes.Length - _used < count)
        {
            long doubled = Math.Clamp(2L * _bytes.Length, 256, Array.MaxLength);
            int length = checked((int)Math.Max(doubled, _used + (long)count));
            byte[] larger = GC.AllocateUninitializedArray<byte>(length);
            var pin = new PinnedGCHandle<byte[]>(larger);
            Written.CopyTo(larger);
            Release();
            (_bytes, _pin) = (larger, pin);
        }

        return _bytes.AsSpan(_used);
    }

    /// <summary>Zeroes everything that the buffer ever held.</summary>
    public void Dispose()
    {
        Release();
        _bytes = [];
        _used = 0;
    }

    private void Release()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        _pin.Dispose();
    }
}
