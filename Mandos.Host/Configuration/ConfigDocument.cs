using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace Mandos.Host.Configuration;

/// <summary>
/// Configuration files in the dialect of Python's <c>configparser.ConfigParser</c> with its default arguments
/// (docs.python.org/3/library/configparser.html), several of them taken as one text.
/// </summary>
/// <remarks>
/// It keeps the files' bytes, and options as places in them. So a value becomes a string only where somebody wants one,
/// a secret never does, and <see cref="Dispose"/> leaves no secret behind. Not thread-safe.
/// </remarks>
internal sealed partial class ConfigDocument : IDisposable
{
    /// <summary>Title of the section that gives defaults to all others.</summary>
    public const string DefaultSection = "DEFAULT";

    private readonly ScratchBuffer _text = new();
    private readonly ProblemList _problems;
    private readonly ProblemList _warnings;
    private readonly List<string> _unread = [];
    private readonly OptionNames _names = new();
    private readonly List<ConfigSection> _sections = [];
    private readonly Dictionary<string, ConfigSection> _sectionsByName = new(StringComparer.Ordinal);
    private readonly List<ConfigOption> _options = [];
    private readonly List<ConfigOption> _defaults = [];

    /// <summary>An empty document.</summary>
    /// <param name="problems">Gets the problems found while adding files and reading values.</param>
    /// <param name="builtInDefaults">Text whose <c>[DEFAULT]</c> options the files may set again.</param>
    /// <param name="warnings">Gets what is doubtful, but accepted.</param>
    public ConfigDocument(ProblemList problems, string builtInDefaults = "", ProblemList? warnings = null)
    {
        (_problems, _warnings) = (problems, warnings ?? new());
        AddText("built-in defaults", Encoding.UTF8.GetBytes(builtInDefaults));
        _builtInLines = _line;

        // The first file begins as if nothing stood before it
        _section = null;
        _continuation = Continuation.None;
    }

    /// <summary>Where its lines are from. Good for longer than the document itself.</summary>
    public SourceLines Lines { get; } = new();

    /// <summary>Sections in the order of their headers, without <see cref="Defaults"/>.</summary>
    public IReadOnlyList<ConfigSection> Sections => _sections;

    /// <summary>The section <c>[DEFAULT]</c>, which is always there.</summary>
    public ConfigSection Defaults { get; } = new(DefaultSection, 0, 0);

    /// <summary>Files that could not be read, but may be readable later.</summary>
    public IReadOnlyList<string> Unread => _unread;

    /// <summary>Takes up what is read; null: nobody wants to know.</summary>
    public FilesDigest? Digest { get; init; }

    /// <summary>Whether there may be sections whose names are not known: in a file that was not read, or below a header that is none.</summary>
    public bool MayLackSections { get; private set; }

    /// <summary>Adds a file, as if appended to the text so far; where there is none, nothing happens.</summary>
    /// <param name="path">The file.</param>
    /// <param name="required">Whether its absence is a problem.</param>
    /// <returns>False if it could not be read, which has been reported.</returns>
    public bool AddFile(string path, bool required = false)
    {
        int start = BeginFile(path);
        try
        {
            using FileStream file = InputFile.Open(path);
            if (file.CanSeek && file.Length <= FileLimits.DocumentBytes - start)
            {
                _text.Room((int)file.Length + ScratchBuffer.MinRead);
            }

            if (!_text.AppendAll(file, FileLimits.DocumentBytes))
            {
                string limit = $"{FileLimits.DocumentBytes >> 20} MiB";
                return Refuse($"makes the configuration larger than {limit}, the most allowed");
            }
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return !required || RefuseUnread("no such file");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return RefuseUnread(InputFile.Describe(e, path));
        }

        Digest?.Add(path, _text.Written[start..]);
        EndFile(start);
        return true;

        bool RefuseUnread(string reason)
        {
            _unread.Add(path);
            return Refuse($"cannot be read: {reason}");
        }

        bool Refuse(string fault)
        {
            MayLackSections = true;
            _problems.Add(new ConfigProblem(path, 0, fault));
            return false;
        }
    }

