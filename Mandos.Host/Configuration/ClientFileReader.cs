using System.Buffers;
using System.Buffers.Text;
using System.Collections.ObjectModel;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Engine;
using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>Reads the clients from <c>clients.conf</c> and <c>clients.d</c>, described in mandos-clients.conf(5).</summary>
internal sealed class ClientFileReader : IDisposable
{
    /// <summary>The first file in the configuration directory.</summary>
    public const string FileName = "clients.conf";

    /// <summary>The directory beside it whose <c>*.conf</c> files are read after it in ordinal order, as if appended.</summary>
    public const string DirectoryName = "clients.d";

    /// <summary>Largest <c>secfile</c>: hundreds of times a usual secret.</summary>
    public const int MaxSecretFileBytes = 1 << 20;

    // As in stock, other options can refer to them, as in %(timeout)s. The engine's own defaults are the same
    private const string BuiltInDefaults = """
        [DEFAULT]
        timeout = PT5M
        extended_timeout = PT15M
        interval = PT2M
        checker = fping -q -- %%(host)s
        host =
        approval_delay = PT0S
        approval_duration = PT1S
        approved_by_default = True
        enabled = True

        """;

    /// <summary>The options that the server knows, as tags of their names and places in <see cref="_set"/>.</summary>
    private enum Known
    {
        KeyId,
        Fingerprint,
        Secret,
        SecFile,
        Host,
        Checker,
        CheckerPlugin,
        Interval,
        Timeout,
        ExtendedTimeout,
        ApprovalDelay,
        ApprovalDuration,
        ApprovedByDefault,
        Enabled,
    }

    private static readonly string[] _knownNames =
    [
        "key_id", "fingerprint", "secret", "secfile", "host", "checker", "checker_plugin", "interval", "timeout",
        "extended_timeout", "approval_delay", "approval_duration", "approved_by_default", "enabled",
    ];

    private readonly ProblemList _problems = new();
    private readonly ConfigDocument _document;
    private readonly List<ClientDefinition> _clients = [];

    /// <summary>Where each key ID and fingerprint was given first.</summary>
    private readonly Dictionary<string, (ConfigSection Section, int Line)> _keys = new(StringComparer.Ordinal);

