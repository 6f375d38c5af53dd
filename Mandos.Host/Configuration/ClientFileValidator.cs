using System.Collections.ObjectModel;
using System.Text;
using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;

namespace Mandos.Host.Configuration;

/// <summary>Turns the options of clients into their settings, and reports what is wrong or doubtful.</summary>
/// <param name="file">The parsed files.</param>
internal sealed class ClientFileValidator(ClientFileParser file) : IDisposable
{
    private const string SilentRefusal = "False without an approval_delay: each request is refused at once, unless an approval is in force; "
        + "set approval_delay to the time in which somebody can approve";

    private readonly ConfigDocument _document = file.Document;
    private readonly ClientKeys _keys = new(file.Document);
    private readonly SecretReader _secrets = new(file.Document);
    private readonly HashSet<string> _leftOut = new(StringComparer.Ordinal);

    /// <summary>Texts that many clients share, such as the checker.</summary>
    private readonly Dictionary<string, string> _shared = new(StringComparer.Ordinal);

    /// <summary>Good values of constant options, by <see cref="KnownOption"/>: what many clients share is parsed once.</summary>
    private readonly object?[] _constants = new object?[KnownOptions.Count];

    private readonly List<OptionPlace> _useless = [];
    private readonly HashSet<OptionName> _uselessNames = [];

    /// <summary>The client that is being read.</summary>
    private ConfigSection Section => file.Section;

    /// <summary>Names of the clients that cannot be used.</summary>
    public IReadOnlySet<string> LeftOut => _leftOut;

    /// <summary>Files with secrets that could not be read, but may be readable later.</summary>
    public IReadOnlyList<string> UnreadSecrets => _secrets.Unread;

    /// <summary>Options for plugins that clients with the standard checker set, each once.</summary>
    public IReadOnlyList<OptionPlace> UselessOptions => _useless;

    /// <summary>Validates all clients. To be called once.</summary>
    /// <returns>Those that can be used, in the order of the files; the caller becomes the owner of their secrets.</returns>
    public List<ClientCandidate> Validate()
    {
        List<ClientCandidate> clients = [];
        foreach (ConfigSection section in _document.Sections)
        {
            file.MoveTo(section);
            if (ReadClient() is { } client)
            {
                clients.Add(client);
            }
            else
            {
                _leftOut.Add(section.Name);
            }
        }

        _keys.JudgeNext();
        clients = clients.ConvertAll(client => _keys.WithoutShared(client).WithoutFaultyNext());
        foreach (ClientCandidate client in clients.Where(client => !client.IsUsable))
        {
            _leftOut.Add(client.Definition.Name);
            client.Definition.DisposeSecrets();
        }

        clients.RemoveAll(client => !client.IsUsable);
        return clients;
    }

    /// <inheritdoc/>
    public void Dispose() => _secrets.Dispose();

    /// <returns>Null if its secret is missing or bad.</returns>
    private ClientCandidate? ReadClient()
    {
        if (Section.Name.Contains('\0'))
        {
            // D-Bus cannot carry it
            Report("has a NUL character in its name, which is not allowed");
        }

        bool hasKey = ReadKeys(out string? keyId, out string? fingerprint);
        string checker = ReadText(KnownOption.CheckerPlugin);
        bool isPlain = checker is "" or ClientDefinition.StandardChecker;
        ClientSettings settings = ReadSettings(new ClientSettings
        {
            KeyId = keyId,
            Fingerprint = fingerprint,
            CheckerPlugin = checker.Length > 0 ? Share(checker) : null,
            ApproveAll = ReadBoolean(KnownOption.ApproveAll) ?? false,
            Options = ReadUnknown(isPlain),
        });
        bool? enabled = ReadBoolean(KnownOption.Enabled);
        if (!settings.ApprovedByDefault && settings.ApprovalDelay == TimeSpan.Zero)
        {
            _document.Warn(file[KnownOptions.Of(ClientSetting.ApprovedByDefault)]!.Value, SilentRefusal);
        }

        NextKey? next = ReadNext(out ConfigSection? part);
        if (ReadSecret() is not { } secret)
        {
            next?.Secret.Dispose();
            return null;
        }

        return new(Section, new() { Name = Section.Name, Settings = settings, Enabled = enabled ?? false, Secret = secret, Next = next }, hasKey, isPlain, part);
    }

