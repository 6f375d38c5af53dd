using Mandos.Abstractions.Checking;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Steering;

namespace Mandos.Host.Plugins;

/// <content>Whether what <c>plugins.yaml</c> asks for is there.</content>
internal sealed partial class PluginCatalog
{
    /// <summary>Absolute path of the plugin directory.</summary>
    public string Root => _directory;

    /// <summary>Notes that the plugin of a checker is broken.</summary>
    /// <param name="checker">Name of the checker, which is in use.</param>
    /// <param name="problem">What it failed to do.</param>
    /// <param name="reason">Why.</param>
    public PluginException Fail(string checker, string problem, string reason)
        => OwnerOf(checker).Fail(problem, new PluginException(reason));

    /// <summary>A text of a checker without the settings of its plugin.</summary>
    /// <param name="checker">Name of the checker, which is in use.</param>
    /// <param name="text">The text.</param>
    public string Hide(string checker, string text) => OwnerOf(checker).Hide(text);

    /// <summary>Compares what the options say of plugins with the plugins that were found.</summary>
    /// <param name="absent">
    /// Gets what they say of plugins that are not there. That is no problem: machines have to boot though a plugin was removed.
    /// </param>
    /// <returns>Everything that is wrong: fatal.</returns>
    public IReadOnlyList<ConfigProblem> CheckOptions(out IReadOnlyList<ConfigProblem> absent)
    {
        var problems = new List<ConfigProblem>();
        foreach (var (kind, choice) in _options.Choices)
        {
            if (FindFault(kind, choice) is { } fault)
            {
                problems.Add(new(_options.File, choice.Line, fault));
            }
        }

        var lost = new List<ConfigProblem>();
        foreach (var (name, entry) in _options.Plugins)
        {
            if (_plugins.Find(plugin => plugin.Description.Name == name) is { } plugin)
            {
                problems.AddRange(FindUnknownSettings(plugin.Description, entry));
            }
            else
            {
                lost.Add(new(_options.File, entry.Line, $"there is no plugin {name} under {_directory}, so its entry has no effect"));
            }
        }

        absent = lost;
        return [.. problems.OrderBy(problem => problem.Line)];
    }

    private Plugin OwnerOf(string checker)
    {
        var export = new ExportDescription(PluginKind.Of<IChecker>(), checker, "");
        return _plugins.Find(plugin => plugin.Exports(export))!;
    }

    /// <summary>What is wrong with the choice of an export.</summary>
    /// <returns>Null if it is there and in use.</returns>
    private string? FindFault(PluginKind kind, PlacedText choice)
    {
        var wanted = new ExportDescription(kind, choice.Text, "");
        if (_plugins.Exists(plugin => plugin.Exports(wanted)))
        {
            return null;
        }

        var all = _plugins.Select(plugin => plugin.Description).Where(plugin => plugin.Exports.Any(export => export.Kind == kind)).ToArray();
        if (Array.Find(all, plugin => plugin.Exports.Any(wanted.IsNamesakeOf)) is { } unused)
        {
            return $"{kind.ChoiceKey}: “{choice.Text}” cannot be used: plugin {unused.Name} ({unused.File}): {unused.Reason}";
        }

        return all.Length == 0 ? $"{kind.ChoiceKey}: {Missing(kind).Message}"
            : $"{kind.ChoiceKey}: there is no {kind} “{OptionValues.Show(choice.Text)}”; "
                + OptionValues.Choose([.. all.SelectMany(plugin => plugin.Exports).Where(export => export.Kind == kind).Select(export => export.Name)]);
    }

    private IEnumerable<ConfigProblem> FindUnknownSettings(PluginDescription plugin, PluginEntry entry)
    {
        if (plugin.Contract is null)
        {
            yield break; // nothing is known of it but that it cannot be used
        }

        var known = new KnownSettings(plugin.Exports.SelectMany(export => export.Settings));
        foreach (var (name, setting) in entry.Settings)
        {
            if (!known.Contains(name))
            {
                yield return new(
                    _options.File, setting.Line, $"plugin {plugin.Name} has no setting {OptionValues.ShowName(name)}; {known.Suggest(name)}");
            }
        }
    }
}
