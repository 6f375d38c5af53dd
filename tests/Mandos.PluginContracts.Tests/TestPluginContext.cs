using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mandos.PluginContracts.Tests;

internal sealed class TestPluginContext(string stateDirectory = "/nonexistent") : IPluginContext
{
    public ILogger Logger => NullLogger.Instance;

    public TimeProvider TimeProvider => TimeProvider.System;

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    public string StateDirectory => stateDirectory;

    public bool Debug => false;
}
