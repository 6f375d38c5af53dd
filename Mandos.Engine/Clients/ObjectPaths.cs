using System.Buffers;
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Clients;

/// <summary>Gives every client a D-Bus object path of its own, for as long as it lives. Used on the engine loop alone.</summary>
/// <remarks>
/// A path may have letters, digits and underscores alone (D-Bus Specification, "Valid Object Paths"). As programs for Mandos
/// expect it, <c>.</c> and <c>-</c> become <c>_</c>; any other byte becomes <c>_</c> and two hexadecimal digits.
/// </remarks>
internal sealed partial class ObjectPaths(ILogger logger)
{
    private const string Prefix = "/clients/";

    private static readonly SearchValues<char> _allowed
        = SearchValues.Create("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz");

    /// <summary>The paths in use, and the name of the client that has each.</summary>
    private readonly Dictionary<string, string> _owners = new(StringComparer.Ordinal);

    private readonly ILogger _logger = logger;

    /// <summary>Finds a path that no other client has.</summary>
    /// <param name="name">The client's name, not empty.</param>
    public string Assign(string name)
    {
        string wanted = Prefix + Escape(name);
        if (_owners.TryAdd(wanted, name))
        {
            return wanted;
        }

        string path;
        int number = 2;
        do
        {
            path = string.Create(CultureInfo.InvariantCulture, $"{wanted}_{number++}");
        }
        while (!_owners.TryAdd(path, name));

        LogCollision(name, wanted, _owners[wanted], path);
        return path;
    }

    /// <summary>Lets others have a path.</summary>
    /// <param name="path">A path that <see cref="Assign"/> gave.</param>
    public void Release(string path) => _owners.Remove(path);

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
