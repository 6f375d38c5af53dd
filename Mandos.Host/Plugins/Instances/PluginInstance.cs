namespace Mandos.Host.Plugins.Instances;

/// <summary>An object that a plugin has constructed.</summary>
/// <typeparam name="T">The contract of its kind.</typeparam>
/// <param name="Description">What it is called in the log, for example <c>checker “shell”</c>.</param>
/// <param name="Name">The name by which configuration refers to it.</param>
/// <param name="Plugin">The plugin that it belongs to.</param>
/// <param name="Instance">The object.</param>
internal sealed record PluginInstance<T>(string Description, string Name, Plugin Plugin, T Instance)
    where T : class;
