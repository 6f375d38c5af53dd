namespace Mandos.Host.Configuration;

/// <summary>
/// Parses <c>clients.conf</c> and <c>clients.d</c>: from text to sections, and to the options of one section at a time, each with its line.
/// <see cref="ClientFileValidator"/> says what the options mean.
/// </summary>
internal sealed class ClientFileParser : IDisposable
{
    private readonly ProblemList _problems;
    private readonly ConfigOption?[] _known = new ConfigOption?[KnownOptions.Count];
    private readonly List<ConfigOption> _unknown = [];
    private readonly ConfigOption?[] _knownDefaults = new ConfigOption?[KnownOptions.Count];
    private readonly List<ConfigOption> _unknownDefaults = [];

    /// <summary>Which of the defaults refer to no other option.</summary>
    private readonly bool[] _isConstant = new bool[KnownOptions.Count];

    /// <summary>A parser that has read nothing yet.</summary>
    /// <param name="problems">Gets what is wrong.</param>
    /// <param name="warnings">Gets what is doubtful, but accepted.</param>
    /// <param name="digest">Takes up what is read; null: nobody wants to know.</param>
    public ClientFileParser(ProblemList problems, ProblemList warnings, FilesDigest? digest = null)
    {
        _problems = problems;
        Document = new ConfigDocument(problems, KnownOptions.Defaults, warnings) { Digest = digest };
    }

    /// <summary>The files that are there, in the order in which <see cref="Parse"/> reads them.</summary>
    /// <param name="configDirectory">The configuration directory.</param>
    /// <exception cref="IOException">They cannot be listed.</exception>
    /// <exception cref="UnauthorizedAccessException">The server may not list them.</exception>
    public static IReadOnlyList<string> FilesIn(string configDirectory)
    {
        string file = Path.Combine(configDirectory, ClientFileReader.FileName);
        string directory = Path.Combine(configDirectory, ClientFileReader.DirectoryName);
        return [.. Path.Exists(file) ? [file] : Array.Empty<string>(), .. Path.Exists(directory) ? FilesOf(directory) : []];
    }

    /// <summary>The files' text, sections and options.</summary>
    public ConfigDocument Document { get; }

    /// <summary>Whether <c>clients.conf</c> could be read, and a directory that is required is there.</summary>
    public bool IsRead { get; private set; }

    /// <summary>Whether the names of all clients are known.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The section whose options are at hand.</summary>
    public ConfigSection Section { get; private set; } = new("", 0, 0);

    /// <summary>The section's options that the server does not know.</summary>
    public IReadOnlyList<ConfigOption> Unknown => _unknown;

    /// <summary>Such options of <c>[DEFAULT]</c>.</summary>
    public IReadOnlyList<ConfigOption> UnknownDefaults => _unknownDefaults;

    /// <summary>An option of the section, or its default; null if neither is set.</summary>
    /// <param name="option">The option.</param>
    public ConfigOption? this[KnownOption option] => _known[(int)option];

    /// <summary>Whether an option of the section has a default for its value, and one that does not depend on the section.</summary>
    /// <param name="option">The option.</param>
    public bool IsConstant(KnownOption option) => _isConstant[(int)option] && _known[(int)option]!.Value.Line == _knownDefaults[(int)option]!.Value.Line;

