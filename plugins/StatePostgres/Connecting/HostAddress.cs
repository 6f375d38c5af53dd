using System.Globalization;

namespace Mandos.StatePostgres.Connecting;

/// <summary>Where a PostgreSQL is.</summary>
/// <param name="Name">A host name or address, or the absolute path of the directory that has the socket.</param>
/// <param name="Port">The port; of a socket it is part of the name.</param>
internal sealed record HostAddress(string Name, int Port)
{
    /// <summary>PostgreSQL's own port.</summary>
    public const int DefaultPort = 5432;

    /// <summary>Whether it is a socket on this machine.</summary>
    public bool IsSocket => Name.StartsWith('/');

    /// <summary>Says why the socket cannot be used; null if it may be, or it is none.</summary>
    /// <remarks>Whoever may put a socket there is believed to be the database: a folder that everybody can write to would make anybody that.</remarks>
    public string? FindSocketFault()
    {
        if (!IsSocket)
        {
            return null;
        }

        string path = Path.Join(Name, string.Create(CultureInfo.InvariantCulture, $".s.PGSQL.{Port}"));
        return !Path.Exists(path) ? $"there is no socket {path}: PostgreSQL does not run there, or hosts has to name another folder"
            : File.GetUnixFileMode(Name).HasFlag(UnixFileMode.OtherWrite) ? $"everybody may put a socket into {Name}; use a folder that is PostgreSQL's alone"
            : null;
    }

    /// <summary>Reads one such as <c>db.example.org</c>, <c>db:5433</c>, <c>[2001:db8::1]:5433</c> or <c>/run/postgresql</c>.</summary>
    /// <returns>Null if it is none.</returns>
    public static HostAddress? Parse(string text)
    {
        string name = text;
        int port = DefaultPort;
        int colon = text.LastIndexOf(':');
        if (text.StartsWith('['))
        {
            int end = text.IndexOf(']', StringComparison.Ordinal);
            if (end < 0 || (end + 1 < text.Length && colon != end + 1))
            {
                return null;
            }

            name = text[1..end];
            colon = end + 1 < text.Length ? colon : -1;
        }
        else if (colon >= 0 && text.IndexOf(':', StringComparison.Ordinal) == colon)
        {
            name = text[..colon];
        }
        else
        {
            colon = -1; // none, or an IPv6 address
        }

        return name.Length > 0 && !name.Any(static c => char.IsWhiteSpace(c) || char.IsControl(c) || c == ',')
            && (colon < 0 || (int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536))
            ? new(name, port) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => Port == DefaultPort ? Name
        : string.Create(CultureInfo.InvariantCulture, $"{(Name.Contains(':', StringComparison.Ordinal) ? $"[{Name}]" : Name)}:{Port}");
}
