using System.Runtime.Loader;
using Mandos.Abstractions.Plugins;
using Mandos.Host.Configuration;
using Mandos.Host.Logging;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Isolation;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Plugins.Trust;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Plugins;

/// <summary>All plugins of one directory, each as far as it got: found, checked, loaded, composed.</summary>
internal sealed partial class PluginCatalog
{
    private readonly string _directory;
    private readonly IPluginAssemblyLoader _loader;
    private readonly PluginServices _services;
    private readonly PluginOptions _options;
    private readonly PluginTrust _trust;
    private readonly ILogger _logger;
    private readonly List<Plugin> _plugins = [];

    private PluginCatalog(string directory, IPluginAssemblyLoader loader, PluginServices services, PluginOptions options)
    {
        _directory = Path.GetFullPath(directory);
        _loader = loader;
        _services = services;
        _options = options;
        _trust = new(_directory, services.Owners);
        _logger = services.LoggerFactory.CreateLogger<PluginCatalog>();
    }

    /// <summary>Every plugin that was found, in the order of loading.</summary>
    public IReadOnlyList<PluginDescription> Plugins => [.. _plugins.Select(plugin => plugin.Description)];

    /// <summary>How long it took to find, check and load them.</summary>
    public TimeSpan LoadTime { get; private set; }

    /// <summary>The state of a plugin has changed. Raised on any thread.</summary>
    public event Action? Changed;

    /// <summary>Loads all plugins of a directory. A plugin that is broken is logged and left out; it harms no other.</summary>
    /// <param name="directory">The plugin directory.</param>
    /// <param name="services">What plugins get from the server.</param>
    /// <param name="options">Which plugins the server uses, and how; null for all as they come.</param>
    /// <param name="loader">What loads the assemblies; null for the usual way.</param>
    /// <exception cref="PluginException">The directory cannot be read.</exception>
    public static PluginCatalog Load(
        string directory, PluginServices services, PluginOptions? options = null, IPluginAssemblyLoader? loader = null)
    {
        var catalog = new PluginCatalog(directory, loader ?? new PluginAssemblyLoader(), services, options ?? PluginOptions.Default);
        catalog.LoadAll();
        return catalog;
    }

    /// <summary>Everything of one kind that loaded plugins export, in the order of loading.</summary>
    /// <typeparam name="T">The contract of the kind.</typeparam>
    public IReadOnlyList<PluginExport<T>> GetExports<T>()
        where T : class
        => [.. _plugins.SelectMany(plugin => plugin.GetExports<T>())];

    /// <summary>The only export of a kind of which the server needs exactly one.</summary>
    /// <typeparam name="T">The contract of the kind.</typeparam>
    /// <exception cref="PluginException">There is none, or there are several; says what to do.</exception>
    public PluginExport<T> GetOnly<T>()
        where T : class
    {
        var kind = PluginKind.Of<T>();
        var exports = GetExports<T>();
        if (_options.Choices.TryGetValue(kind, out var choice))
        {
            return exports.FirstOrDefault(export => export.Name == choice.Text)
                ?? throw new PluginException(new ConfigProblem(_options.File, choice.Line, FindFault(kind, choice)!));
        }

        if (exports.Count > 1)
        {
            var names = string.Join(", ", exports.Select(export => $"“{export.Name}” of plugin {export.PluginName}"));
            throw new PluginException($"there are several {kind}s, where the server needs one: {names}; "
                + (kind.ChoiceKey is { } key ? $"choose one by a line such as “{key}: {exports[0].Name}” in {_options.File}, or " : "")
                + $"keep one of these plugins under {_directory}");
        }

        return exports.Count == 1 ? exports[0] : throw Missing(kind);
    }

    private PluginException Missing(PluginKind kind)
    {
        if (!Directory.Exists(_directory))
        {
            return new($"there is no {kind}, because there is no plugin directory {_directory}");
        }

        var unused = _plugins.Select(plugin => plugin.Description).FirstOrDefault(
            plugin => plugin.State != PluginState.Active
                && (plugin.Name == kind.DefaultPlugin || plugin.Exports.Any(export => export.Kind == kind && !export.OnlyIfChosen)));
        return new(unused is null
            ? $"there is no {kind}: plugin directory {_directory} has no folder {kind.DefaultPlugin} with {kind.DefaultPlugin}.dll in it, "
                + $"nor another plugin that is a {kind}"
            : $"there is no {kind}: plugin {unused.Name} ({unused.File}): {unused.Reason}");
    }

    /// <summary>The plugin whose code, or whose libraries, is in a load context; null if it is none's.</summary>
    public Plugin? FindByLoadContext(AssemblyLoadContext context) => _plugins.Find(plugin => plugin.LoadContext == context);

    private void LoadAll()
    {
        var start = TimeProvider.System.GetTimestamp();
        foreach (var candidate in Discover())
        {
            if (Load(candidate) is not { } plugin)
            {
                LogNotAPlugin(candidate.File);
                continue;
            }

            plugin.Changed += () => Changed?.Invoke();
            _plugins.Add(plugin);
            Report(plugin.Description);
        }

        LoadTime = TimeProvider.System.GetElapsedTime(start);
    }

