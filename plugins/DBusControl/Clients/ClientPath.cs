using System.Buffers;
using System.Globalization;
using System.Text;

namespace Mandos.DBusControl.Clients;

/// <summary>The object path that belongs to a client's name. Checkers can name it too, so CheckerFping is compiled with this file.</summary>
/// <remarks>
/// A path may have letters, digits and underscores alone (D-Bus Specification, "Valid Object Paths"). As programs for Mandos
/// expect it, <c>.</c> and <c>-</c> become <c>_</c>; any other byte becomes <c>_</c> and two hexadecimal digits.
/// </remarks>
internal static class ClientPath
{
    /// <summary>Beginning of each client's path.</summary>
    public const string Prefix = "/clients/";

    private static readonly SearchValues<char> _allowed
        = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>The path of a name; other names may have the same.</summary>
    /// <param name="name">The client's name.</param>
    public static string Of(string name) => Prefix + (name.Length == 0 ? "_" : Escape(name));

    private static string Escape(string name)
    {
        if (!name.AsSpan().ContainsAnyExcept(_allowed))
        {
            return name;
        }

        var text = new StringBuilder(name.Length + 8);
        foreach (byte b in Encoding.UTF8.GetBytes(name))
        {
            char c = (char)b;
            if (_allowed.Contains(c))
            {
                text.Append(c);
            }
            else if (c is '.' or '-')
            {
                text.Append('_');
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"_{b:x2}");
            }
        }

        return text.ToString();
    }
}