    /// <summary>Parses all files. To be called once, before anything else.</summary>
    /// <param name="configDirectory">The configuration directory.</param>
    /// <param name="isFileRequired">Whether it is a problem if <c>clients.conf</c> is missing, rather than as if it were empty.</param>
    /// <param name="isDirectoryRequired">Whether it is a problem if <c>clients.d</c> is missing.</param>
    /// <param name="more">Sections to be read after all files.</param>
    /// <param name="moreName">What they are called in messages.</param>
    public void Parse(string configDirectory, bool isFileRequired, bool isDirectoryRequired, ReadOnlySpan<byte> more = default, string moreName = "")
    {
        string directory = Path.Combine(configDirectory, ClientFileReader.DirectoryName);
        bool isFileRead = Document.AddFile(Path.Combine(configDirectory, ClientFileReader.FileName), isFileRequired);
        IsRead = isFileRead && (!isDirectoryRequired || Directory.Exists(directory));
        IsComplete = AddDirectory(directory, isDirectoryRequired) && !Document.MayLackSections;
        if (!more.IsEmpty)
        {
            Document.AddText(moreName, more);
        }

        for (int i = 0; i < KnownOptions.Count; i++)
        {
            if (Document.FindName(KnownOptions.NameOf((KnownOption)i)) is OptionName name)
            {
                name.Tag = i;
            }
        }

        Sort(Document.OptionsOf(Document.Defaults), _knownDefaults, _unknownDefaults);
        for (int i = 0; i < KnownOptions.Count; i++)
        {
            _isConstant[i] = _knownDefaults[i] is { } option && !Document.ReadRaw(option).Contains((byte)'%');
        }
    }

    /// <summary>Has the options of a section at hand.</summary>
    /// <param name="section">The section.</param>
    public void MoveTo(ConfigSection section)
    {
        Section = section;
        Array.Copy(_knownDefaults, _known, _known.Length);
        _unknown.Clear();
        Sort(Document.OptionsOf(section), _known, _unknown);
    }

    /// <summary>The option before another one in the section.</summary>
    /// <param name="option">The other one.</param>
    /// <returns>Null if there is none.</returns>
    public ConfigOption? Before(in ConfigOption option)
    {
        ReadOnlySpan<ConfigOption> options = Document.OptionsOf(Section);
        int place = options.IndexOf(option);
        return place > 0 ? options[place - 1] : null;
    }

    /// <summary>The options that the files set in a section.</summary>
    /// <param name="section">The section.</param>
    public OptionPlace[] Places(ConfigSection section)
    {
        ReadOnlySpan<ConfigOption> options = Document.OptionsOf(section);
        List<OptionPlace> places = new(options.Length);
        foreach (ConfigOption option in options)
        {
            if (!Document.IsBuiltIn(option))
            {
                places.Add(OptionPlace.Of(option));
            }
        }

        return [.. places];
    }

    /// <inheritdoc/>
    public void Dispose() => Document.Dispose();

    /// <returns>Whether all that are there could be listed.</returns>
    private bool AddDirectory(string directory, bool isRequired)
    {
        IEnumerable<string> files;
        try
        {
            files = FilesOf(directory);
        }
        catch (DirectoryNotFoundException) when (!Path.Exists(directory))
        {
            if (isRequired)
            {
                _problems.Add(new ConfigProblem(
                    directory, 0, "cannot be read: no such directory, though it was there; leave an empty one if it is not wanted any more"));
            }

            return !isRequired;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = e is UnauthorizedAccessException ? InputFile.Describe(e, Path.Combine(directory, "*.conf")) : "it is no directory";
            _problems.Add(new ConfigProblem(directory, 0, $"cannot be read: {reason}"));
            return false;
        }

        foreach (string path in files)
        {
            Document.AddFile(path, required: true);
        }

        return true;
    }

    /// <summary>As the shell's *.conf: an editor's lock file such as .#a.conf has no clients.</summary>
    private static IReadOnlyList<string> FilesOf(string directory)
        => [.. Directory.GetFiles(directory, "*.conf").Where(static path => !Path.GetFileName(path).StartsWith('.')).Order(StringComparer.Ordinal)];

    /// <summary>Parts the options that the server knows from the others.</summary>
    private static void Sort(ReadOnlySpan<ConfigOption> options, ConfigOption?[] known, List<ConfigOption> unknown)
    {
        foreach (ConfigOption option in options)
        {
            if (option.Name.Tag == OptionName.None)
            {
                unknown.Add(option);
            }
            else
            {
                known[option.Name.Tag] = option;
            }
        }
    }
}
