using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;
using Mandos.DBus.Wire;

namespace Mandos.DBus;

/// <summary>
/// A finished message. Who is given it to send owns it from then on; one that is not sent is disposed of by who has it.
/// </summary>
public sealed class MessageBuffer : IDisposable
{
    /// <summary>Larger memory is not kept for later.</summary>
    private const int MaxPooled = 1 << 20;

    private readonly int _maxSize;
    private byte[] _data;

    /// <summary>Where, in the header, the signature of what is to be written next begins, and where it ends.</summary>
    private int _signature;
    private int _signatureEnd;

    /// <summary>Where, in the header, the type of the innermost array's elements begins and ends; -1 outside of arrays.</summary>
    private int _elementStart = -1;
    private int _elementEnd = -1;

    private int _signatureStart;
    private int _bodyStart;
    private int _owned;

    internal MessageBuffer(int maxSize)
    {
        _maxSize = maxSize;
        _data = ArrayPool<byte>.Shared.Rent(Math.Min(512, maxSize));
    }

    /// <summary>Its size in bytes.</summary>
    public int Length { get; private set; }

    /// <summary>Whether all has been written.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>Whether no reply is wanted.</summary>
    internal bool NoReplyExpected => (_data[2] & (byte)MessageFlags.NoReplyExpected) != 0;

    /// <summary>The destination, kept for calls: replies must come from there.</summary>
    internal string? Destination { get; set; }

    internal ReadOnlySpan<byte> Span => _data.AsSpan(0, Length);

    internal byte[] Data => _data;

    /// <summary>A copy of its bytes, for tests; the serial is 0 unless it has been sent.</summary>
    public byte[] ToArray() => Span.ToArray();

    /// <summary>Erases it and gives its memory back.</summary>
    public void Dispose()
    {
        byte[] data = Interlocked.Exchange(ref _data, []);
        if (data.Length > 0)
        {
            data.AsSpan(0, Length).Clear();
            if (data.Length <= MaxPooled)
            {
                ArrayPool<byte>.Shared.Return(data);
            }
        }
        Finish();
        Length = 0;
    }

    /// <summary>Takes it over, for sending.</summary>
    /// <exception cref="InvalidOperationException">It has been sent before, or disposed of.</exception>
    internal void Take()
    {
        if (Interlocked.Exchange(ref _owned, 1) != 0 || Length == 0)
        {
            throw new InvalidOperationException("The message has been sent or disposed of.");
        }
    }

    internal void SetSerial(uint serial) => WriteUInt32At(MessageHeader.SerialPosition, serial);

    internal void WriteUInt32At(int position, uint value)
        => BinaryPrimitives.WriteUInt32LittleEndian(_data.AsSpan(position), value);

    /// <summary>Nothing can be written any more.</summary>
    internal void Finish()
    {
        IsFinished = true;
        _signature = _signatureEnd = 0;
        _elementStart = _elementEnd = -1;
    }

    /// <summary>Tells where the header has the body's signature.</summary>
    internal void SetSignature(int start, int end) => (_signatureStart, _signature, _signatureEnd) = (start, start, end);

    /// <summary>In how many containers the next value lies.</summary>
    internal int Depth()
        => Signatures.DepthAt(_data.AsSpan(_signatureStart, _signatureEnd - _signatureStart), _signature - _signatureStart);

    /// <summary>Goes on in the signature, which has to say that a value of this type is next.</summary>
    internal void Expect(byte type)
    {
        int position = PassEnds();
        if (position == _elementEnd)
        {
            position = _elementStart;
        }
        if (position >= _signatureEnd || _data[position] != type)
        {
            ThrowUnexpected(type, position);
        }
        _signature = position + 1;
    }

    /// <summary>Begins the elements of an array, whose signature comes next.</summary>
    internal ArrayStart BeginArray(byte elementType)
    {
        if (_data[_signature] != elementType)
        {
            ThrowUnexpected(elementType, _signature);
        }
        int outerStart = _elementStart;
        int outerEnd = _elementEnd;
        _elementStart = _signature;
        _elementEnd = Signatures.End(_data.AsSpan(0, _signatureEnd), _signature);
        Align(4);
        int lengthPosition = Length;
        AppendUInt32(0);
        Align(Signatures.Alignment(elementType));
        return new(lengthPosition, Length, outerStart, outerEnd);
    }

    internal void EndArray(ArrayStart start)
    {
        int position = PassEnds();
        if (_elementEnd < 0 || (position != _elementStart && position != _elementEnd) || start.LengthPosition == 0)
        {
            throw new DBusWriteException("an array ends within an element, or did not begin");
        }
        EndArrayAt(start);
        _signature = _elementEnd;
        _elementStart = start.OuterStart;
        _elementEnd = start.OuterEnd;
    }

    /// <summary>Writes an array's length.</summary>
    internal void EndArrayAt(ArrayStart start)
    {
        int length = Length - start.ContentPosition;
        if (length > Limits.Array)
        {
            throw new DBusMessageTooLargeException("an array would be longer than 64 MiB");
        }
        WriteUInt32At(start.LengthPosition, (uint)length);
    }

    internal void BeginBody() => _bodyStart = Length;

