using System.Collections.ObjectModel;
using System.Globalization;
using System.Text;
using Mandos.Abstractions.Clients;

namespace Mandos.Host.Configuration;

// The options of one client
internal sealed partial class ClientFileReader
{
    /// <summary>Reads the keys by which the client is found.</summary>
    /// <returns>Whether there is one; if not, that has been reported.</returns>
    private bool ReadKeys(ConfigSection section, out string? keyId, out string? fingerprint)
    {
        string? badKeyId = ReadKey(section, Known.KeyId, 64, out keyId);
        string? badFingerprint = ReadKey(section, Known.Fingerprint, 40, out fingerprint);
        if (keyId is null && fingerprint is null && badKeyId is null && badFingerprint is null)
        {
            if (section.Name.Trim().Equals(ConfigDocument.DefaultSection, StringComparison.OrdinalIgnoreCase))
            {
                // To pass it over would be to serve the clients without it.
                _document.Report(_document.Defaults, section.Line, $"is not [{ConfigDocument.DefaultSection}], which has capital letters and no blanks");
                return false;
            }

            _document.Warn(section.Line, $"client [{OptionValues.Show(section.Name)}] has neither key_id nor fingerprint, so it is left out; it needs one");
            return false;
        }

        // One that is good will do: who has only the one is used to write nonsense for the other, which Debian's server wants as well.
        Judge(section, Known.KeyId, badKeyId, isOtherGood: fingerprint is not null);
        Judge(section, Known.Fingerprint, badFingerprint, isOtherGood: keyId is not null);
        NoteKey(section, Known.KeyId, keyId, isOnlyKey: true);
        NoteKey(section, Known.Fingerprint, fingerprint, isOnlyKey: keyId is null);
        return keyId is not null || fingerprint is not null;
    }

    private void Judge(ConfigSection section, Known known, string? fault, bool isOtherGood)
    {
        if (fault is null)
        {
            return;
        }

        ConfigOption option = _set[(int)known]!.Value;
        if (isOtherGood)
        {
            Warn(option, $"{fault}; the client is found by its {_knownNames[(int)(known == Known.KeyId ? Known.Fingerprint : Known.KeyId)]} alone");
        }
        else
        {
            Report(section, option, fault);
        }
    }

    /// <summary>Notes whose a key is. If another client has it too, nobody can be found by it.</summary>
    private void NoteKey(ConfigSection section, Known known, string? key, bool isOnlyKey)
    {
        if (key is null)
        {
            return;
        }

        ConfigOption option = _set[(int)known]!.Value;
        GivenKey given = new(section, option.Line, isOnlyKey, IsShared: false);
        if (_keys.TryAdd(key, given))
        {
            return;
        }

        GivenKey first = _keys[key];
        _keys[key] = first with { IsShared = true };
        string fault = $"is that of client [{OptionValues.Show(first.Section.Name)}] too, at {_document.Place(first.Line)}; each client needs its own";
        if (isOnlyKey || first.IsOnlyKey)
        {
            Report(isOnlyKey ? section : first.Section, option, fault);
        }
        else
        {
            Warn(option, $"{fault}; both are found by their key_id alone");
        }
    }

    /// <summary>Reads a hash in hexadecimal.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="known">The option.</param>
    /// <param name="digits">How many digits it must have.</param>
    /// <param name="key">The digits in upper case; null if there are none, or bad ones.</param>
    /// <returns>What is wrong; null if nothing is, or it was reported.</returns>
    private string? ReadKey(ConfigSection section, Known known, int digits, out string? key)
    {
        key = null;
        if (_set[(int)known] is not ConfigOption option || !_document.TryRead(section, option, out ReadOnlySpan<byte> value))
        {
            return null;
        }

        string? fault = ClientKey.Parse(value, digits, out key, out bool isDecorated);
        if (key is not null && isDecorated)
        {
            Warn(option, $"has more than its {digits} digits: the prefix or the colons are passed over; leave them out");
        }

        return fault;
    }

    /// <summary>How a default is written in a file.</summary>
    private static string Default(ClientSetting setting) => setting switch
    {
        ClientSetting<string> text => text.Default.Replace("%", "%%", StringComparison.Ordinal),
        ClientSetting<bool> flag => flag.Default ? "True" : "False",
        ClientSetting<TimeSpan> duration => string.Create(CultureInfo.InvariantCulture, $"PT{duration.Default.TotalSeconds}S"),
        _ => throw new NotSupportedException($"{setting} cannot be in a file"),
    };

