using System.Buffers;
using System.Text;

namespace Mandos.DBus.Wire;

/// <summary>Which names are valid (D-Bus specification, "Valid Object Paths" and "Valid Names"); all are ASCII.</summary>
internal static class Names
{
    private const int MaxLength = 255;

    private static readonly SearchValues<byte> _word = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8);

    private static readonly SearchValues<byte> _wordAndHyphen = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);

    public static bool IsPath(ReadOnlySpan<byte> path)
    {
        if (path.Length == 0 || path[0] != '/')
        {
            return false;
        }
        if (path.Length == 1)
        {
            return true;
        }
        path = path[1..];
        while (true)
        {
            int slash = path.IndexOf((byte)'/');
            ReadOnlySpan<byte> element = slash < 0 ? path : path[..slash];
            if (element.Length == 0 || element.ContainsAnyExcept(_word))
            {
                return false;
            }
            if (slash < 0)
            {
                return true;
            }
            path = path[(slash + 1)..];
        }
    }

    public static bool IsPath(string path) => IsPath(Encoding.UTF8.GetBytes(path));

    /// <summary>Also for the names of errors.</summary>
    public static bool IsInterface(ReadOnlySpan<byte> name)
        => name.Length <= MaxLength && AreElements(name, _word, digitFirst: false);

    public static bool IsMember(ReadOnlySpan<byte> name)
        => name.Length is > 0 and <= MaxLength && !char.IsAsciiDigit((char)name[0]) && !name.ContainsAnyExcept(_word);

    public static bool IsBusName(ReadOnlySpan<byte> name)
        => name.Length is > 0 and <= MaxLength
            && (name[0] == ':'
                ? AreElements(name[1..], _wordAndHyphen, digitFirst: true)
                : AreElements(name, _wordAndHyphen, digitFirst: false));

    /// <summary>Two or more elements with dots between.</summary>
    private static bool AreElements(ReadOnlySpan<byte> name, SearchValues<byte> allowed, bool digitFirst)
    {
        int count = 0;
        while (true)
        {
            int dot = name.IndexOf((byte)'.');
            ReadOnlySpan<byte> element = dot < 0 ? name : name[..dot];
            if (element.Length == 0
                || (!digitFirst && char.IsAsciiDigit((char)element[0]))
                || element.ContainsAnyExcept(allowed))
            {
                return false;
            }
            count++;
            if (dot < 0)
            {
                return count > 1;
            }
            name = name[(dot + 1)..];
        }
    }
}
