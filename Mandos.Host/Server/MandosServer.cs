using Mandos.Host.Auditing;
using Mandos.Host.Configuration;
using Mandos.Host.Daemon;
using Mandos.Host.Listening;
using Mandos.Host.Logging;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Plugins.Trust;
using Mandos.Host.Probing;
using Mandos.Host.Systemd;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Puts the parts of the server together, runs them until a signal comes, and takes them apart in reverse order.</summary>
/// <param name="options">How it is to run.</param>
/// <param name="log">The log.</param>
/// <param name="daemon">This process as a daemon; null in the foreground.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed partial class MandosServer(ServerOptions options, ServerLog log, DaemonProcess? daemon, TimeProvider timeProvider)
{
    private readonly ServerContext _context = new(options, log, daemon, timeProvider);

    /// <summary>The users whose plugins it loads; asked now, before it drops root's rights.</summary>
    private readonly TrustedOwners _owners = TrustedOwners.Current();

    private readonly ILogger _logger = log.Factory.CreateLogger<MandosServer>();

    /// <summary>Runs the server.</summary>
    /// <param name="notes">What reading the options has to say for the log.</param>
    /// <param name="warnings">What of that deserves attention.</param>
    /// <returns>One of <see cref="ExitStatus"/>.</returns>
    /// <exception cref="StartException">The server cannot start.</exception>
    public async Task<int> RunAsync(IReadOnlyList<ConfigProblem> notes, IReadOnlyList<ConfigProblem> warnings)
    {
        LogNotes(notes, warnings);

        // Before anything is opened, so that a signal during the start ends it in order.
        using var signals = new ServerSignals(_logger);

        // The kernel accepts connections as soon as there are sockets.
        using var guard = new HangGuard(_context);

        // The work that only root may do comes first, plugins come after it.
        var privileges = new PrivilegeDrop(_context);
        privileges.ProtectMemory();
        using ListenPlaces places = StartFault.Translate(() => new ListenPlaces(ListenOptions(), timeProvider, _logger));
        using PidFile? pidFile = daemon is null ? null : PidFile.Open(PidFile.DefaultPath, _logger);
        using AuditLog? audit = options.AuditLog is { } file ? new AuditLog(file, options.AuditRequired, timeProvider, _logger) : null;
        var source = new ClientSource(options, _logger);
        PluginOptions pluginOptions = ReadConfiguration(source);
        string? stateFault = privileges.Drop(audit);
        PluginCatalog plugins = StartFault.Translate(() => LoadPlugins(pluginOptions));
        new UnhandledExceptions(plugins, timeProvider, _logger).Catch();

        var instances = new PluginInstances(timeProvider, _logger);
        string? fault;
        string? unsaved;
        try
        {
            var tls = new TlsStart(_context, plugins, instances);
            source.Priority = tls.Priority;
            using var start = new EngineStart(_context, source, plugins, instances, tls.Handshaker);
            if (await start.RunAsync(audit, stateFault, signals.Stop).ConfigureAwait(false) is not { } engine)
            {
                await signals.LogStopAsync().ConfigureAwait(false);
                return ExitStatus.Stopped;
            }

            using var meter = new HostMeter(places, plugins, audit);
            var report = new ServerReport(_context, engine, places, plugins);
            var reloads = new ReloadLoop(_context, engine, source, report, signals.HangUps);
            var extras = new ExtraPlugins(_context, engine, places, plugins, instances, report);
            using var probes = ProbeListener.Open(_context.StateDirectory, guard.AskAsync, timeProvider, _logger);
            Func<CancellationToken, Task> answer = probes is null ? static _ => Task.CompletedTask : probes.RunAsync;
            fault = await new ServerRun(_context, engine, places, report, signals)
                .RunAsync(start.Room, tls.WarmUpAsync, reloads.RunAsync, extras.RunAsync, answer, guard, pidFile).ConfigureAwait(false);
            unsaved = engine.Completion.IsCompleted ? engine.Unsaved : "the engine does not stop";
        }
        finally
        {
            await instances.DisposeAllAsync(signals.Hurry).ConfigureAwait(false);
        }

        if (unsaved is not null)
        {
            LogNotSaved(unsaved);
        }

        if (fault is not null)
        {
            LogEnded(fault);
        }

        return fault is not null ? ExitStatus.Died : unsaved is not null ? ExitStatus.NotSaved : ExitStatus.Stopped;
    }

    /// <summary>Reads the clients and <c>plugins.yaml</c>.</summary>
    /// <exception cref="StartException">There are problems.</exception>
    private PluginOptions ReadConfiguration(ClientSource clients)
    {
        PluginFileResult file = PluginFileReader.Read(options.ConfigDirectory);
        StartException? refusal = clients.Read();
        if (file.Problems.Count == 0 && refusal is null)
        {
            return file.Options.With(options);
        }

        throw new StartException([.. file.Problems.Select(problem => problem.ToString()), .. refusal?.Problems ?? []])
        {
            IsMistake = !file.IsUnread && refusal is null or { IsMistake: true },
        };
    }

    /// <exception cref="StartException">What <c>plugins.yaml</c> asks for is not there.</exception>
    private PluginCatalog LoadPlugins(PluginOptions pluginOptions)
    {
        var services = new PluginServices
        {
            LoggerFactory = log.Factory,
            TimeProvider = timeProvider,
            StateDirectory = _context.StateDirectory,
            Owners = _owners,
            Debug = options.Debug,
        };
        var plugins = PluginCatalog.Load(options.PluginDirectory ?? PluginDiscovery.DefaultDirectory, services, pluginOptions);
        IReadOnlyList<ConfigProblem> problems = plugins.CheckOptions(out IReadOnlyList<ConfigProblem> absent);
        foreach (ConfigProblem note in absent)
        {
            LogAbsentPlugin(note);
        }

        return problems.Count == 0 ? plugins : throw new StartException([.. problems.Select(problem => problem.ToString())]) { IsMistake = true };
    }

    private ListenOptions ListenOptions() => new()
    {
        Addresses = OptionValues.Split(options.Address ?? ""),
        Port = options.Port,
        Interface = options.Interface,
        UseIPv6 = options.UseIPv6,
        Sockets = options.Socket is { } fd ? [fd] : SocketActivation.Take(daemon?.LauncherId),
    };

    private void LogNotes(IReadOnlyList<ConfigProblem> notes, IReadOnlyList<ConfigProblem> warnings)
    {
        foreach (ConfigProblem warning in warnings)
        {
            LogWarning(warning);
        }

        foreach (ConfigProblem note in notes)
        {
            LogNote(note);
        }
    }
}