    /// <summary>Reads the key and the secret that are to take the place of the present ones.</summary>
    /// <param name="part">What is faulty if they are bad, which has been reported then; null if there are none.</param>
    /// <returns>Null if there are none, or they are bad.</returns>
    private NextKey? ReadNext(out ConfigSection? part)
    {
        ConfigOption? key = file[KnownOption.NextKeyId];
        ConfigOption? given = file[KnownOption.NextSecret] ?? file[KnownOption.NextSecFile];
        part = key is null && given is null ? null : Section.Part();
        if (part is null)
        {
            return null;
        }

        if (key is null)
        {
            _document.Report(part, given!.Value, "has no next_key_id; each needs the other");
            return null;
        }

        if (given is null)
        {
            _document.Report(part, key.Value, "has neither next_secret nor next_secfile; each needs the other");
            return null;
        }

        string? fault = ReadKey(KnownOption.NextKeyId, 64, part, out string? keyId);
        if (keyId is null)
        {
            if (!part.IsFaulty)
            {
                _document.Report(part, key.Value, fault ?? "is empty; without a next key, leave it and the next secret out");
            }

            return null;
        }

        _keys.AddNext(Section, part, key.Value, keyId);
        Secret? secret = file[KnownOption.NextSecret] is { } text ? _secrets.ReadText(part, text) : _secrets.ReadFile(part, given.Value);
        return secret is null ? null : new NextKey(keyId, secret);
    }

    /// <summary>Reads the keys by which the client is found.</summary>
    /// <returns>Whether there is one; if not, that has been reported.</returns>
    private bool ReadKeys(out string? keyId, out string? fingerprint)
    {
        string? badKeyId = ReadKey(KnownOption.KeyId, 64, Section, out keyId);
        string? badFingerprint = ReadKey(KnownOption.Fingerprint, 40, Section, out fingerprint);
        if (keyId is null && fingerprint is null && badKeyId is null && badFingerprint is null)
        {
            if (Section.Name.Trim().Equals(ConfigDocument.DefaultSection, StringComparison.OrdinalIgnoreCase))
            {
                // Ignoring it would serve the clients without it.
                _document.Report(_document.Defaults, Section.Line, $"is not [{ConfigDocument.DefaultSection}], which has capital letters and no blanks");
                return false;
            }

            _document.Warn(Section.Line, $"client [{OptionValues.Show(Section.Name)}] has neither key_id nor fingerprint, so it is left out; it needs one");
            return false;
        }

        // A good one suffices: people who have only one write nonsense for the other, because Debian's server wants both.
        Judge(KnownOption.KeyId, badKeyId, isOtherGood: fingerprint is not null);
        Judge(KnownOption.Fingerprint, badFingerprint, isOtherGood: keyId is not null);
        if (keyId is not null)
        {
            _keys.Add(Section, file[KnownOption.KeyId]!.Value, keyId, isOnlyKey: true);
        }

        if (fingerprint is not null)
        {
            _keys.Add(Section, file[KnownOption.Fingerprint]!.Value, fingerprint, isOnlyKey: keyId is null);
        }

        return keyId is not null || fingerprint is not null;
    }

    private void Judge(KnownOption known, string? fault, bool isOtherGood)
    {
        if (fault is null)
        {
            return;
        }

        ConfigOption option = file[known]!.Value;
        if (isOtherGood)
        {
            string other = KnownOptions.NameOf(known == KnownOption.KeyId ? KnownOption.Fingerprint : KnownOption.KeyId);
            _document.Warn(option, $"{fault}; the client is found by its {other} alone");
        }
        else
        {
            _document.Report(Section, option, fault);
        }
    }

