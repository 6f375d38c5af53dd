using Mandos.DBus.Wire;

namespace Mandos.DBus;

public readonly ref partial struct MessageWriter
{
    /// <summary>A variant that holds a value of type <c>y</c>.</summary>
    public void WriteVariantByte(byte value)
    {
        BeginVariant((byte)'y');
        _buffer.AppendByte(value);
    }

    /// <summary>A variant that holds a value of type <c>b</c>.</summary>
    public void WriteVariantBool(bool value)
    {
        BeginVariant((byte)'b');
        _buffer.AppendUInt32(value ? 1u : 0);
    }

    /// <summary>A variant that holds a value of type <c>n</c>.</summary>
    public void WriteVariantInt16(short value)
    {
        BeginVariant((byte)'n');
        _buffer.AppendUInt16((ushort)value);
    }

    /// <summary>A variant that holds a value of type <c>q</c>.</summary>
    public void WriteVariantUInt16(ushort value)
    {
        BeginVariant((byte)'q');
        _buffer.AppendUInt16(value);
    }

    /// <summary>A variant that holds a value of type <c>i</c>.</summary>
    public void WriteVariantInt32(int value)
    {
        BeginVariant((byte)'i');
        _buffer.AppendUInt32((uint)value);
    }

    /// <summary>A variant that holds a value of type <c>u</c>.</summary>
    public void WriteVariantUInt32(uint value)
    {
        BeginVariant((byte)'u');
        _buffer.AppendUInt32(value);
    }

    /// <summary>A variant that holds a value of type <c>x</c>.</summary>
    public void WriteVariantInt64(long value)
    {
        BeginVariant((byte)'x');
        _buffer.AppendUInt64((ulong)value);
    }

    /// <summary>A variant that holds a value of type <c>t</c>.</summary>
    public void WriteVariantUInt64(ulong value)
    {
        BeginVariant((byte)'t');
        _buffer.AppendUInt64(value);
    }

    /// <summary>A variant that holds a value of type <c>d</c>.</summary>
    public void WriteVariantDouble(double value)
    {
        BeginVariant((byte)'d');
        _buffer.AppendUInt64(BitConverter.DoubleToUInt64Bits(value));
    }

    /// <summary>A variant that holds a value of type <c>s</c>.</summary>
    public void WriteVariantString(string value)
    {
        BeginVariant((byte)'s');
        _buffer.AppendString(value);
    }

    /// <summary>A variant that holds a value of type <c>s</c> that is UTF-8 already.</summary>
    public void WriteVariantString(ReadOnlySpan<byte> utf8)
    {
        BeginVariant((byte)'s');
        _buffer.AppendString(utf8);
    }

    /// <summary>A variant that holds a value of type <c>o</c>.</summary>
    public void WriteVariantObjectPath(string value)
    {
        BeginVariant((byte)'o');
        AppendPath(value);
    }

    /// <summary>A variant that holds a value of type <c>g</c>.</summary>
    public void WriteVariantSignature(string value)
    {
        BeginVariant((byte)'g');
        _buffer.AppendSignature(value);
    }

    /// <summary>A variant that holds a value of any type.</summary>
    public void WriteVariant(VariantValue value)
    {
        int depth = _buffer.Depth();
        _buffer.Expect((byte)'v');
        AppendVariant(value, depth + 1);
    }

    private static void CheckDepth(int depth)
    {
        if (depth > Signatures.MaxDepth)
        {
            throw new DBusWriteException("values are nested more than 64 deep");
        }
    }

    /// <summary>The signature of a variant that holds a basic type.</summary>
    private void BeginVariant(byte type)
    {
        _buffer.Expect((byte)'v');
        Span<byte> signature = _buffer.Append(3);
        signature[0] = 1;
        signature[1] = type;
        signature[2] = 0;
    }

    private void AppendVariant(VariantValue value, int depth)
    {
        CheckDepth(depth);
        if (value.Type == DBusType.Invalid)
        {
            throw new DBusWriteException("a variant holds no value");
        }
        _buffer.AppendSignature(value.Signature);
        AppendValue(value, depth);
    }

    private void AppendValue(VariantValue value, int depth)
    {
        switch (value.Type)
        {
            case DBusType.Byte:
                _buffer.AppendByte(value.GetByte());
                break;
            case DBusType.Int16:
            case DBusType.UInt16:
                _buffer.AppendUInt16((ushort)value.GetBits());
                break;
            case DBusType.Bool:
            case DBusType.Int32:
            case DBusType.UInt32:
                _buffer.AppendUInt32((uint)value.GetBits());
                break;
            case DBusType.Int64:
            case DBusType.UInt64:
            case DBusType.Double:
                _buffer.AppendUInt64((ulong)value.GetBits());
                break;
            case DBusType.String:
                _buffer.AppendString(value.GetString());
                break;
            case DBusType.ObjectPath:
                AppendPath(value.GetObjectPath());
                break;
            case DBusType.Signature:
                _buffer.AppendSignature(value.GetSignature());
                break;
            case DBusType.Variant:
                AppendVariant(value.GetVariantValue(), depth + 1);
                break;
            case DBusType.Array:
                CheckDepth(depth + 1);
                AppendArray(value, depth + 1);
                break;
            case DBusType.Struct:
                CheckDepth(depth + 1);
                _buffer.Align(8);
                foreach (VariantValue field in value.Items)
                {
                    AppendValue(field, depth + 1);
                }
                break;
            default:
                throw new DBusWriteException("file descriptors are never passed");
        }
    }

    private void AppendArray(VariantValue value, int depth)
    {
        byte elementType = (byte)value.Signature[1];
        _buffer.AppendUInt32(0);
        int lengthPosition = _buffer.Length - sizeof(uint);
        _buffer.Align(Signatures.Alignment(elementType));
        ArrayStart start = new(lengthPosition, _buffer.Length, -1, -1);
        if (elementType == 'y')
        {
            AppendByteElements(value.GetArrayOfByte());
        }
        else if (value.IsDictionary)
        {
            CheckDepth(depth + 1);
            ReadOnlySpan<VariantValue> items = value.Items;
            for (int i = 0; i < items.Length; i++)
            {
                if (i % 2 == 0)
                {
                    _buffer.Align(8);
                }
                AppendValue(items[i], depth + 1);
            }
        }
        else
        {
            foreach (VariantValue item in value.Items)
            {
                AppendValue(item, depth);
            }
        }
        _buffer.EndArrayAt(start);
    }
}
