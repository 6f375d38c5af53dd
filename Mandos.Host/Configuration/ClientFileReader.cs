using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>Reads the clients from <c>clients.conf</c> and <c>clients.d</c>, described in mandos-clients.conf(5).</summary>
internal sealed partial class ClientFileReader : IDisposable
{
    /// <summary>The first file in the configuration directory.</summary>
    public const string FileName = "clients.conf";

    /// <summary>The directory beside it whose <c>*.conf</c> files are read after it in ordinal order, as if appended.</summary>
    public const string DirectoryName = "clients.d";

    // As in stock, other options can refer to them, as in %(timeout)s
    private static readonly string _builtInDefaults = string.Join('\n', [
        $"[{ConfigDocument.DefaultSection}]",
        "approve_all = False",
        "enabled = True",
        .. ClientSetting.All.Select(static setting => $"{setting.OptionName} = {Default(setting)}"),
        "",
    ]);

    private const string SilentRefusal = "False without an approval_delay: whoever asks is refused at once, unless an approval is in force; "
        + "set approval_delay to the time in which somebody can approve";

    /// <summary>The options that the server knows, as tags of their names and places in <see cref="_set"/>.</summary>
    private enum Known
    {
        KeyId,
        Fingerprint,
        Secret,
        SecFile,
        CheckerPlugin,
        ApproveAll,
        Enabled,

        /// <summary>The first of those in <see cref="ClientSetting.All"/>, which have the tags from here on.</summary>
        Settings,
    }

    private static readonly string[] _knownNames =
    [
        "key_id", "fingerprint", "secret", "secfile", "checker_plugin", "approve_all", "enabled",
        .. ClientSetting.All.Select(static setting => setting.OptionName),
    ];

    private readonly ProblemList _problems = new();
    private readonly ProblemList _warnings = new();
    private readonly ConfigDocument _document;

    /// <summary>The clients whose secrets could be read, among them those that must not be used.</summary>
    private readonly List<Candidate> _candidates = [];

    private readonly HashSet<string> _leftOut = new(StringComparer.Ordinal);

    /// <summary>Where each key ID and fingerprint was given first.</summary>
    private readonly Dictionary<string, GivenKey> _keys = new(StringComparer.Ordinal);

