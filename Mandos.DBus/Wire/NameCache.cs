using System.Text;

namespace Mandos.DBus.Wire;

/// <summary>
/// Names of headers that were read lately: messages mostly bear the same few, so neither checking nor a new string is needed.
/// For one thread; of a fixed size, whoever sends what.
/// </summary>
internal sealed class NameCache
{
    private const int Size = 256;

    private readonly string?[] _names = new string?[Size];
    private readonly HeaderField[] _fields = new HeaderField[Size];

    /// <summary>A name as a string.</summary>
    /// <exception cref="DBusReadException">The field must not have such a name.</exception>
    public string Get(HeaderField field, ReadOnlySpan<byte> name)
    {
        int slot = Slot(field, name);
        if (_names[slot] is { } known && _fields[slot] == field && Ascii.Equals(name, known))
        {
            return known;
        }
        bool isValid = field switch
        {
            HeaderField.Path => Names.IsPath(name),
            HeaderField.Interface or HeaderField.ErrorName => Names.IsInterface(name),
            HeaderField.Member => Names.IsMember(name),
            HeaderField.Signature => true,
            _ => Names.IsBusName(name),
        };
        if (!isValid)
        {
            throw new DBusReadException($"a header's {field} is not a valid one");
        }
        string text = Encoding.ASCII.GetString(name);
        if (name.Length <= byte.MaxValue)
        {
            _names[slot] = text;
            _fields[slot] = field;
        }
        return text;
    }

    /// <summary>The last bytes differ most.</summary>
    private static int Slot(HeaderField field, ReadOnlySpan<byte> name)
    {
        uint hash = ((uint)field * 31) + (uint)name.Length;
        foreach (byte b in name[Math.Max(0, name.Length - 8)..])
        {
            hash = (hash * 31) + b;
        }
        return (int)((hash ^ (hash >> 8)) % Size);
    }
}