    private void Report(PluginDescription plugin)
    {
        if (plugin.State == PluginState.Disabled && plugin.Exports.All(static export => export.OnlyIfChosen) && plugin.Exports.Count > 0)
        {
            LogNotChosen(plugin.Name, plugin.Reason); // as it is almost everywhere
        }
        else if (plugin.State == PluginState.Disabled)
        {
            LogDisabled(plugin.Name, plugin.Reason);
        }
        else if (plugin.Reason is not null)
        {
            LogRefused(plugin.Name, plugin.File, plugin.Reason);
        }
        else if (_logger.IsEnabled(LogLevel.Debug))
        {
            LogLoaded(plugin.Name, plugin.Version, string.Join(", ", plugin.Exports.Select(e => $"{e.Kind} “{e.Name}”")));
        }
    }

    private IReadOnlyList<PluginCandidate> Discover()
    {
        try
        {
            return PluginDiscovery.Find(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginException($"cannot read plugin directory {_directory}: {LogText.Summarize(e)}", e);
        }
    }

    /// <summary>Takes a candidate as far as it gets; null if it is no plugin and need not be one.</summary>
    private Plugin? Load(PluginCandidate candidate)
    {
        var description = new PluginDescription { Name = candidate.Name, File = candidate.File, State = PluginState.Active };
        try
        {
            if (PluginManifestReader.Read(candidate.File) is not { } manifest)
            {
                return candidate.HasOwnFolder
                    ? Refuse(PluginState.NotSupported, $"its assembly does not bear the attribute {nameof(MandosPluginAttribute)}")
                    : null;
            }

            description = description with { Version = manifest.Version, Contract = manifest.Contract, Exports = manifest.Exports };
            if (_options.WhyDisabled(candidate.Name, manifest.Exports) is { } cause)
            {
                return Refuse(PluginState.Disabled, cause);
            }

            if (FindMismatch(candidate.Name, manifest.Contract) is { } mismatch)
            {
                return Refuse(PluginState.NotSupported, mismatch);
            }

            if (FindFault(description) is { } fault)
            {
                return Refuse(PluginState.Malfunctioned, fault);
            }

            _trust.Require(candidate);
            return new(
                description, _options, PluginThread.Run(() => Load(candidate, manifest), PluginLimits.Load, _services.TimeProvider));
        }
        catch (BadImageFormatException e) when (description.Contract is null)
        {
            return Refuse(PluginState.Malfunctioned, $"it is not a .NET assembly: {LogText.Summarize(e)}");
        }
        catch (Exception e)
        {
            // Whatever it is, it is the plugin's own doing and must stay its own trouble.
            return Refuse(PluginState.Malfunctioned, LogText.Summarize(e));
        }

        // A plugin that is switched off need not be sound.
        Plugin Refuse(PluginState state, string reason)
            => new(_options.WhyDisabled(candidate.Name, description.Exports) is { } cause
                ? description with { State = PluginState.Disabled, Reason = cause }
                : description with { State = state, Reason = reason }, _options);
    }

    private LoadedPlugin Load(PluginCandidate candidate, PluginManifest manifest)
    {
        var assembly = _loader.Load(candidate.File);
        if (manifest.Exports.All(static export => export.Kind == PluginKind.Announcer || export.Kind == PluginKind.ControlSurface))
        {
            // The server can do without these. In the others, the missing part may be for something that nobody uses.
            PluginReferences.Require(assembly);
        }

        var context = new PluginContext(candidate.Name, _services, _options.SettingsOf(candidate.Name));
        var exports = PluginComposition.Compose(assembly, manifest.Exports, context);
        return new(AssemblyLoadContext.GetLoadContext(assembly)!, exports, _services.TimeProvider);
    }

    private static string? FindMismatch(string name, Version contract)
        => contract.Major == ContractVersion.Major && contract.Minor <= ContractVersion.Minor
            ? null
            : $"plugin {name} needs contract {contract}, this server has {ContractVersion.Major}.{ContractVersion.Minor}";

    /// <summary>What is wrong with a plugin by its metadata alone; null if nothing is.</summary>
    private string? FindFault(PluginDescription plugin)
    {
        if (_plugins.Find(other => other.Description.Name == plugin.Name) is { } namesake)
        {
            return $"there is another plugin of this name: {namesake.Description.File}";
        }

        if (plugin.Exports.Count == 0)
        {
            return "it exports nothing: mark a class with one of "
                + string.Join(", ", PluginKind.All.Select(kind => $"[{kind.Attribute.Name.Replace("Attribute", null, StringComparison.Ordinal)}]"));
        }

        foreach (var export in plugin.Exports)
        {
            if (plugin.Exports.Count(export.IsNamesakeOf) > 1)
            {
                return $"it exports several {export.Kind}s named “{export.Name}”";
            }

            if (_plugins.Find(other => other.Exports(export)) is { } owner)
            {
                return $"plugin {owner.Description.Name} already exports a {export.Kind} named “{export.Name}”";
            }
        }

        return null;
    }
}
