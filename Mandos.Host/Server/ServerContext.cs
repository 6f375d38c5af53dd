using Mandos.Host.Configuration;
using Mandos.Host.Daemon;
using Mandos.Host.Logging;
using Mandos.Host.Systemd;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>What all parts of the server share.</summary>
/// <param name="options">How the server is to run.</param>
/// <param name="log">The log.</param>
/// <param name="daemon">This process as a daemon; null in the foreground.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed class ServerContext(ServerOptions options, ServerLog log, DaemonProcess? daemon, TimeProvider timeProvider)
{
    /// <summary>How the server is to run.</summary>
    public ServerOptions Options => options;

    /// <summary>The log.</summary>
    public ServerLog Log => log;

    /// <summary>This process as a daemon; null in the foreground.</summary>
    public DaemonProcess? Daemon => daemon;

    /// <summary>The clock.</summary>
    public TimeProvider TimeProvider => timeProvider;

    /// <summary>The log of the parts of the server.</summary>
    public ILogger Logger { get; } = log.Factory.CreateLogger<MandosServer>();

    /// <summary>Tells systemd how the server is.</summary>
    public ServiceNotifier Notifier { get; } = new(daemon?.LauncherId, timeProvider);

    /// <summary>The state directory, as an absolute path.</summary>
    public string StateDirectory { get; } = Path.GetFullPath(options.StateDirectory);
}