    /// <summary>Adds a text as <see cref="AddFile"/> adds a file.</summary>
    /// <param name="path">The file's name for messages.</param>
    /// <param name="utf8">What it holds.</param>
    public void AddText(string path, ReadOnlySpan<byte> utf8)
    {
        int start = BeginFile(path);
        _text.Append(utf8);
        EndFile(start);
    }

    /// <summary>The options that a section sets itself.</summary>
    /// <param name="section">One of this document.</param>
    public ReadOnlySpan<ConfigOption> OptionsOf(ConfigSection section) => section == Defaults
        ? CollectionsMarshal.AsSpan(_defaults)
        : CollectionsMarshal.AsSpan(_options).Slice(section.First, section.Count);

    /// <summary>Finds an option's name.</summary>
    /// <param name="name">The name in lower case.</param>
    /// <returns>Null if nothing in the document sets it.</returns>
    public OptionName? FindName(string name) => _names.Find(Encoding.UTF8.GetBytes(name), add: false);

    /// <summary>Whether an option comes from the built-in defaults.</summary>
    /// <param name="option">The option.</param>
    public bool IsBuiltIn(in ConfigOption option) => option.Line <= _builtInLines;

    /// <summary>Says where a line stands.</summary>
    /// <param name="line">A line counted through all files.</param>
    /// <param name="message">The text of the problem.</param>
    public ConfigProblem At(int line, string message) => Lines.At(line, message);

    /// <summary>Where a line stands, as <c>FILE:LINE</c>.</summary>
    /// <param name="line">A line counted through all files.</param>
    public string Place(int line)
    {
        ConfigProblem at = At(line, "");
        return $"{at.File}:{at.Line}";
    }

    /// <summary>Reports a problem of a section, which then is faulty.</summary>
    /// <param name="section">The section.</param>
    /// <param name="line">A line counted through all files.</param>
    /// <param name="message">What is wrong and what is allowed.</param>
    public void Report(ConfigSection section, int line, string message)
    {
        section.IsFaulty = true;
        _problems.Add(At(line, message));
    }

    /// <summary>Reports a problem of an option, which makes its section faulty.</summary>
    /// <param name="section">The section that it is read for.</param>
    /// <param name="option">The option.</param>
    /// <param name="fault">What is wrong and what is allowed.</param>
    public void Report(ConfigSection section, in ConfigOption option, string fault) => Report(section, option.Line, $"{option.Name.Text}: {fault}");

    /// <summary>Reports what is doubtful.</summary>
    /// <param name="line">A line counted through all files.</param>
    /// <param name="message">What is doubtful and what would be better.</param>
    public void Warn(int line, string message) => _warnings.Add(At(line, message));

    /// <summary>Reports what is doubtful about an option.</summary>
    /// <param name="option">The option.</param>
    /// <param name="doubt">What is doubtful and what would be better.</param>
    public void Warn(in ConfigOption option, string doubt) => Warn(option.Line, $"{option.Name.Text}: {doubt}");

    /// <summary>Zeroes the text and everything read from it.</summary>
    public void Dispose()
    {
        _text.Dispose();
        DisposeValues();
    }

    private int BeginFile(string path)
    {
        // Files meet at a line's end, even if the first lacks it
        if (_text.Length > 0 && _text.Written[^1] != '\n')
        {
            _text.Append("\n"u8);
        }

        Lines.Add(path, _line + 1);
        return _text.Length;
    }

    private void EndFile(int start)
    {
        ReadOnlySpan<byte> text = _text.Written[start..];
        bool hasMark = text.StartsWith("\uFEFF"u8);
        if (hasMark)
        {
            Warn(_line + 1, "the file starts with a byte order mark; write it without one");
        }

        Parse(hasMark ? start + "\uFEFF"u8.Length : start, !Utf8.IsValid(text));
    }
}