    private static Known TagOf(ClientSetting setting)
    {
        int index = 0;
        while (ClientSetting.All[index] != setting)
        {
            index++;
        }

        return Known.Settings + index;
    }

    /// <summary>Reads all that can change while the server runs.</summary>
    /// <param name="section">The client's section.</param>
    /// <param name="settings">The other settings.</param>
    private ClientSettings ReadSettings(ConfigSection section, ClientSettings settings)
    {
        for (int i = 0; i < ClientSetting.All.Count; i++)
        {
            Known known = Known.Settings + i;
            settings = ClientSetting.All[i] switch
            {
                ClientSetting<string> text => text.Set(settings, ShareUnlessHost(text, ReadText(section, known))),
                ClientSetting<bool> flag => ReadBoolean(section, known) is { } value ? flag.Set(settings, value) : settings,
                ClientSetting<TimeSpan> duration => ReadDuration(section, known, duration) is { } value ? duration.Set(settings, value) : settings,
                var setting => throw new NotSupportedException($"{setting} cannot be in a file"),
            };
        }

        return settings;
    }

    /// <summary>Hosts are all different.</summary>
    private string ShareUnlessHost(ClientSetting<string> setting, string text) => setting == ClientSetting.Host ? text : Share(text);

    private string ReadText(ConfigSection section, Known known)
    {
        if (_set[(int)known] is not ConfigOption option || !_document.TryRead(section, option, out ReadOnlySpan<byte> value))
        {
            return "";
        }

        if (value.Contains((byte)0))
        {
            Report(section, option, "has a NUL character, which no value can have");
        }

        return value.IsEmpty ? "" : Encoding.UTF8.GetString(value);
    }

    private TimeSpan? ReadDuration(ConfigSection section, Known known, ClientSetting<TimeSpan> setting)
    {
        string? doubt = null;
        TimeSpan? value = Read<TimeSpan>(section, known, (string text, out TimeSpan value) => Duration.Parse(text, out value, out doubt));
        ConfigOption option = _set[(int)known]!.Value;
        if (doubt is not null)
        {
            _ = Duration.Parse(Encoding.UTF8.GetString(_document.ReadRaw(option)), out _, out string? rawDoubt);
            Warn(option, rawDoubt ?? doubt);
        }

        if (value is { } duration && setting.FindFault(duration) is not null)
        {
            Report(section, option, $"{OptionValues.Quote(Encoding.UTF8.GetString(_document.ReadRaw(option)))} is not longer than zero");
        }

        return value;
    }

    private bool? ReadBoolean(ConfigSection section, Known known) => Read<bool>(section, known, OptionValues.ParseBoolean);

    /// <returns>Null if it is bad, which has been reported.</returns>
    private T? Read<T>(ConfigSection section, Known known, OptionValues.Parser<T> parse)
        where T : struct
    {
        // Every such option has a built-in default
        ConfigOption option = _set[(int)known]!.Value;
        if (!_document.TryRead(section, option, out ReadOnlySpan<byte> utf8))
        {
            return null;
        }

        string? fault = parse(Encoding.UTF8.GetString(utf8), out T value);
        if (fault is null)
        {
            return value;
        }

        // The message quotes the text as it is written: a reference may have brought in a secret
        Report(section, option, parse(Encoding.UTF8.GetString(_document.ReadRaw(option)), out _) ?? fault);
        return null;
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
            _document.Warn(option.Line, "looks like the last line of the secret above it, which is cut short without it; indent it");
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

    private void Report(ConfigSection section, string fault)
        => _document.Report(section, section.Line, $"client [{OptionValues.Show(section.Name)}] {fault}");

    private void Report(ConfigSection section, in ConfigOption option, string fault)
        => _document.Report(section, option.Line, $"{option.Name.Text}: {fault}");

    private void Warn(in ConfigOption option, string doubt) => _document.Warn(option.Line, $"{option.Name.Text}: {doubt}");

    /// <summary>Where a key was given first.</summary>
    /// <param name="Section">The client's section.</param>
    /// <param name="Line">The option's line.</param>
    /// <param name="IsOnlyKey">Whether the client cannot be found otherwise, or must not be.</param>
    /// <param name="IsShared">Whether another client has it too.</param>
    private readonly record struct GivenKey(ConfigSection Section, int Line, bool IsOnlyKey, bool IsShared);
}