    /// <summary>Texts that many clients share, such as the checker.</summary>
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);

    private readonly HashSet<OptionName> _noted = [];

    private readonly ScratchBuffer _secret = new();
    private readonly ConfigOption?[] _defaultSet = new ConfigOption?[_knownNames.Length];
    private readonly List<ConfigOption> _unknownDefaults = [];

    /// <summary>The known options of the client that is being read.</summary>
    private readonly ConfigOption?[] _set = new ConfigOption?[_knownNames.Length];

    private readonly List<ConfigOption> _unknown = [];
    private readonly List<OptionPlace> _useless = [];
    private readonly List<string> _unreadSecrets = [];

    private ClientFileReader() => _document = new ConfigDocument(_problems, _builtInDefaults, _warnings);

    /// <summary>Reads all clients, and gathers all problems. A client that has one is left out.</summary>
    /// <param name="configDirectory">The configuration directory.</param>
    /// <param name="isFileRequired">Whether it is a problem if <see cref="FileName"/> is missing, rather than as if it were empty.</param>
    /// <param name="isDirectoryRequired">Whether it is a problem if <see cref="DirectoryName"/> is missing.</param>
    public static ClientFileResult Read(string configDirectory, bool isFileRequired = false, bool isDirectoryRequired = false)
    {
        using ClientFileReader reader = new();
        return reader.ReadCore(configDirectory, isFileRequired, isDirectoryRequired);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _secret.Dispose();
        _document.Dispose();
    }

    private ClientFileResult ReadCore(string configDirectory, bool isFileRequired, bool isDirectoryRequired)
    {
        bool isRead = _document.AddFile(Path.Combine(configDirectory, FileName), isFileRequired);
        bool isThere = !isDirectoryRequired || Directory.Exists(Path.Combine(configDirectory, DirectoryName));
        bool isComplete = AddFurtherFiles(configDirectory, isDirectoryRequired);
        PrepareNames();
        foreach (ConfigSection section in _document.Sections)
        {
            ReadClient(section);
        }

        DropAmbiguous();
        bool areUsable = isRead && isThere && !_document.Defaults.IsFaulty;
        if (!areUsable)
        {
            _candidates.ForEach(candidate => candidate.Definition.Secret.Dispose());
            _candidates.Clear();
        }

        Candidate[] plain = [.. _candidates.Where(candidate => candidate.IsPlain)];
        return new ClientFileResult
        {
            Clients = areUsable ? _candidates.ConvertAll(candidate => candidate.Definition) : null,
            LeftOut = _leftOut,
            IsComplete = isComplete && !_document.MayLackSections,
            Unread = [.. _document.Unread, .. _unreadSecrets],
            Problems = _problems.Problems,
            Warnings = _warnings.Problems,
            Checkers = new CheckerUses
            {
                Clients = [.. _candidates.Where(candidate => !candidate.IsPlain).Select(ToUse)],
                PlainClients = plain.Length,
                FirstPlainLine = plain.Length > 0 ? plain[0].Section.Line : 0,
                PlainOptions = _useless,
                Defaults = Places(_document.Defaults),
                Lines = _document.Lines,
            },
        };
    }

    /// <returns>Whether all that are there could be listed.</returns>
    private bool AddFurtherFiles(string configDirectory, bool isDirectoryRequired)
    {
        string directory = Path.Combine(configDirectory, DirectoryName);
        string[] more;
        try
        {
            more = Directory.GetFiles(directory, "*.conf");
        }
        catch (DirectoryNotFoundException) when (!Path.Exists(directory))
        {
            if (isDirectoryRequired)
            {
                _problems.Add(new ConfigProblem(
                    directory, 0, "cannot be read: no such directory, though it was there; leave an empty one if it is not wanted any more"));
            }

            return !isDirectoryRequired;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = e is UnauthorizedAccessException ? InputFile.Describe(e, Path.Combine(directory, "*.conf")) : "it is no directory";
            _problems.Add(new ConfigProblem(directory, 0, $"cannot be read: {reason}"));
            return false;
        }

        Array.Sort(more, StringComparer.Ordinal);
        foreach (string path in more)
        {
            // As the shell's *.conf: an editor's lock file such as .#a.conf has no clients
            if (!Path.GetFileName(path).StartsWith('.'))
            {
                _document.AddFile(path, required: true);
            }
        }

        return true;
    }

    private void PrepareNames()
    {
        for (int i = 0; i < _knownNames.Length; i++)
        {
            if (_document.FindName(_knownNames[i]) is OptionName name)
            {
                name.Tag = i;
            }
        }

        Sort(_document.OptionsOf(_document.Defaults), _defaultSet, _unknownDefaults);
    }

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

    private void ReadClient(ConfigSection section)
    {
        Array.Copy(_defaultSet, _set, _set.Length);
        _unknown.Clear();
        Sort(_document.OptionsOf(section), _set, _unknown);
        if (section.Name.Contains('\0'))
        {
            // D-Bus cannot carry it
            Report(section, "has a NUL character in its name, which is not allowed");
        }

        bool hasKey = ReadKeys(section, out string? keyId, out string? fingerprint);
        string checker = ReadText(section, Known.CheckerPlugin);
        bool isPlain = checker is "" or ClientDefinition.StandardChecker;
        ClientSettings settings = ReadSettings(section, new ClientSettings
        {
            KeyId = keyId,
            Fingerprint = fingerprint,
            CheckerPlugin = checker.Length > 0 ? Share(checker) : null,
            ApproveAll = ReadBoolean(section, Known.ApproveAll) ?? false,
            Options = ReadUnknown(section, isPlain),
        });
        bool? enabled = ReadBoolean(section, Known.Enabled);
        if (!settings.ApprovedByDefault && settings.ApprovalDelay == TimeSpan.Zero)
        {
            Warn(_set[(int)TagOf(ClientSetting.ApprovedByDefault)]!.Value, SilentRefusal);
        }

        if (ReadSecret(section) is not { } secret)
        {
            _leftOut.Add(section.Name);
        }
        else
        {
            ClientDefinition definition = new() { Name = section.Name, Settings = settings, Enabled = enabled ?? false, Secret = secret };
            _candidates.Add(new Candidate(section, definition, hasKey, isPlain));
        }
    }

    /// <summary>Takes out the clients that must not be used: those with a mistake, and those of which it is not clear whose a key is.</summary>
    private void DropAmbiguous()
    {
        for (int i = 0; i < _candidates.Count; i++)
        {
            ClientSettings settings = _candidates[i].Definition.Settings;
            if (settings.Fingerprint is { } fingerprint && _keys[fingerprint].IsShared)
            {
                if (settings.KeyId is null)
                {
                    _candidates[i].Section.IsFaulty = true;
                }

                _candidates[i] = _candidates[i].WithoutFingerprint();
            }

            if (settings.KeyId is { } keyId && _keys[keyId].IsShared)
            {
                _candidates[i].Section.IsFaulty = true;
            }
        }

        foreach (Candidate candidate in _candidates.Where(candidate => !candidate.IsUsable))
        {
            _leftOut.Add(candidate.Definition.Name);
            candidate.Definition.Secret.Dispose();
        }

        _candidates.RemoveAll(candidate => !candidate.IsUsable);
    }

    private CheckerUse ToUse(Candidate client) => new()
    {
        Client = client.Definition.Name,
        Settings = client.Definition.Settings,
        Line = client.Section.Line,
        Options = Places(client.Section),
    };

    private OptionPlace[] Places(ConfigSection section)
    {
        ReadOnlySpan<ConfigOption> options = _document.OptionsOf(section);
        List<OptionPlace> places = new(options.Length);
        foreach (ConfigOption option in options)
        {
            if (!_document.IsBuiltIn(option))
            {
                places.Add(PlaceOf(option));
            }
        }

        return [.. places];
    }

    private static OptionPlace PlaceOf(in ConfigOption option) => new(option.Name.Text, option.Line, option.Name.Tag != OptionName.None);

    /// <summary>What was read of a client.</summary>
    /// <param name="Section">Its section.</param>
    /// <param name="Definition">What that says.</param>
    /// <param name="HasKey">Whether it has a key by which it can be found.</param>
    /// <param name="IsPlain">Whether it has the standard checker.</param>
    private readonly record struct Candidate(ConfigSection Section, ClientDefinition Definition, bool HasKey, bool IsPlain)
    {
        public bool IsUsable => HasKey && !Section.IsFaulty;

        public Candidate WithoutFingerprint()
            => this with { Definition = Definition with { Settings = Definition.Settings with { Fingerprint = null } } };
    }
}