    /// <summary>Texts that many clients share, such as the checker.</summary>
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);

    private readonly HashSet<OptionName> _noted = [];

    private readonly ScratchBuffer _secret = new();
    private readonly ConfigOption?[] _defaultSet = new ConfigOption?[_knownNames.Length];
    private readonly List<ConfigOption> _unknownDefaults = [];

    /// <summary>The known options of the client that is being read.</summary>
    private readonly ConfigOption?[] _set = new ConfigOption?[_knownNames.Length];

    private readonly List<ConfigOption> _unknown = [];

    private readonly List<CheckerUse> _uses = [];
    private readonly List<OptionPlace> _useless = [];
    private int _plainClients;
    private int _firstPlainLine;

    private ClientFileReader() => _document = new ConfigDocument(_problems, BuiltInDefaults);

    /// <summary>Reads all clients, or gathers all problems.</summary>
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
        AddFiles(configDirectory, isFileRequired, isDirectoryRequired);
        PrepareNames();
        foreach (ConfigSection section in _document.Sections)
        {
            ReadClient(section);
        }

        bool isFine = _problems.Problems.Count == 0;
        if (!isFine)
        {
            _clients.ForEach(client => client.Secret.Dispose());
        }

        return new ClientFileResult
        {
            Clients = isFine ? _clients : null,
            Problems = _problems.Problems,
            Checkers = new CheckerUses
            {
                Clients = _uses,
                PlainClients = _plainClients,
                FirstPlainLine = _firstPlainLine,
                PlainOptions = _useless,
                Defaults = Places(_document.Defaults),
                Lines = _document.Lines,
            },
        };
    }

    private void AddFiles(string configDirectory, bool isFileRequired, bool isDirectoryRequired)
    {
        _document.AddFile(Path.Combine(configDirectory, FileName), isFileRequired);
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

            return;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            string reason = e is UnauthorizedAccessException ? "permission denied" : "it is no directory";
            _problems.Add(new ConfigProblem(directory, 0, $"cannot be read: {reason}"));
            return;
        }

        Array.Sort(more, StringComparer.Ordinal);
        foreach (string path in more)
        {
            // As the shell's *.conf: an editor's lock file such as .#a.conf is none of ours
            if (!Path.GetFileName(path).StartsWith('.'))
            {
                _document.AddFile(path, required: true);
            }
        }
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
        int problems = _problems.Problems.Count;
        Array.Copy(_defaultSet, _set, _set.Length);
        _unknown.Clear();
        Sort(_document.OptionsOf(section), _set, _unknown);
        if (section.Name.Contains('\0'))
        {
            // D-Bus cannot carry it
            Report(section, "has a NUL character in its name, which is not allowed");
        }

        bool hasKeyId = ReadKey(section, Known.KeyId, 64, out string? keyId);
        bool hasFingerprint = ReadKey(section, Known.Fingerprint, 40, out string? fingerprint);
        if (!hasKeyId && !hasFingerprint)
        {
            Report(section, "has neither key_id nor fingerprint; it needs one");
        }

        string checker = ReadText(section, Known.CheckerPlugin);
        bool isPlain = checker is "" or EngineOptions.StandardChecker;
        ClientSettings settings = new()
        {
            KeyId = keyId,
            Fingerprint = fingerprint,
            Host = ReadText(section, Known.Host),
            Checker = Share(ReadText(section, Known.Checker)),
            CheckerPlugin = checker.Length > 0 ? Share(checker) : null,
            Interval = ReadInterval(section),
            Timeout = ReadDuration(section, Known.Timeout),
            ExtendedTimeout = ReadDuration(section, Known.ExtendedTimeout),
            ApprovalDelay = ReadDuration(section, Known.ApprovalDelay),
            ApprovalDuration = ReadDuration(section, Known.ApprovalDuration),
            ApprovedByDefault = ReadBoolean(section, Known.ApprovedByDefault),
            Options = ReadUnknown(section, isPlain),
        };
        bool enabled = ReadBoolean(section, Known.Enabled);
        if (ReadSecret(section) is Secret secret)
        {
            _clients.Add(new ClientDefinition { Name = section.Name, Settings = settings, Enabled = enabled, Secret = secret });
        }

        if (isPlain)
        {
            _plainClients++;
            _firstPlainLine = _firstPlainLine > 0 ? _firstPlainLine : section.Line;
        }
        else if (_problems.Problems.Count == problems)
        {
            _uses.Add(new CheckerUse { Client = section.Name, Settings = settings, Line = section.Line, Options = Places(section) });
        }
    }

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

    /// <summary>Reads a hash in hexadecimal.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="known">The option.</param>
    /// <param name="digits">How many digits it must have.</param>
    /// <param name="key">The digits in upper case; null if there are none, or bad ones, which have been reported.</param>
    /// <returns>Whether the option is there and not empty.</returns>
    private bool ReadKey(ConfigSection section, Known known, int digits, out string? key)
    {
        key = null;
        if (_set[(int)known] is not ConfigOption option)
        {
            return false;
        }

        if (!_document.TryRead(section, option, out ReadOnlySpan<byte> value))
        {
            return true;
        }

        Span<char> hex = stackalloc char[digits];
        int count = 0;
        bool isHex = true;
        foreach (byte b in value)
        {
            if (char.IsAsciiHexDigit((char)b))
            {
                if (count < digits)
                {
                    hex[count] = char.ToUpperInvariant((char)b);
                }

                count++;
            }
            else
            {
                isHex &= b is (byte)' ' or (byte)'\t' or (byte)'\n';
            }
        }

        if (!isHex || (count != 0 && count != digits))
        {
            Report(option, $"is not {digits} hexadecimal digits" + (isHex ? $" but {count}" : ""));
            return true;
        }

        if (count == 0)
        {
            return false;
        }

        if (hex.SequenceEqual(ClientDefinition.EmptyKeyId))
        {
            Report(option, "is the key ID of an empty key, which no client has; take it from the client's mandos-keygen");
            return true;
        }

        key = hex.ToString();
        if (!_keys.TryAdd(key, (section, option.Line)))
        {
            (ConfigSection other, int line) = _keys[key];
            string place = _document.Place(line);
            Report(option, $"is that of client [{OptionValues.Show(other.Name)}] too, at {place}; each client needs its own");
        }

        return true;
    }

    private string ReadText(ConfigSection section, Known known)
    {
        if (_set[(int)known] is not ConfigOption option || !_document.TryRead(section, option, out ReadOnlySpan<byte> value))
        {
            return "";
        }

        if (value.Contains((byte)0))
        {
            Report(option, "has a NUL character, which no command or host name can have");
        }

        return value.IsEmpty ? "" : Encoding.UTF8.GetString(value);
    }

    private TimeSpan ReadDuration(ConfigSection section, Known known) => Read<TimeSpan>(section, known, Duration.Parse);

    private TimeSpan ReadInterval(ConfigSection section) => Read<TimeSpan>(
        section,
        Known.Interval,
        (string text, out TimeSpan value) => Duration.Parse(text, out value)
            ?? (value > TimeSpan.Zero ? null : $"{OptionValues.Quote(text)} is not longer than zero"));

    private bool ReadBoolean(ConfigSection section, Known known) => Read<bool>(section, known, OptionValues.ParseBoolean);

    private T Read<T>(ConfigSection section, Known known, OptionValues.Parser<T> parse)
    {
        // Every such option has a built-in default
        ConfigOption option = _set[(int)known]!.Value;
        if (!_document.TryRead(section, option, out ReadOnlySpan<byte> utf8))
        {
            return default!;
        }

        string? fault = parse(Encoding.UTF8.GetString(utf8), out T value);
        if (fault is not null)
        {
            // The message quotes the text as it is written: a reference may have brought in a secret
            Report(option, parse(Encoding.UTF8.GetString(_document.ReadRaw(option)), out _) ?? fault);
        }

        return value;
    }

    /// <summary>The options that are for plugins.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="areUseless">Whether the client's checker is the standard one, which takes none.</param>
    private IReadOnlyDictionary<string, string> ReadUnknown(ConfigSection section, bool areUseless)
    {
        if (_unknown.Count == 0 && _unknownDefaults.Count == 0)
        {
            return ReadOnlyDictionary<string, string>.Empty;
        }

        Dictionary<string, string> options = new(_unknown.Count + _unknownDefaults.Count, StringComparer.Ordinal);
        foreach (ConfigOption option in _unknown)
        {
            if (AddUnknown(section, option, options) && areUseless && _noted.Add(option.Name))
            {
                _useless.Add(PlaceOf(option));
            }
        }

        foreach (ConfigOption option in _unknownDefaults)
        {
            if (!options.ContainsKey(option.Name.Text))
            {
                AddUnknown(section, option, options);
            }
        }

        return options;
    }

    /// <returns>False if it is not an option but a piece of a secret.</returns>
    private bool AddUnknown(ConfigSection section, in ConfigOption option, Dictionary<string, string> options)
    {
        if (FollowsSecret(section, option) && _document.ReadRaw(option).Trim((byte)'=').IsEmpty)
        {
            // Without its name: that would be a piece of the secret
            _document.Report(option.Line, "looks like the last line of the secret above it; indent it");
            return false;
        }

        bool isRead = _document.TryRead(section, option, out ReadOnlySpan<byte> value);
        options.Add(option.Name.Text, isRead ? Share(Encoding.UTF8.GetString(value)) : "");
        return true;
    }

    private static bool IsSecret(in ConfigOption option) => option.Name.Tag == (int)Known.Secret;

    private bool FollowsSecret(ConfigSection section, in ConfigOption option)
    {
        ReadOnlySpan<ConfigOption> options = _document.OptionsOf(section);
        int place = options.IndexOf(option);
        return place > 0 && IsSecret(options[place - 1]);
    }

    private Secret? ReadSecret(ConfigSection section)
    {
        _secret.Clear();
        if (_set[(int)Known.Secret] is ConfigOption secret)
        {
            if (!_document.TryRead(section, secret, out ReadOnlySpan<byte> base64))
            {
                return null;
            }

            Span<byte> room = _secret.Room(Base64.GetMaxDecodedFromUtf8Length(base64.Length));
            if (Base64.DecodeFromUtf8(base64, room, out _, out int length) == OperationStatus.Done)
            {
                return new Secret(room[..length]);
            }

            Report(secret, "is not valid base64; paste what mandos-keygen --password printed, every line indented");
            return null;
        }

        if (_set[(int)Known.SecFile] is ConfigOption file)
        {
            bool isRead = _document.TryRead(section, file, out ReadOnlySpan<byte> path);
            return isRead ? ReadSecretFile(file, Encoding.UTF8.GetString(path)) : null;
        }

        Report(section, "has neither secret nor secfile; it needs one");
        return null;
    }

    private Secret? ReadSecretFile(in ConfigOption option, string name)
    {
        string path = name;
        string? fault = null;
        try
        {
            path = PathExpansion.Expand(name);
            using FileStream file = InputFile.Open(path);
            if (_secret.AppendAll(file, MaxSecretFileBytes))
            {
                return new Secret(_secret.Written);
            }

            fault = $"is larger than {MaxSecretFileBytes >> 10} KiB, which is the most allowed";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            fault = $"cannot be read: {InputFile.Describe(e, path)}";
        }
        catch (ArgumentException)
        {
            fault = "is no file name";
        }

        // As with other values, the text as it is written
        Report(option, $"{OptionValues.Quote(Encoding.UTF8.GetString(_document.ReadRaw(option)))} {fault}");
        return null;
    }

    /// <summary>One string for all equal ones.</summary>
    private string Share(string text)
    {
        if (_shared.TryGetValue(text, out string? shared))
        {
            return shared;
        }

        _shared.Add(text, text);
        return text;
    }

    private void Report(ConfigSection section, string fault) =>
        _document.Report(section.Line, $"client [{OptionValues.Show(section.Name)}] {fault}");

    private void Report(in ConfigOption option, string fault) => _document.Report(option.Line, $"{option.Name.Text}: {fault}");
}
