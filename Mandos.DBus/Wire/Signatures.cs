namespace Mandos.DBus.Wire;

/// <summary>Signatures: sequences of single complete types (D-Bus specification, "Type system").</summary>
internal static class Signatures
{
    public const int MaxLength = 255;

    /// <summary>How deep values may lie in arrays, structures, entries and variants, all counted together.</summary>
    public const int MaxDepth = 64;

    private const int MaxArrayDepth = 32;
    private const int MaxStructDepth = 32;

    /// <summary>Whether it is a sequence of complete types, or empty.</summary>
    public static bool IsValid(ReadOnlySpan<byte> signature)
    {
        if (signature.Length > MaxLength)
        {
            return false;
        }
        int position = 0;
        while (position < signature.Length)
        {
            if (!TryType(signature, ref position, 0, 0))
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Whether it is one complete type.</summary>
    public static bool IsSingle(ReadOnlySpan<byte> signature)
    {
        int position = 0;
        return signature.Length is > 0 and <= MaxLength
            && TryType(signature, ref position, 0, 0)
            && position == signature.Length;
    }

    /// <summary>Where the complete type ends that begins at a position of a valid signature.</summary>
    public static int End(ReadOnlySpan<byte> signature, int position)
    {
        while (signature[position] == 'a')
        {
            position++;
        }
        int open = 0;
        do
        {
            open += signature[position++] switch { (byte)'(' or (byte)'{' => 1, (byte)')' or (byte)'}' => -1, _ => 0 };
        }
        while (open > 0);
        return position;
    }

    /// <summary>In how many arrays, structures and entries the type at a position of a valid signature lies.</summary>
    public static int DepthAt(ReadOnlySpan<byte> signature, int position)
    {
        int depth = 0;
        int current = 0;
        while (current < position)
        {
            int end = signature[current] is (byte)')' or (byte)'}' ? current + 1 : End(signature, current);
            if (position < end)
            {
                depth++;
                current++;
            }
            else
            {
                current = end;
            }
        }
        return depth;
    }

    public static bool IsBasic(byte type) => "ybnqiuxtdsogh"u8.Contains(type);

    /// <summary>To what multiple of bytes values of a type are aligned.</summary>
    public static int Alignment(byte type) => type switch
    {
        (byte)'y' or (byte)'g' or (byte)'v' => 1,
        (byte)'n' or (byte)'q' => 2,
        (byte)'x' or (byte)'t' or (byte)'d' or (byte)'(' or (byte)'{' => 8,
        _ => 4,
    };

    /// <summary>How many bytes each value of a type has; 0 if that differs from value to value.</summary>
    public static int FixedSize(byte type) => type switch
    {
        (byte)'y' => 1,
        (byte)'n' or (byte)'q' => 2,
        (byte)'b' or (byte)'i' or (byte)'u' or (byte)'h' => 4,
        (byte)'x' or (byte)'t' or (byte)'d' => 8,
        _ => 0,
    };

    /// <summary>Puts a signature into the form that this class wants, if it is valid.</summary>
    /// <param name="signature">The signature.</param>
    /// <param name="buffer">Room for <see cref="MaxLength"/> bytes.</param>
    /// <param name="bytes">The signature's bytes, in that room.</param>
    public static bool TryGetBytes(string signature, Span<byte> buffer, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (signature.Length > MaxLength)
        {
            return false;
        }
        for (int i = 0; i < signature.Length; i++)
        {
            buffer[i] = signature[i] < 0x80 ? (byte)signature[i] : (byte)0;
        }
        bytes = buffer[..signature.Length];
        return IsValid(bytes);
    }

    private static bool TryType(ReadOnlySpan<byte> signature, ref int position, int arrays, int structs)
    {
        if (position == signature.Length)
        {
            return false;
        }
        byte type = signature[position++];
        switch (type)
        {
            case (byte)'a':
                if (++arrays > MaxArrayDepth)
                {
                    return false;
                }
                return position < signature.Length && signature[position] == '{'
                    ? TryDictionary(signature, ref position, arrays, structs)
                    : TryType(signature, ref position, arrays, structs);
            case (byte)'(':
                if (++structs > MaxStructDepth)
                {
                    return false;
                }
                do
                {
                    if (!TryType(signature, ref position, arrays, structs))
                    {
                        return false;
                    }
                }
                while (position < signature.Length && signature[position] != ')');
                return position++ < signature.Length;
            default:
                return type == 'v' || IsBasic(type);
        }
    }

    private static bool TryDictionary(ReadOnlySpan<byte> signature, ref int position, int arrays, int structs)
    {
        position++;
        return position < signature.Length
            && IsBasic(signature[position++])
            && TryType(signature, ref position, arrays, structs)
            && position < signature.Length
            && signature[position++] == '}';
    }
}
