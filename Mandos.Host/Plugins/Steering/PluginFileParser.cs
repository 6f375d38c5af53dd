using Mandos.Host.Configuration;
using Mandos.Host.Plugins.Discovery;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Mandos.Host.Plugins.Steering;

/// <summary>
/// Goes through the events of <c>plugins.yaml</c> one by one: each has its line, nothing is built that the file does not need, and its
/// size bounds the work. After a mistake in the content it goes on; one in the YAML itself is the last.
/// </summary>
/// <param name="nothing">The options to begin with.</param>
/// <param name="text">What the file holds.</param>
internal sealed class PluginFileParser(PluginOptions nothing, string text)
{
    private readonly ProblemList _problems = new();
    private readonly Dictionary<PluginKind, PlacedText> _choices = [];
    private readonly Dictionary<string, PluginEntry> _plugins = new(StringComparer.Ordinal);
    private readonly Parser _events = new(new StringReader(text));
    private Mark _place;
    private int _depth;

    /// <summary>Parses it, once.</summary>
    public PluginFileResult Parse()
    {
        try
        {
            ReadDocument();
        }
        catch (YamlException e)
        {
            ReportBadYaml(e.Start, e.Message);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            // The library throws them too, for a bracket that is not closed and the like.
            ReportBadYaml(_place, "something is not closed here, or wrong below");
        }

        return new(nothing with { Choices = _choices, Plugins = _plugins }, _problems.Problems);
    }

    private void ReportBadYaml(Mark place, string message)
    {
        // A tab leads the library to complain of something above it.
        string[] lines = text.ReplaceLineEndings("\n").Split('\n');
        int tab = Array.FindIndex(lines, line => line.TrimStart(' ').StartsWith('\t') && line.Trim().Length > 0);
        if (tab >= 0)
        {
            _problems.Add(new(nothing.File, tab + 1, "is indented with a tab, which YAML does not allow; use spaces"));
        }
        else
        {
            Report(place, $"is not valid YAML: {message}");
        }
    }

    private void ReadDocument()
    {
        Next();
        if (Next() is StreamEnd)
        {
            return;
        }

        ReadMapping("the file", "“tls”, “store” and “plugins”", ReadTop);
        Next();
        if (Next() is DocumentStart second)
        {
            Report(second.Start, "starts a second document; the file has to be one");
        }
    }

    private void ReadTop(Scalar key)
    {
        if (key.Value == "plugins")
        {
            ReadMapping("plugins", "the plugins' names, each with a colon", ReadPlugin);
        }
        else if (PluginKind.All.FirstOrDefault(kind => kind.ChoiceKey == key.Value) is { } kind)
        {
            if (ReadText(key, $"the name of a {kind}") is { } name)
            {
                _choices.TryAdd(kind, new(name, LineOf(key.Start)));
            }
        }
        else
        {
            RefuseUnknown(key, "at the top", [.. PluginKind.All.Select(kind => kind.ChoiceKey).OfType<string>(), "plugins"]);
        }
    }

    private void ReadPlugin(Scalar key)
    {
        var entry = new PluginEntry { Line = LineOf(key.Start) };
        var settings = new Dictionary<string, PlacedText>(StringComparer.Ordinal);
        ReadMapping($"plugin {Show(key)}", "“enabled” and “settings”", option =>
        {
            switch (option.Value)
            {
                case "enabled":
                    entry = entry with { DisabledAt = ReadEnabled(option) ? null : LineOf(option.Start) };
                    break;
                case "settings":
                    ReadMapping(
                        "settings", "the settings' names, each with its value", setting => ReadSetting(setting, setting.Value, Next(), settings));
                    break;
                default:
                    RefuseUnknown(option, "for a plugin", ["enabled", "settings"]);
                    break;
            }
        });
        _plugins.TryAdd(key.Value, entry with { Settings = settings });
    }

    private bool ReadEnabled(Scalar key)
    {
        if (ReadText(key, "True or False") is not { } text)
        {
            return true;
        }

        if (OptionValues.ParseBoolean(text, out var enabled) is { } fault)
        {
            Report(key.Start, $"enabled: {fault}");
        }

        return enabled;
    }

