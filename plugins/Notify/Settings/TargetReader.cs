using System.Globalization;
using Mandos.Abstractions.Plugins;
using Mandos.Notify.Messages;

namespace Mandos.Notify.Settings;

/// <summary>Reads the settings of one target, and gathers what is wrong with them. Messages hold no values, which may be secrets.</summary>
/// <param name="kind">The kind of target.</param>
/// <param name="name">Its name.</param>
/// <param name="settings">All settings of the plugin.</param>
/// <param name="problems">Gets what is wrong.</param>
internal sealed class TargetReader(
    string kind, string name, IReadOnlyDictionary<string, string> settings, ICollection<PluginSettingException> problems)
{
    private readonly string _prefix = $"{kind}.{name}.";

    /// <summary>What every target has.</summary>
    public TargetScope Scope() => new()
    {
        Name = $"{kind} {name}",
        Events = Events(),
        Clients = List(SettingNames.Clients),
        RootCertificate = OptionalPath(SettingNames.RootCertificate),
    };

    /// <summary>A text that need not be there.</summary>
    public string? OptionalText(string option)
    {
        if (!settings.TryGetValue(_prefix + option, out string? text))
        {
            return null;
        }

        if (text.Length == 0 || text.Any(char.IsControl))
        {
            Report(option, "is empty, or has control characters");
        }

        return text;
    }

    /// <summary>A text that has to be there; empty if it is not, which is reported.</summary>
    /// <param name="option">The option.</param>
    /// <param name="example">What could be there.</param>
    public string Text(string option, string example)
    {
        string? text = OptionalText(option);
        if (text is null)
        {
            Report(option, $"is missing; write {example}");
        }

        return text ?? "";
    }

    /// <summary>A list, or a single text; empty if there is none.</summary>
    public IReadOnlyList<string> List(string option)
    {
        List<(int Index, string Text)> texts = [];
        if (settings.TryGetValue(_prefix + option, out string? single))
        {
            texts.Add((0, single));
        }

        string listPrefix = $"{_prefix}{option}.";
        foreach ((string key, string text) in settings.Where(setting => setting.Key.StartsWith(listPrefix, StringComparison.Ordinal)))
        {
            if (int.TryParse(key.AsSpan(listPrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int index))
            {
                texts.Add((index, text));
            }
            else
            {
                problems.Add(new PluginSettingException(key, "has a name where a list has to be"));
            }
        }

        foreach ((int index, string text) in texts.Where(static one => one.Text.Length == 0 || one.Text.Any(char.IsControl)))
        {
            Report(index == 0 ? option : $"{option}.{index}", "is empty, or has control characters");
        }

        return [.. texts.OrderBy(static one => one.Index).Select(static one => one.Text)];
    }

    /// <summary>An address on the web; one that stands for nothing if there is none, which is reported.</summary>
    /// <param name="option">The option.</param>
    /// <param name="example">What could be there.</param>
    /// <param name="otherwise">What it is if it is not there; null if it has to be.</param>
    public Uri Url(string option, string example, string? otherwise = null)
    {
        string text = otherwise is null ? Text(option, example) : OptionalText(option) ?? otherwise;
        if (WebAddress.FindFault(text, out Uri url) is { } fault && text.Length > 0)
        {
            Report(option, $"{fault}; write {example}");
        }

        return url;
    }

    /// <summary>A path.</summary>
    public string? OptionalPath(string option)
    {
        string? path = OptionalText(option);
        if (path is not null && !Path.IsPathFullyQualified(path))
        {
            Report(option, "is not an absolute path");
        }

        return path;
    }

    /// <summary>A number of a port.</summary>
    public int Port(string option, int otherwise)
    {
        string? text = OptionalText(option);
        if (text is null)
        {
            return otherwise;
        }

        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0)
        {
            return port;
        }

        Report(option, "is no port: 1 to 65535");
        return otherwise;
    }

    /// <summary>Where a secret is; null if it is nowhere.</summary>
    public SecretSource? OptionalSecret(string option)
    {
        string? path = OptionalPath(option + SettingNames.File);
        string? credential = OptionalText(option + SettingNames.Credential);
        if (credential is not null && (credential.Contains('/', StringComparison.Ordinal) || credential is "." or ".."))
        {
            Report(option + SettingNames.Credential, "is not a name, such as that before the colon of LoadCredential= in the unit of the server");
        }

        if (path is not null && credential is not null)
        {
            Report(option + SettingNames.Credential, $"is there beside {option}{SettingNames.File}; one of them is enough");
        }

        return path is null && credential is null ? null : new SecretSource(path, path is null ? credential : null);
    }

    /// <summary>Where a secret is that has to be somewhere.</summary>
    public SecretSource Secret(string option)
    {
        SecretSource? source = OptionalSecret(option);
        if (source is null)
        {
            Report(option + SettingNames.File, $"is missing; write the path of a file that only the server can read, or {option}{SettingNames.Credential}");
        }

        return source ?? new SecretSource("", null);
    }

    /// <summary>Notes a mistake.</summary>
    public void Report(string option, string message) => problems.Add(new PluginSettingException(_prefix + option, message));

    /// <summary>The events that the target is told.</summary>
    private HashSet<EventKind> Events()
    {
        IReadOnlyList<string> words = List(SettingNames.Events);
        if (words.Count == 0)
        {
            return [.. EventWords.Default];
        }

        HashSet<EventKind> kinds = [];
        for (int i = 0; i < words.Count; i++)
        {
            if (EventWords.Parse(words[i]) is { } known)
            {
                kinds.Add(known);
            }
            else
            {
                string option = settings.ContainsKey(_prefix + SettingNames.Events) ? SettingNames.Events : $"{SettingNames.Events}.{i + 1}";
                Report(option, $"is no event; there are {string.Join(", ", EventWords.Choices)}");
            }
        }

        return kinds;
    }
}
