using System.Text;
using System.Text.Unicode;

namespace Mandos.Host.Configuration;

// From lines to sections and options. Unlike Python's parser this one reports an error and goes on.
internal sealed partial class ConfigDocument
{
    private const string NotUtf8 = "is not valid UTF-8; write the file in UTF-8";

    private readonly int _builtInLines;

    /// <summary>Lines parsed so far, in all files.</summary>
    private int _line;

    /// <summary>Null before the first header.</summary>
    private ConfigSection? _section;

    private bool _headerMissed;

    /// <summary>Indentation of the latest line that was no continuation, in characters.</summary>
    private int _indent;

    private Continuation _continuation;

    /// <summary>Place of the default that was set latest.</summary>
    private int _lastDefault;

    private enum Continuation
    {
        /// <summary>No value to continue: indentation means nothing.</summary>
        None,

        /// <summary>A deeper line goes on with the value of the latest option.</summary>
        Value,

        /// <summary>A deeper line belongs to something that was reported as an error.</summary>
        Skipped,
    }

    /// <param name="start">Where the file's text starts.</param>
    /// <param name="hasInvalid">Whether there are bytes in it that are not UTF-8.</param>
    private void Parse(int start, bool hasInvalid)
    {
        ReadOnlySpan<byte> text = _text.Written;
        ReadOnlySpan<byte> rest = text[start..];
        while (!rest.IsEmpty)
        {
            int lineStart = text.Length - rest.Length;
            ReadOnlySpan<byte> line = Utf8Text.TakeLine(ref rest);
            _line++;
            int space = Utf8Text.LeadingSpace(line, out int indent);
            bool isInvalid = hasInvalid && !Utf8.IsValid(line);
            if (space == line.Length || line[space] is (byte)'#' or (byte)';')
            {
                if (isInvalid)
                {
                    Warn(_line, NotUtf8);
                }

                continue;
            }

            ReadOnlySpan<byte> content = Utf8Text.TrimEnd(line[space..]);
            int contentStart = lineStart + space;
            if (_continuation != Continuation.None && indent > _indent)
            {
                ReportIf(isInvalid);
                Continue(contentStart + content.Length);
                continue;
            }

            _indent = indent;
            int close = content[0] == '[' ? content.LastIndexOf((byte)']') : -1;
            if (close > 1)
            {
                BeginSection(Encoding.UTF8.GetString(content[1..close]));
                ReportIf(isInvalid);
                MayLackSections |= isInvalid;
            }
            else if (content[0] == '[' && content.IndexOfAny((byte)'=', (byte)':') < 0)
            {
                // The lines that follow belong to a section whose name nobody knows, and not to the one before.
                _continuation = Continuation.None;
                bool isDefault = Encoding.UTF8.GetString(content).TrimStart('[', ' ').StartsWith(DefaultSection, StringComparison.OrdinalIgnoreCase);
                _section = isDefault ? Defaults : new ConfigSection("", _line, _options.Count);
                MayLackSections = true;
                Report(_section, _line, "is no section: write its name in brackets, as in [name]");
            }
            else if (_section is not null)
            {
                ReportIf(isInvalid);
                AddOption(_section, content, contentStart);
            }
            else if (!_headerMissed)
            {
                // Once is enough: all lines up to the first header share the fault
                _headerMissed = true;
                Report(Defaults, _line, "comes before any section; a line such as [DEFAULT] must come first");
            }
        }
    }

    private void ReportIf(bool isInvalid)
    {
        if (isInvalid)
        {
            Report(_section!, _line, NotUtf8);
        }
    }

    private void Continue(int end)
    {
        if (_continuation == Continuation.Value)
        {
            List<ConfigOption> options = _section == Defaults ? _defaults : _options;
            int last = _section == Defaults ? _lastDefault : options.Count - 1;
            options[last] = options[last] with { End = end };
        }
    }

    private void BeginSection(string name)
    {
        _continuation = Continuation.None;
        if (name == DefaultSection)
        {
            _section = Defaults;
            return;
        }

        _section = new ConfigSection(name, _line, _options.Count);
        if (_sectionsByName.TryAdd(name, _section))
        {
            _sections.Add(_section);
        }
        else
        {
            _sectionsByName[name].IsFaulty = true;
            Report(_section, _line, $"section [{OptionValues.Show(name)}] is defined twice, first at {Place(_sectionsByName[name].Line)}");
        }
    }

    private void AddOption(ConfigSection section, ReadOnlySpan<byte> content, int contentStart)
    {
        int delimiter = content.IndexOfAny((byte)'=', (byte)':');
        if (delimiter <= 0)
        {
            // As in Python a line of nonsense does not end the value before it, and an option without a name does
            _continuation = delimiter == 0 || _continuation == Continuation.None ? Continuation.None : Continuation.Skipped;
            Report(section, _line, delimiter == 0
                ? "has no option name before the delimiter; write name = value"
                : "is neither [section] nor name = value; indent it if it continues the value above");
            return;
        }

        OptionName name = _names.Find(Utf8Text.TrimEnd(content[..delimiter]), add: true)!;
        ReadOnlySpan<byte> value = Utf8Text.TrimStart(content[(delimiter + 1)..]);
        int end = contentStart + content.Length;
        ConfigOption option = new(name, _line, end - value.Length, end);
        _continuation = section == Defaults ? AddDefault(option) : AddTo(section, option);
    }

    private Continuation AddTo(ConfigSection section, ConfigOption option)
    {
        if (option.Name.LastSection == section)
        {
            return ReportRepeated(option, section, option.Name.LastLine);
        }

        option.Name.LastSection = section;
        option.Name.LastLine = option.Line;
        _options.Add(option);
        section.Count++;
        return Continuation.Value;
    }

    private Continuation AddDefault(ConfigOption option)
    {
        int index = option.Name.DefaultIndex;
        if (index == OptionName.None)
        {
            _lastDefault = option.Name.DefaultIndex = _defaults.Count;
            _defaults.Add(option);
        }
        else if (IsBuiltIn(_defaults[index]))
        {
            _lastDefault = index;
            _defaults[index] = option;
        }
        else
        {
            return ReportRepeated(option, Defaults, _defaults[index].Line);
        }

        return Continuation.Value;
    }

    private Continuation ReportRepeated(in ConfigOption option, ConfigSection section, int first)
    {
        string name = OptionValues.ShowName(option.Name.Text);
        Report(section, option.Line, $"option {name} is set twice in [{OptionValues.Show(section.Name)}], first at {Place(first)}");
        return Continuation.Skipped;
    }
}
