using System.Text;

namespace Mandos.Ctl.Files;

/// <summary>The lines of sections of <c>clients.conf</c>, to be changed without touching what is not meant: comments, blanks, the order.</summary>
internal sealed class ConfigLines
{
    private readonly byte[] _text;
    private readonly List<Line> _lines = [];

    /// <summary>The lines, from 0, at which sections begin.</summary>
    private readonly List<int> _heads = [];

    /// <param name="text">The sections, which stay the caller's.</param>
    public ConfigLines(byte[] text)
    {
        _text = text;
        int section = -1;
        string option = "";
        int start = text.AsSpan().StartsWith("\uFEFF"u8) ? "\uFEFF"u8.Length : 0;
        foreach (Range range in text.AsSpan(start..).Split((byte)'\n'))
        {
            (int first, int length) = range.GetOffsetAndLength(text.Length - start);
            if (first + start == text.Length)
            {
                break; // behind the last line feed
            }

            ReadOnlySpan<byte> line = text.AsSpan(first + start, length);
            ReadOnlySpan<byte> trimmed = line.Trim(" \t\r"u8);
            if (trimmed is [] or [(byte)'#' or (byte)';', ..])
            {
                _lines.Add(new Line(first + start, length, section, ""));
                continue;
            }

            if (line[0] is not ((byte)' ' or (byte)'\t'))
            {
                if (line[0] == '[')
                {
                    section++;
                    _heads.Add(_lines.Count);
                }

                int end = line.IndexOfAny((byte)'=', (byte)':');
                option = line[0] == '[' || end < 0 ? "" : Encoding.UTF8.GetString(line[..end].TrimEnd(" \t"u8)).ToLowerInvariant();
            }

            _lines.Add(new Line(first + start, length, section, option));
        }
    }

    /// <summary>A line, from 0.</summary>
    public Line this[int line] => _lines[line];

    /// <summary>How many sections there are.</summary>
    public int Sections => _heads.Count;

    /// <summary>The number, from 1, of the line at which a section begins.</summary>
    public int LineOf(int section) => _heads[section] + 1;

    /// <summary>The title of a section.</summary>
    public string NameOf(int section)
    {
        Line line = _lines[_heads[section]];
        ReadOnlySpan<byte> text = _text.AsSpan(line.Start, line.Length);
        return Encoding.UTF8.GetString(text[1..Math.Max(1, text.LastIndexOf((byte)']'))]);
    }

    /// <summary>The value of an option, if it stands on one line; null if there is none.</summary>
    public string? ValueOf(int section, string option)
    {
        Line[] lines = [.. Of(section, option)];
        return lines.Length != 1 ? null : Encoding.UTF8.GetString(ValueIn(lines[0]).Trim(" \t\r"u8));
    }

    /// <summary>Whether a section has an option.</summary>
    public bool Has(int section, string option) => Of(section, option).Any();

    /// <summary>Writes all lines.</summary>
    /// <param name="output">Gets them.</param>
    /// <param name="write">Writes one in another way; false: as it is.</param>
    public void Write(Stream output, Func<Stream, Line, bool> write)
    {
        foreach (Line line in _lines)
        {
            if (!write(output, line))
            {
                output.Write(_text, line.Start, line.Length);
                output.WriteByte((byte)'\n');
            }
        }
    }

    /// <summary>Writes an option of a section under another name, with all its lines.</summary>
    public void WriteOption(Stream output, int section, string option, string name)
    {
        foreach (Line line in Of(section, option))
        {
            WriteRenamed(output, line, name);
        }
    }

    /// <summary>Writes a line of an option; its name, if it stands there, is another one.</summary>
    public void WriteRenamed(Stream output, Line line, string name)
    {
        ReadOnlySpan<byte> text = _text.AsSpan(line.Start, line.Length);
        if (text[0] is not ((byte)' ' or (byte)'\t'))
        {
            output.Write(Encoding.UTF8.GetBytes($"{name} ="));
            text = ValueIn(line);
        }

        output.Write(text.TrimEnd((byte)'\r'));
        output.WriteByte((byte)'\n');
    }

    private IEnumerable<Line> Of(int section, string option)
        => _lines.Skip(_heads[section]).TakeWhile(line => line.Section == section).Where(line => line.Option == option);

    private ReadOnlySpan<byte> ValueIn(Line line)
    {
        ReadOnlySpan<byte> text = _text.AsSpan(line.Start, line.Length);
        return text[0] is (byte)' ' or (byte)'\t' ? text : text[(text.IndexOfAny((byte)'=', (byte)':') + 1)..];
    }

    /// <summary>A line.</summary>
    /// <param name="Start">Where it begins.</param>
    /// <param name="Length">How many bytes it has, without the line feed.</param>
    /// <param name="Section">The section that it stands in, from 0; -1 before the first.</param>
    /// <param name="Option">The option that it belongs to, in lower case; empty for a title, a comment, or an empty line.</param>
    internal readonly record struct Line(int Start, int Length, int Section, string Option);
}