    /// <summary>Ends the body.</summary>
    internal void FinishMessage()
    {
        if (_elementEnd >= 0 || PassEnds() != _signatureEnd || _bodyStart == 0)
        {
            throw new DBusWriteException("the header is not complete, or the body lacks values that its signature announces");
        }
        if (Length > _maxSize)
        {
            ThrowTooLarge();
        }
        WriteUInt32At(MessageHeader.BodyLengthPosition, (uint)(Length - _bodyStart));
        Finish();
    }

    internal void Align(int alignment)
    {
        int padding = -Length & (alignment - 1);
        if (padding > 0)
        {
            Append(padding).Clear();
        }
    }

    internal void AppendByte(byte value) => Append(1)[0] = value;

    internal void AppendUInt16(ushort value)
    {
        Align(2);
        BinaryPrimitives.WriteUInt16LittleEndian(Append(2), value);
    }

    internal void AppendUInt32(uint value)
    {
        Align(4);
        BinaryPrimitives.WriteUInt32LittleEndian(Append(4), value);
    }

    internal void AppendUInt64(ulong value)
    {
        Align(8);
        BinaryPrimitives.WriteUInt64LittleEndian(Append(8), value);
    }

    internal void AppendBytes(ReadOnlySpan<byte> value) => value.CopyTo(Append(value.Length));

    /// <summary>Writes a string.</summary>
    /// <returns>Its bytes.</returns>
    internal ReadOnlySpan<byte> AppendString(ReadOnlySpan<char> value)
    {
        AppendUInt32(0);
        int start = Length;
        long room = ((long)value.Length * 3) + 1;
        if (room > _data.Length - start)
        {
            room = (long)Encoding.UTF8.GetByteCount(value) + 1;
            EnsureRoom(room);
        }
        Span<byte> target = _data.AsSpan(start, (int)room);
        if (Utf8.FromUtf16(value, target, out _, out int written, replaceInvalidSequences: false) != OperationStatus.Done)
        {
            throw new DBusWriteException("a string holds half of a surrogate pair");
        }
        return EndString(start, written);
    }

    /// <summary>Writes a string that is UTF-8 already.</summary>
    internal void AppendString(ReadOnlySpan<byte> utf8)
    {
        if (!Utf8.IsValid(utf8))
        {
            throw new DBusWriteException("a string is not UTF-8");
        }
        AppendUInt32(0);
        int start = Length;
        EnsureRoom(utf8.Length + 1L);
        utf8.CopyTo(_data.AsSpan(start));
        EndString(start, utf8.Length);
    }

    /// <summary>Writes a signature.</summary>
    /// <returns>Where its first letter is.</returns>
    internal int AppendSignature(string value)
    {
        Span<byte> buffer = stackalloc byte[Signatures.MaxLength];
        if (!Signatures.TryGetBytes(value, buffer, out ReadOnlySpan<byte> signature))
        {
            throw new DBusWriteException("a signature is not valid");
        }
        AppendByte((byte)signature.Length);
        int start = Length;
        AppendBytes(signature);
        AppendByte(0);
        return start;
    }

    internal Span<byte> Append(int length)
    {
        if (length > _data.Length - Length)
        {
            EnsureRoom(length);
        }
        Span<byte> span = _data.AsSpan(Length, length);
        Length += length;
        return span;
    }

    private ReadOnlySpan<byte> EndString(int start, int length)
    {
        ReadOnlySpan<byte> bytes = _data.AsSpan(start, length);
        if (bytes.Contains((byte)0))
        {
            throw new DBusWriteException("a string holds a NUL");
        }
        WriteUInt32At(start - sizeof(uint), (uint)length);
        _data[start + length] = 0;
        Length = start + length + 1;
        if (Length > _maxSize)
        {
            ThrowTooLarge();
        }
        return bytes;
    }

    /// <summary>Passes the ends of structures and entries that are complete, in the innermost array.</summary>
    private int PassEnds()
    {
        int position = _signature;
        while (position < _signatureEnd && position != _elementEnd && _data[position] is (byte)')' or (byte)'}')
        {
            position++;
        }
        return position;
    }

    private void EnsureRoom(long length)
    {
        long needed = Length + length;
        if (needed > _maxSize)
        {
            ThrowTooLarge();
        }
        if (needed <= _data.Length)
        {
            return;
        }
        int size = (int)Math.Min(Math.Max(needed, 2L * _data.Length), Math.Max(needed, _maxSize));
        byte[] larger = size <= MaxPooled ? ArrayPool<byte>.Shared.Rent(size) : GC.AllocateUninitializedArray<byte>(size);
        Span.CopyTo(larger);
        byte[] old = _data;
        _data = larger;
        old.AsSpan(0, Length).Clear();
        if (old.Length is > 0 and <= MaxPooled)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }

    [DoesNotReturn]
    private void ThrowTooLarge() => throw new DBusMessageTooLargeException($"the message would be larger than {_maxSize} bytes");

    [DoesNotReturn]
    private void ThrowUnexpected(byte type, int position)
        => throw new DBusWriteException(
            position < _signatureEnd
                ? $"the signature has '{(char)_data[position]}' where a '{(char)type}' is written"
                : $"a '{(char)type}' is written after all values that the signature announces");
}