    /// <summary>Reads a setting. What stands in a mapping or a list gets a flat name: <c>mail.admin.host</c>, <c>events.1</c>.</summary>
    /// <remarks>Messages have the name alone: the value may be a secret.</remarks>
    /// <param name="place">The key, or the value in a list.</param>
    /// <param name="name">The flat name.</param>
    /// <param name="value">The first event of the value, taken already.</param>
    /// <param name="settings">Gets it.</param>
    private void ReadSetting(NodeEvent place, string name, ParsingEvent value, Dictionary<string, PlacedText> settings)
    {
        switch (value)
        {
            case MappingStart:
                ReadEntries(key => ReadSetting(key, $"{name}.{key.Value}", Next(), settings));
                break;
            case SequenceStart:
                for (var i = 1; Next() is NodeEvent item; i++)
                {
                    ReadSetting(item, $"{name}.{i}", item, settings);
                }

                break;
            case Scalar scalar when !IsNothing(scalar):
                if (!settings.TryAdd(name, new(scalar.Value, LineOf(place.Start))))
                {
                    Report(place.Start, $"{OptionValues.ShowName(name)} is there twice, first in line {settings[name].Line}");
                }

                break;
            case Scalar:
                Report(place.Start, $"{OptionValues.ShowName(name)} has to be a text or a number, not nothing; an empty one is written \"\"");
                break;
        }
    }

    /// <summary>Reads the value of a key that has to be a text.</summary>
    /// <returns>Null if it is none, which has been reported.</returns>
    private string? ReadText(Scalar key, string expected)
    {
        var node = Next();
        if (node is Scalar scalar && !IsNothing(scalar) && scalar.Value.Length > 0)
        {
            return scalar.Value;
        }

        // An alias has been reported.
        if (node is not AnchorAlias)
        {
            Report(key.Start, $"{Show(key)} has to be {expected}, not {Describe(node)}");
            Skip(node);
        }

        return null;
    }

    /// <summary>Reads a mapping from names. Nothing at all counts as an empty one: its lines may be commented out.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="expected">What should be in it.</param>
    /// <param name="read">Gets each key, and reads its value.</param>
    private void ReadMapping(string what, string expected, Action<Scalar> read)
    {
        var node = Next();
        if (node is AnchorAlias || (node is Scalar scalar && IsNothing(scalar)))
        {
            return;
        }

        if (node is not MappingStart)
        {
            Report(node.Start, $"{what} has to be a mapping with {expected}, not {Describe(node)}");
            Skip(node);
            return;
        }

        ReadEntries(read);
    }

    /// <summary>Reads a mapping from names whose beginning was taken already.</summary>
    /// <param name="read">Gets each key, and reads its value.</param>
    private void ReadEntries(Action<Scalar> read)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        while (Next() is var key && key is not MappingEnd)
        {
            if (key is not Scalar name || IsNothing(name))
            {
                Report(key.Start, $"has {Describe(key)} where a name has to be");
                Skip(key);
                Skip(Next());
            }
            else if (!lines.TryAdd(name.Value, LineOf(name.Start)))
            {
                Report(name.Start, $"{Show(name)} is there twice, first in line {lines[name.Value]}");
                Skip(Next());
            }
            else
            {
                read(name);
            }
        }
    }

    /// <summary>Goes past a value.</summary>
    /// <param name="start">Its first event, taken already.</param>
    private void Skip(ParsingEvent start)
    {
        for (var outside = _depth - start.NestingIncrease; _depth > outside;)
        {
            Next();
        }
    }

    /// <summary>Takes the next event, and refuses what the file does not need.</summary>
    /// <exception cref="YamlException">The file is no YAML, or nested too deep.</exception>
    private ParsingEvent Next()
    {
        if (!_events.MoveNext())
        {
            throw new InvalidOperationException("the end came too soon");
        }

        var next = _events.Current!;
        _place = next.End;
        _depth += next.NestingIncrease;
        if (_depth > FileLimits.PluginsDepth)
        {
            throw new SemanticErrorException(next.Start, next.End, "collections are nested too deep for this file");
        }

        if (next is AnchorAlias)
        {
            Report(next.Start, "has an alias (*), which is not allowed; write out what it stands for");
        }
        else if (next is NodeEvent { Anchor.IsEmpty: false })
        {
            Report(next.Start, "has an anchor (&), which is not allowed; leave it out");
        }
        else if (next is NodeEvent { Tag.IsEmpty: false })
        {
            Report(next.Start, "has a tag (!), which is not allowed; leave it out");
        }

        return next;
    }

    private void RefuseUnknown(Scalar key, string where, IEnumerable<string> known)
    {
        Report(key.Start, $"{Show(key)} is unknown {where}; there can be {string.Join(", ", known)}");
        Skip(Next());
    }

    private static bool IsNothing(Scalar scalar)
        => scalar.Style == ScalarStyle.Plain && scalar.Value is "" or "~" or "null" or "Null" or "NULL";

    private static string Describe(ParsingEvent node) => node switch
    {
        SequenceStart => "a list",
        MappingStart => "a mapping",
        AnchorAlias => "an alias",
        Scalar scalar when scalar.Value.Length == 0 || IsNothing(scalar) => "nothing",
        _ => "a text",
    };

    private static string Show(Scalar key) => OptionValues.ShowName(key.Value);

    private void Report(Mark place, string message) => _problems.Add(new(nothing.File, LineOf(place), message));

    private static int LineOf(Mark place) => (int)place.Line;
}
