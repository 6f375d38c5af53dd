namespace Mandos.DBus;

/// <summary>A type of the wire; the value is its letter in signatures (D-Bus specification, "Type system").</summary>
public enum DBusType : byte
{
    /// <summary>No type: that of an unset <see cref="VariantValue"/>.</summary>
    Invalid = 0,

    /// <summary><c>y</c></summary>
    Byte = (byte)'y',

    /// <summary><c>b</c></summary>
    Bool = (byte)'b',

    /// <summary><c>n</c></summary>
    Int16 = (byte)'n',

    /// <summary><c>q</c></summary>
    UInt16 = (byte)'q',

    /// <summary><c>i</c></summary>
    Int32 = (byte)'i',

    /// <summary><c>u</c></summary>
    UInt32 = (byte)'u',

    /// <summary><c>x</c></summary>
    Int64 = (byte)'x',

    /// <summary><c>t</c></summary>
    UInt64 = (byte)'t',

    /// <summary><c>d</c></summary>
    Double = (byte)'d',

    /// <summary><c>s</c></summary>
    String = (byte)'s',

    /// <summary><c>o</c></summary>
    ObjectPath = (byte)'o',

    /// <summary><c>g</c></summary>
    Signature = (byte)'g',

    /// <summary><c>h</c>: an index of a file descriptor. Descriptors are never passed here; only the index is read.</summary>
    UnixFd = (byte)'h',

    /// <summary><c>a</c></summary>
    Array = (byte)'a',

    /// <summary><c>(…)</c></summary>
    Struct = (byte)'(',

    /// <summary><c>{…}</c>, the element of an array that is a dictionary.</summary>
    DictEntry = (byte)'{',

    /// <summary><c>v</c></summary>
    Variant = (byte)'v',
}
