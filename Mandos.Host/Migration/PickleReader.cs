using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace Mandos.Host.Migration;

/// <summary>
/// Reads pickles of protocol 2 as Debian's server writes them with Python 3, and wrote them with Python 2. Python's pickles are programs;
/// this one knows the values that occur, makes them itself, and executes nothing.
/// </summary>
/// <remarks>
/// Values are null, <see cref="bool"/>, <see cref="long"/>, <see cref="string"/>, <see cref="byte"/>[] (which is a text of Python 2 too),
/// <see cref="DateTimeOffset"/>, <see cref="TimeSpan"/>, <see cref="List{T}"/>, object[] for a tuple, and <see cref="Dictionary{TKey,TValue}"/>
/// by text. The opcodes are those of Python's module pickletools.
/// </remarks>
internal ref struct PickleReader
{
    /// <summary>What an opcode may take of it, apart from texts: a dictionary is the largest.</summary>
    private const int OpcodeMemory = 64;

    /// <summary>The longest integer in bytes: what a <see cref="long"/> holds.</summary>
    private const int LongestInteger = sizeof(long);

    private static readonly UTF8Encoding _utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ReadOnlySpan<byte> _data;
    private readonly List<object?> _stack = [];
    private readonly Stack<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private int _position;
    private long _memory;

    private PickleReader(ReadOnlySpan<byte> data) => _data = data;

    /// <summary>Reads a pickle.</summary>
    /// <param name="data">The file.</param>
    /// <exception cref="PickleException">It is none, it is damaged, or it has something in it that does not occur.</exception>
    public static object? Read(ReadOnlySpan<byte> data)
    {
        var reader = new PickleReader(data);
        int start = 0;
        try
        {
            if (data is not [0x80, 2, ..])
            {
                throw new PickleException("it does not begin as a pickle of protocol 2 does");
            }

            reader._position = 2;
            while (true)
            {
                start = reader._position;
                byte opcode = reader.ReadByte();
                if (opcode == '.')
                {
                    return reader.Finish();
                }

                reader.Execute(opcode);
            }
        }
        catch (PickleException e)
        {
            throw new PickleException($"at byte {start}: {e.Message}");
        }
    }

    /// <summary>The text that a value is; a text of Python 2 may be bytes.</summary>
    /// <returns>Null if it is none.</returns>
    public static string? ToText(object? value)
    {
        try
        {
            return value switch
            {
                string text => text,
                byte[] bytes => _utf8.GetString(bytes),
                _ => null,
            };
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private void Execute(byte opcode)
    {
        Spend(OpcodeMemory);
        switch ((char)opcode)
        {
            case 'N':
                Push(null);
                break;
            case '\x88':
                Push(true);
                break;
            case '\x89':
                Push(false);
                break;
            case 'K':
                Push((long)ReadByte());
                break;
            case 'M':
                Push((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2)));
                break;
            case 'J':
                Push((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4)));
                break;
            case '\x8a':
                Push(ReadInteger(ReadByte()));
                break;
            case 'X':
                Push(ReadText(ReadLength()));
                break;
            case 'U':
                Push(Take(ReadByte()).ToArray());
                break;
            case 'T':
                Push(Take(ReadLength()).ToArray());
                break;
            case 'q':
                _memo[ReadByte()] = Top();
                break;
            case 'r':
                _memo[ReadIndex()] = Top();
                break;
            case 'h':
                Recall(ReadByte());
                break;
            case 'j':
                Recall(ReadIndex());
                break;
            case '(':
                _marks.Push(_stack.Count);
                break;
            case ')':
                Push(Array.Empty<object?>());
                break;
            case '\x85':
                Push(PopMany(1));
                break;
            case '\x86':
                Push(PopMany(2));
                break;
            case '\x87':
                Push(PopMany(3));
                break;
            case 't':
                Push(PopToMark());
                break;
            case ']':
                Push(new List<object?>());
                break;
            case 'a':
                Append(PopMany(1));
                break;
            case 'e':
                Append(PopToMark());
                break;
            case '}':
                Push(new Dictionary<string, object?>(StringComparer.Ordinal));
                break;
            case 's':
                SetItems(PopMany(2));
                break;
            case 'u':
                SetItems(PopToMark());
                break;
            case 'c':
                Push(ReadCallable());
                break;
            case 'R':
                Call(PopMany(2), isNew: false);
                break;
            case '\x81':
                Call(PopMany(2), isNew: true);
                break;
            default:
                throw new PickleException($"opcode 0x{opcode:x2} does not occur in the state of Debian's server");
        }
    }

    private readonly object? Finish()
    {
        return _stack.Count == 1 && _marks.Count == 0 && _position == _data.Length
            ? _stack[0]
            : throw new PickleException("it ends in the midst of something, or something follows it");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _data.Length - _position)
        {
            throw new PickleException("it is cut short");
        }

        ReadOnlySpan<byte> taken = _data.Slice(_position, count);
        _position += count;
        return taken;
    }

    private byte ReadByte() => Take(1)[0];

    private uint ReadIndex() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    private int ReadLength() => ReadIndex() is <= int.MaxValue and var length ? (int)length : throw new PickleException("it is cut short");

    private long ReadInteger(int length)
        => length <= LongestInteger
            ? (long)new BigInteger(Take(length))
            : throw new PickleException("an integer is larger than any that occurs");

    private string ReadText(int length)
    {
        try
        {
            return _utf8.GetString(Take(length));
        }
        catch (DecoderFallbackException)
        {
            throw new PickleException("a text is not UTF-8");
        }
    }

    private PickleCallable ReadCallable()
    {
        ReadOnlySpan<byte> module = ReadLine();
        ReadOnlySpan<byte> name = ReadLine();
        return
            module.SequenceEqual("_codecs"u8) && name.SequenceEqual("encode"u8) ? PickleCallable.Encode
            : module.SequenceEqual("__builtin__"u8) && name.SequenceEqual("bytes"u8) ? PickleCallable.Bytes
            : module.SequenceEqual("datetime"u8) && name.SequenceEqual("datetime"u8) ? PickleCallable.DateTime
            : module.SequenceEqual("datetime"u8) && name.SequenceEqual("timedelta"u8) ? PickleCallable.TimeDelta
            : module.SequenceEqual("dbus"u8) && name.SequenceEqual("Boolean"u8) ? PickleCallable.DBusBoolean
            : module.SequenceEqual("dbus"u8) && name.SequenceEqual("String"u8) ? PickleCallable.DBusText
            : module.SequenceEqual("dbus"u8) && name.SequenceEqual("UTF8String"u8) ? PickleCallable.DBusText
            : throw new PickleException("it names a class or function that does not occur in the state of Debian's server; nothing was executed");
    }

    private ReadOnlySpan<byte> ReadLine()
    {
        int length = _data[_position..].IndexOf((byte)'\n');
        return length < 0 ? throw new PickleException("it is cut short") : Take(length + 1)[..length];
    }

    /// <summary>Counts what is made. A text in the file counts only where a few bytes of it may have it copied or compared again.</summary>
    private void Spend(int memory)
    {
        _memory += memory;
        if (_memory > ImportLimits.Memory)
        {
            throw new PickleException($"it would take more than {ImportLimits.Memory >> 20} MiB of memory");
        }
    }

    private readonly void Push(object? value) => _stack.Add(value);

    private readonly void Recall(uint index) => Push(
        _memo.TryGetValue(index, out object? value) ? value : throw new PickleException("it refers to something that is not there"));

    private readonly int Bottom => _marks.TryPeek(out int mark) ? mark : 0;

    private readonly object? Top() => _stack.Count > Bottom ? _stack[^1] : throw Underflow();

    private readonly object?[] PopMany(int count)
    {
        if (_stack.Count - Bottom < count)
        {
            throw Underflow();
        }

        object?[] values = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return values;
    }

    private readonly object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw Underflow();
        }

        object?[] values = PopMany(_stack.Count - _marks.Peek());
        _marks.Pop();
        return values;
    }

    private readonly void Append(object?[] values)
    {
        if (Top() is not List<object?> list)
        {
            throw new PickleException("it appends to something that is no list");
        }

        list.AddRange(values);
    }

    private void SetItems(object?[] items)
    {
        if (Top() is not Dictionary<string, object?> dictionary || items.Length % 2 != 0)
        {
            throw new PickleException("it sets items of something that is no dictionary");
        }

        for (int i = 0; i < items.Length; i += 2)
        {
            Spend(items[i] switch { string text => text.Length, byte[] bytes => bytes.Length, _ => 0 });
            string key = ToText(items[i]) ?? throw new PickleException("a key is no text");
            if (!dictionary.TryAdd(key, items[i + 1]))
            {
                throw new PickleException("a key is there twice");
            }
        }
    }

    /// <param name="call">What is called, and a tuple of its arguments.</param>
    /// <param name="isNew">Whether an object of a class of its own is made, rather than a function called.</param>
    private void Call(object?[] call, bool isNew)
    {
        Push((call, isNew) switch
        {
            ([PickleCallable.Encode, object?[] and [string text, _] arguments], false)
                when ToText(arguments[1]) is "latin1" or "latin-1" => ToLatin1(text),
            ([PickleCallable.Bytes, object?[] and []], false) => Array.Empty<byte>(),
            ([PickleCallable.DateTime, object?[] and [byte[] state]], false) => ToDateTime(state),
            ([PickleCallable.TimeDelta, object?[] and [long days, long seconds, long microseconds]], false)
                => ToTimeSpan(days, seconds, microseconds),
            ([PickleCallable.DBusBoolean, object?[] and [long value]], true) => value != 0,
            ([PickleCallable.DBusText, object?[] and [string or byte[]] arguments], true) => arguments[0],
            _ => throw new PickleException("a value is made in a way that does not occur; nothing was executed"),
        });
    }

    private byte[] ToLatin1(string text)
    {
        Spend(text.Length);
        if (text.AsSpan().ContainsAnyExceptInRange('\0', '\u00ff'))
        {
            throw new PickleException("bytes are none");
        }

        return Encoding.Latin1.GetBytes(text);
    }

    /// <summary>Python's own form: year, month, day, hour, minute, second, microseconds, in ten bytes.</summary>
    private static DateTimeOffset ToDateTime(byte[] state)
    {
        if (state is not [var yearHigh, var yearLow, var month, var day, var hour, var minute, var second, var high, var middle, var low])
        {
            throw new PickleException("a time has not its ten bytes");
        }

        try
        {
            int microseconds = (high << 16) | (middle << 8) | low;
            return new DateTimeOffset(
                (yearHigh << 8) | yearLow, month, day, hour, minute, second, microseconds / 1000, microseconds % 1000, TimeSpan.Zero);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new PickleException("a time does not exist");
        }
    }

    /// <summary>Python's durations can be a hundred times as long as the longest here, which stands for all that are longer.</summary>
    private static TimeSpan ToTimeSpan(long days, long seconds, long microseconds)
    {
        Int128 ticks = ((Int128)days * TimeSpan.TicksPerDay) + ((Int128)seconds * TimeSpan.TicksPerSecond)
            + ((Int128)microseconds * TimeSpan.TicksPerMicrosecond);
        return new TimeSpan((long)Int128.Clamp(ticks, long.MinValue, long.MaxValue));
    }

    private static PickleException Underflow() => new("it takes more than there is");
}
