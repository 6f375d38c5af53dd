namespace Mandos.Host.Plugins.Isolation;

/// <summary>A plugin has exceeded the time limit for what it was asked for.</summary>
/// <param name="message">The limit, to be read after what it was asked for.</param>
internal sealed class PluginHangsException(string message) : Exception(message);
