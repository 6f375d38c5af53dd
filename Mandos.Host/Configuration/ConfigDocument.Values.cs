using System.Text;

namespace Mandos.Host.Configuration;

// Values: continuation lines put together, and interpolation
internal sealed partial class ConfigDocument
{
    /// <summary>One for each depth of interpolation.</summary>
    private readonly ScratchBuffer[] _joined = CreateBuffers();

    private readonly ScratchBuffer _expanded = new();
    private int _references;

    /// <summary>Reads an option's value, and reports it if it cannot be interpolated.</summary>
    /// <param name="section">The section that it is read for; the option is its own or a default.</param>
    /// <param name="option">The option.</param>
    /// <param name="value">The value in UTF-8. Valid until the next call.</param>
    public bool TryRead(ConfigSection section, in ConfigOption option, out ReadOnlySpan<byte> value)
    {
        value = ReadRaw(option);
        if (!value.Contains((byte)'%'))
        {
            return true;
        }

        _expanded.Clear();
        _references = 0;
        string? fault = Expand(section, value, depth: 1);
        value = _expanded.Written;
        if (fault is not null)
        {
            // A default is read for many sections, and may fail in some only
            string where = section != Defaults && IsDefault(option) ? $", read for [{OptionValues.Show(section.Name)}]," : "";
            Report(section, option.Line, $"option {OptionValues.ShowName(option.Name.Text)}{where} {fault}");
        }

        return fault is null;
    }

    /// <summary>Reads an option's value as it is written, without interpolation.</summary>
    /// <param name="option">The option.</param>
    /// <returns>The value in UTF-8. Valid until the next call.</returns>
    public ReadOnlySpan<byte> ReadRaw(in ConfigOption option) => ReadRaw(option, _joined[0]);

    private static ScratchBuffer[] CreateBuffers()
    {
        ScratchBuffer[] buffers = new ScratchBuffer[FileLimits.ReferenceDepth + 1];
        for (int i = 0; i < buffers.Length; i++)
        {
            buffers[i] = new ScratchBuffer();
        }

        return buffers;
    }

    private ReadOnlySpan<byte> ReadRaw(in ConfigOption option, ScratchBuffer joined)
    {
        ReadOnlySpan<byte> rest = _text.Written[option.Start..option.End];
        ReadOnlySpan<byte> first = Utf8Text.TakeLine(ref rest);
        if (rest.IsEmpty)
        {
            return first;
        }

        joined.Clear();
        joined.Append(Utf8Text.TrimEnd(first));
        while (!rest.IsEmpty)
        {
            ReadOnlySpan<byte> line = Utf8Text.TrimEnd(Utf8Text.TrimStart(Utf8Text.TakeLine(ref rest)));
            if (line.IsEmpty || line[0] is not ((byte)'#' or (byte)';'))
            {
                joined.Append("\n"u8);
                joined.Append(line);
            }
        }

        return joined.Written;
    }

    /// <summary>Appends a text to the result with its references replaced.</summary>
    /// <returns>What is wrong, or null.</returns>
    private string? Expand(ConfigSection section, ReadOnlySpan<byte> text, int depth)
    {
        if (depth > FileLimits.ReferenceDepth)
        {
            return $"refers to itself, or to options more than {FileLimits.ReferenceDepth} deep";
        }

        while (true)
        {
            int percent = text.IndexOf((byte)'%');
            if (_expanded.Length + text.Length > FileLimits.ValueBytes || _references++ > FileLimits.References)
            {
                return $"is too large with its references replaced; at most {FileLimits.ValueBytes >> 20} MiB are allowed";
            }

            if (percent < 0)
            {
                _expanded.Append(text);
                return null;
            }

            _expanded.Append(text[..percent]);
            text = text[(percent + 1)..];
            if (text.StartsWith("%"u8))
            {
                _expanded.Append("%"u8);
                text = text[1..];
                continue;
            }

            int close = text.IndexOf((byte)')');
            if (!text.StartsWith("("u8) || close < 2 || !text[close..].StartsWith(")s"u8))
            {
                return "has a % that starts neither %(name)s nor %%; write %% for a percent sign";
            }

            if (!TryFind(section, text[1..close], out ConfigOption option))
            {
                return $"refers to %({OptionValues.ShowName(Encoding.UTF8.GetString(text[1..close]))})s, "
                    + (section == Defaults ? "which [DEFAULT] does not set"
                        : $"which neither [{OptionValues.Show(section.Name)}] nor [DEFAULT] sets");
            }

            ReadOnlySpan<byte> value = ReadRaw(option, _joined[depth]);
            string? fault = Expand(section, value, value.Contains((byte)'%') ? depth + 1 : depth);
            if (fault is not null)
            {
                return fault;
            }

            text = text[(close + 2)..];
        }
    }

    private bool TryFind(ConfigSection section, ReadOnlySpan<byte> name, out ConfigOption option)
    {
        OptionName? found = _names.Find(name, add: false);
        if (found is not null)
        {
            foreach (ConfigOption own in OptionsOf(section))
            {
                if (own.Name == found)
                {
                    option = own;
                    return true;
                }
            }

            if (found.DefaultIndex != OptionName.None)
            {
                option = _defaults[found.DefaultIndex];
                return true;
            }
        }

        option = default;
        return false;
    }

    private bool IsDefault(in ConfigOption option)
        => option.Name.DefaultIndex != OptionName.None && _defaults[option.Name.DefaultIndex].Line == option.Line;

    private void DisposeValues()
    {
        _expanded.Dispose();
        foreach (ScratchBuffer buffer in _joined)
        {
            buffer.Dispose();
        }
    }
}