    /// <summary>Reads a hash in hexadecimal.</summary>
    /// <param name="known">The option.</param>
    /// <param name="digits">How many digits it must have.</param>
    /// <param name="section">What is faulty if it cannot be read.</param>
    /// <param name="key">The digits in upper case; null if there are none, or bad ones.</param>
    /// <returns>What is wrong; null if nothing is, or it was reported.</returns>
    private string? ReadKey(KnownOption known, int digits, ConfigSection section, out string? key)
    {
        key = null;
        if (file[known] is not ConfigOption option || !_document.TryRead(section, option, out ReadOnlySpan<byte> value))
        {
            return null;
        }

        string? fault = ClientKey.Parse(value, digits, out key, out bool isDecorated);
        if (key is not null && isDecorated)
        {
            _document.Warn(option, $"has more than its {digits} digits: the prefix or the colons are ignored; leave them out");
        }

        return fault;
    }

    /// <summary>Reads all that can change while the server runs.</summary>
    /// <param name="settings">The other settings.</param>
    private ClientSettings ReadSettings(ClientSettings settings)
    {
        for (int i = 0; i < ClientSetting.All.Count; i++)
        {
            KnownOption known = KnownOption.Settings + i;
            settings = ClientSetting.All[i] switch
            {
                ClientSetting<string> { Choices.Count: > 0 } choice => ReadChoice(known, choice) is { } value ? choice.Set(settings, value) : settings,
                ClientSetting<string> text => text.Set(settings, ShareUnlessHost(text, ReadText(known))),
                ClientSetting<bool> flag => ReadBoolean(known) is { } value ? flag.Set(settings, value) : settings,
                ClientSetting<TimeSpan> duration => ReadDuration(known, duration) is { } value ? duration.Set(settings, value) : settings,
                var setting => throw new NotSupportedException($"{setting} cannot be in a file"),
            };
        }

        return settings;
    }

    /// <summary>Hosts are all different.</summary>
    private string ShareUnlessHost(ClientSetting<string> setting, string text) => setting == ClientSetting.Host ? text : Share(text);

    private string ReadText(KnownOption known)
    {
        if (Recall(known) is string constant)
        {
            return constant;
        }

        if (file[known] is not ConfigOption option || !_document.TryRead(Section, option, out ReadOnlySpan<byte> value))
        {
            return "";
        }

        string text = value.IsEmpty ? "" : Encoding.UTF8.GetString(value);
        if (value.Contains((byte)0))
        {
            _document.Report(Section, option, "has a NUL character, which no value can have");
            return text;
        }

        Remember(known, text);
        return text;
    }

    private string? ReadChoice(KnownOption known, ClientSetting<string> setting)
    {
        ConfigOption option = file[known]!.Value;
        if (!_document.TryRead(Section, option, out ReadOnlySpan<byte> utf8))
        {
            return null;
        }

        string value = Encoding.UTF8.GetString(utf8);
        if (setting.FindFault(value) is { } fault)
        {
            _document.Report(Section, option, $"{OptionValues.Quote(Encoding.UTF8.GetString(_document.ReadRaw(option)))} is not allowed: it {fault}");
            return null;
        }

        return Share(value);
    }

    private TimeSpan? ReadDuration(KnownOption known, ClientSetting<TimeSpan> setting)
        => Recall(known) is TimeSpan constant ? constant : ReadNewDuration(known, setting);

    private TimeSpan? ReadNewDuration(KnownOption known, ClientSetting<TimeSpan> setting)
    {
        string? doubt = null;
        if (Read<TimeSpan>(known, (string text, out TimeSpan value) => Duration.Parse(text, out value, out doubt)) is not { } duration)
        {
            return null;
        }

        ConfigOption option = file[known]!.Value;
        if (doubt is not null)
        {
            _ = Duration.Parse(Encoding.UTF8.GetString(_document.ReadRaw(option)), out _, out string? rawDoubt);
            _document.Warn(option, rawDoubt ?? doubt);
        }

        if (setting.FindFault(duration) is not null)
        {
            _document.Report(Section, option, $"{OptionValues.Quote(Encoding.UTF8.GetString(_document.ReadRaw(option)))} is not longer than zero");
        }
        else if (doubt is null)
        {
            Remember(known, duration);
        }

        return duration;
    }

