using System.Text;

namespace Mandos.Host.Tests.Configuration;

/// <summary>Makes files like real ones, mutated, and files of nothing but odd pieces.</summary>
/// <param name="random">The source of chance.</param>
internal sealed class RandomConfigFile(Random random)
{
    private static readonly string[] _spaces =
    [
        "", "", "", "", "", " ", " ", "  ", "    ", "\t", "\f", "\v", "\x1c", "\x1f", "\u0085", "\u00a0", "\u2003", "\u2028",
        "\u3000", "\u200b", "\ufeff",
    ];
    private static readonly string[] _names =
    [
        "timeout", "interval", "host", "checker", "secret", "key_id", "a", "b", "c", "A", "HOST", "É", "é", "İ", "a b", "[x", "%",
        "a%", "x]",
    ];
    private static readonly string[] _values =
    [
        "", "PT5M", "foo", "x = y", "a: b", "# no comment", "%%", "%", "%(host)s", "%(a)s", "%(b)s%(c)s", "%(A)s", "%(É)s",
        "%(i\u0307)s", "%(nothing)s", "%(a", "%()s", "%(a)", "%(a)d", "%s", "%%(host)s", "%%%(a)s", "fping -q -- %%(host)s",
        "100%", "hQIOA6QdEjBs2L/HEAf/==", "ü€😀", "%(a\u00a0)s", "%( a)s", "[not a section]", "[", "]", "%(c)s%(c)s", "a\0b",
    ];
    private static readonly string[] _headers =
    [
        "[DEFAULT]", "[DEFAULT]", "[default]", "[foo]", "[bar]", "[baz]", "[foo bar]", "[a]b]", "[a] trailing", "[]", "[]]",
        "[[x]]", "[ foo ]", "[foo", "[foo]=x", "[ü]", "[x=y]", "[\u00a0]",
    ];
    private static readonly string[] _ends =
        ["\n", "\n", "\n", "\n", "\n", "\n", "\r\n", "\r", "\n\n", "\f\n", "\x1c\n", "\u0085", "\u2028", ""];

    /// <summary>The next file.</summary>
    public byte[] Next()
    {
        string text = random.Next(3) switch { 0 => Realistic(), 1 => Mutate(Realistic()), _ => Odd() };
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > 0 && random.Next(200) == 0)
        {
            bytes[random.Next(bytes.Length)] = (byte)random.Next(128, 256);
        }

        return bytes;
    }

    private string Realistic()
    {
        StringBuilder text = new();
        if (random.Next(2) == 0)
        {
            text.Append("# Defaults\n[DEFAULT]\ntimeout = PT5M\n;interval = PT2M\nchecker = fping -q -- %%(host)s\n");
            text.Append("host: %(name)s.example\n\n");
        }

        int clients = random.Next(4);
        for (int i = 0; i < clients; i++)
        {
            text.Append($"# Client\n[client{i}]\nname = c{i}\nkey_id = 788cd771\nsecret =\n");
            for (int line = random.Next(4); line >= 0; line--)
            {
                text.Append("        hQIOA6QdEjBs2L/HEAf/TCyrDe5Xnm9esa+Pb/\n");
            }

            text.Append(random.Next(2) == 0 ? "host = %(name)s.example.org\n" : "\n");
            text.Append($"interval = %(timeout)s\n{Pick(_names)}{i} = {Pick(_values)}\n\n");
        }

        return text.ToString();
    }

    private string Mutate(string text)
    {
        StringBuilder result = new(text);
        for (int changes = random.Next(1, 4); changes > 0; changes--)
        {
            int at = random.Next(result.Length + 1);
            int length = Math.Min(random.Next(4), result.Length - at);
            switch (random.Next(3))
            {
                case 0:
                    result.Remove(at, length);
                    break;
                case 1:
                    result.Insert(at, Piece());
                    break;
                default:
                    result.Insert(random.Next(result.Length + 1), Line());
                    break;
            }
        }

        return result.ToString();
    }

    private string Odd()
    {
        StringBuilder text = new(random.Next(50) == 0 ? "\ufeff" : "");
        text.Append(random.Next(20) == 0 ? "" : Pick(_headers) + "\n");
        for (int lines = random.Next(10); lines > 0; lines--)
        {
            text.Append(Line());
        }

        if (random.Next(50) == 0)
        {
            // References that end about as deep as is allowed
            int depth = random.Next(7, 13);
            text.Append(string.Concat(Enumerable.Range(0, depth).Select(i => $"deep{i} = %(deep{i + 1})s\n")));
            text.Append($"deep{depth} = {Pick(["", "x", "%%"])}\n");
        }

        return text.ToString();
    }

    private string Line() => random.Next(10) switch
    {
        0 => Pick(_spaces),
        1 => Pick(_spaces) + Pick(["#", ";"]) + Pick(_values),
        2 => Pick(_spaces) + Pick(_headers),
        3 => Pick(_spaces) + Pick(_values),
        4 => " " + Pick(_spaces) + Pick(_values),
        5 => Piece() + Piece() + Piece(),
        _ => (random.Next(4) == 0 ? Pick(_spaces) : "") + Pick(_names) + (random.Next(2) == 0 ? random.Next(30) : "")
            + Pick(_spaces) + Pick(["=", "=", "=", ":", "", "=="]) + Pick(_spaces) + Pick(_values) + Pick(_spaces),
    } + Pick(_ends);

    private string Piece() => random.Next(6) switch
    {
        0 => Pick(_spaces),
        1 => Pick(_names),
        2 => Pick(_values),
        3 => Pick(_headers),
        4 => Pick(_ends),
        _ => Pick(["=", ":", "%", "(", ")s", "[", "]", "#", ";", "\n ", "\n\n", "\r"]),
    };

    private string Pick(string[] from) => from[random.Next(from.Length)];
}
