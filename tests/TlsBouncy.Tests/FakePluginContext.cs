using Mandos.Abstractions.Plugins;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace TlsBouncy.Tests;

internal sealed class FakePluginContext : IPluginContext
{
    public ILogger Logger => NullLogger.Instance;

    public TimeProvider TimeProvider => TimeProvider.System;

    public IReadOnlyDictionary<string, string> Settings { get; } = new Dictionary<string, string>();

    public string StateDirectory => "/nonexistent";

    public bool Debug => false;
}