    private bool? ReadBoolean(KnownOption known)
    {
        if (Recall(known) is bool constant)
        {
            return constant;
        }

        bool? flag = Read<bool>(known, OptionValues.ParseBoolean);
        Remember(known, flag);
        return flag;
    }

    /// <summary>The good value of a constant option that an earlier client had too; null if there is none.</summary>
    private object? Recall(KnownOption known) => file.IsConstant(known) ? _constants[(int)known] : null;

    /// <summary>Keeps a value for the clients that follow, if the option is constant.</summary>
    /// <param name="known">The option.</param>
    /// <param name="value">The value; null if it is bad.</param>
    private void Remember(KnownOption known, object? value)
    {
        if (file.IsConstant(known))
        {
            _constants[(int)known] = value;
        }
    }

    /// <returns>Null if it is bad, which has been reported.</returns>
    private T? Read<T>(KnownOption known, OptionValues.Parser<T> parse)
        where T : struct
    {
        // Every such option has a built-in default
        ConfigOption option = file[known]!.Value;
        if (!_document.TryRead(Section, option, out ReadOnlySpan<byte> utf8))
        {
            return null;
        }

        string? fault = parse(Encoding.UTF8.GetString(utf8), out T value);
        if (fault is null)
        {
            return value;
        }

        // The message quotes the text as it is written: a reference may have brought in a secret
        _document.Report(Section, option, parse(Encoding.UTF8.GetString(_document.ReadRaw(option)), out _) ?? fault);
        return null;
    }

    /// <summary>The options that are for plugins.</summary>
    /// <param name="areUseless">Whether the client's checker is the standard one, which takes none.</param>
    private IReadOnlyDictionary<string, string> ReadUnknown(bool areUseless)
    {
        if (file.Unknown.Count == 0 && file.UnknownDefaults.Count == 0)
        {
            return ReadOnlyDictionary<string, string>.Empty;
        }

        Dictionary<string, string> options = new(file.Unknown.Count + file.UnknownDefaults.Count, StringComparer.Ordinal);
        foreach (ConfigOption option in file.Unknown)
        {
            if (AddUnknown(option, options) && areUseless && _uselessNames.Add(option.Name))
            {
                _useless.Add(OptionPlace.Of(option));
            }
        }

        foreach (ConfigOption option in file.UnknownDefaults)
        {
            if (!options.ContainsKey(option.Name.Text))
            {
                AddUnknown(option, options);
            }
        }

        return options;
    }

    /// <returns>False if it is not an option but a piece of a secret.</returns>
    private bool AddUnknown(in ConfigOption option, Dictionary<string, string> options)
    {
        if (file.Before(option) is { Name.Tag: (int)KnownOption.Secret or (int)KnownOption.NextSecret } && _document.ReadRaw(option).Trim((byte)'=').IsEmpty)
        {
            // Without its name: that would be a piece of the secret
            _document.Warn(option.Line, "looks like the last line of the secret above it, which is cut short without it; indent it");
            return false;
        }

        bool isRead = _document.TryRead(Section, option, out ReadOnlySpan<byte> value);
        options.Add(option.Name.Text, isRead ? Share(Encoding.UTF8.GetString(value)) : "");
        return true;
    }

    /// <returns>Null if it is missing or bad, which has been reported.</returns>
    private Secret? ReadSecret()
    {
        if (file[KnownOption.Secret] is { } text)
        {
            return _secrets.ReadText(Section, text);
        }

        if (file[KnownOption.SecFile] is { } path)
        {
            return _secrets.ReadFile(Section, path);
        }

        Report("has neither secret nor secfile; it needs one");
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

    private void Report(string fault)
        => _document.Report(Section, Section.Line, $"client [{OptionValues.Show(Section.Name)}] {fault}");
}
