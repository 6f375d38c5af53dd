using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Mandos.Abstractions.Announcing;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Control;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Tls;
using Mandos.Engine;
using Mandos.Engine.Clients;
using Mandos.Host.Auditing;
using Mandos.Host.CommandLine;
using Mandos.Host.Configuration;
using Mandos.Host.Daemon;
using Mandos.Host.Listening;
using Mandos.Host.Logging;
using Mandos.Host.Migration;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Checkers;
using Mandos.Host.Plugins.Discovery;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Isolation;
using Mandos.Host.Plugins.Steering;
using Mandos.Host.Plugins.Trust;
using Mandos.Host.Privileges;
using Mandos.Host.Systemd;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Puts the parts of the server together, runs them until a signal comes, and takes them apart in reverse order.</summary>
/// <param name="options">How it is to run.</param>
/// <param name="log">The log.</param>
/// <param name="daemon">This process as a daemon; null in the foreground.</param>
/// <param name="timeProvider">The clock.</param>
internal sealed partial class MandosServer(ServerOptions options, ServerLog log, DaemonProcess? daemon, TimeProvider timeProvider)
    : IDisposable
{
    /// <summary>Exit status when a part of the server has died: an internal error in sysexits(3), which a new start may mend.</summary>
    private const int Died = 70;

    /// <summary>Exit status when changes could not be saved: a temporary failure in sysexits(3).</summary>
    private const int NotSaved = 75;

    /// <summary>Descriptors that are never for connections: libraries, plugins, state.</summary>
    private const int ReservedDescriptors = 256;

    /// <summary>
    /// Descriptors, of the reserved ones, for connections beyond the limit: those that are accepted and not looked at yet, and those that give
    /// way and are not closed yet.
    /// </summary>
    private const int ClosingDescriptors = 64;

    /// <summary>Part of the descriptors that is left to checks: each that runs needs one, and a flood of peers must not make them fail.</summary>
    private const int CheckShare = 4;

    /// <summary>How often to look whether a file can be read that could not: a secret on a disk that was not mounted yet.</summary>
    private static readonly TimeSpan _lookForFiles = TimeSpan.FromSeconds(30);

    /// <summary>How long systemd is to wait for the next sign that the state of Debian's server is being taken over.</summary>
    private static readonly TimeSpan _importTime = TimeSpan.FromSeconds(60);

    /// <summary>How long the end of the server waits for each of its parts, beyond the time that plugins have to stop.</summary>
    private static readonly TimeSpan _stopTime = PluginLimits.Stop + TimeSpan.FromSeconds(1);

    private readonly Lock _infoLock = new();

    /// <summary>Why the state directory cannot be used, where it need not be.</summary>
    private string? _stateFault;

    private readonly ILogger _logger = log.Factory.CreateLogger<MandosServer>();

    /// <summary>Whose plugins it loads: asked now, before it drops root's rights.</summary>
    private readonly TrustedOwners _owners = TrustedOwners.Current();

    private readonly ServiceNotifier _notifier = new(daemon?.LauncherId, timeProvider);

    /// <summary>Before it serves, and when it ends, it only has to be alive: each of these may take long.</summary>
    private static readonly Func<Task> _start = static () => Task.CompletedTask;

    /// <summary>By which the watchdog learns that the server is well.</summary>
    private volatile Func<Task> _probe = _start;

    /// <summary>By which the watchdog learns that the engine works.</summary>
    private volatile Func<long> _work = static () => 0;

    /// <summary>Cancelled by a second signal to stop: then the end waits for checks and the last save, but not for plugins.</summary>
    private readonly CancellationTokenSource _hurry = new();

    /// <summary>Runs the server.</summary>
    /// <param name="notes">What reading the options has to say for the log.</param>
    /// <param name="warnings">What of that deserves attention.</param>
    /// <returns>Exit status: 0 after a signal, 70 if a part of the server died, 75 if changes could not be saved.</returns>
    /// <exception cref="StartException">The server cannot start.</exception>
    public async Task<int> RunAsync(IReadOnlyList<ConfigProblem> notes, IReadOnlyList<ConfigProblem> warnings)
    {
        LogNotes(notes, warnings);

        // Before anything is opened, so that a signal during the start ends it in order.
        var stopSignal = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        using PosixSignalRegistration terminate = OnSignal(PosixSignal.SIGTERM, () => Stop(stopSignal, "SIGTERM"));
        using PosixSignalRegistration interrupt = OnSignal(PosixSignal.SIGINT, () => Stop(stopSignal, "SIGINT"));
        var hangUps = Channel.CreateBounded<PosixSignal>(
            new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        using PosixSignalRegistration hangUp = OnSignal(PosixSignal.SIGHUP, () => hangUps.Writer.TryWrite(PosixSignal.SIGHUP));

        // The kernel accepts connections as soon as there are sockets.
        using DeadMansTimer? timer = CreateTimer();
        using Watchdog watchdog = StartWatchdog(timer);

        // What root alone may do comes first, plugins come after it.
        ProtectMemory();
        using ListenPlaces places = Try(() => new ListenPlaces(ListenOptions(), timeProvider, _logger));
        using PidFile? pidFile = daemon is null ? null : PidFile.Open(PidFile.DefaultPath, _logger);
        using AuditLog? audit = options.AuditLog is { } file ? new AuditLog(file, options.AuditRequired, timeProvider, _logger) : null;
        var source = new ClientSource(options, _logger);
        PluginOptions pluginOptions = ReadConfiguration(source);
        DropPrivileges(audit);
        PluginCatalog plugins = Try(() => LoadPlugins(pluginOptions));
        new UnhandledExceptions(plugins, timeProvider, _logger).Catch();

        var instances = new PluginInstances(timeProvider, _logger);
        string? fault;
        string? unsaved;
        try
        {
            PluginInstance<ITlsBackend> tls = Try(() => instances.Create(plugins.GetOnly<ITlsBackend>()));
            ITlsHandshaker handshaker = Try(() => CreateHandshaker(tls));
            source.Priority = DescribePriority(tls);
            PluginInstance<IStateStore> store = Try(() => instances.Create(plugins.GetOnly<IStateStore>()));
            Dictionary<string, IChecker> checkers =
                instances.CreateAll(plugins.GetExports<IChecker>()).ToDictionary(checker => checker.Name, checker => checker.Instance);
            var registry = new CheckerRegistry(plugins, checkers, timeProvider);
            ClientConfiguration clients = await TryAsync(source.TakeAsync(registry)).ConfigureAwait(false);
            var import = new StockStateImport(
                _stateFault is null ? store.Instance : new UnusableStore(_stateFault),
                Path.GetFullPath(options.StateDirectory), clients, options.Restore,
                progress => _notifier.Starting(progress, _importTime), timeProvider, _logger);
            EngineOptions engineOptions = EngineOptions(
                plugins, audit, async () => import.RequireTakenOver(await source.ReloadAsync(registry).ConfigureAwait(false)));
            using var engine = new MandosEngine(engineOptions, handshaker, import, registry.ForEngine(), timeProvider, _logger);
            if (!await StartAsync(engine, clients, store, import, stopSignal.Task).ConfigureAwait(false))
            {
                LogStopping(await stopSignal.Task.ConfigureAwait(false));
                return 0;
            }

            var room = new SemaphoreSlim(engineOptions.MaxConnections + ClosingDescriptors);
            engine.Info = new ServerInfo
            {
                Version = CommandLineParser.Version,
                ServiceName = options.ServiceName,
                EndPoints = places.EndPoints,
                Plugins = [.. plugins.Plugins.Select(ToInfo)],
            };
            plugins.Changed += () => UpdateInfo(engine, info => info with { Plugins = [.. plugins.Plugins.Select(ToInfo)] });
            fault = await ServeAsync(engine, source, places, room, plugins, instances, handshaker, stopSignal.Task, hangUps.Reader, pidFile)
                .ConfigureAwait(false);
            unsaved = engine.Completion.IsCompleted ? engine.Unsaved : "the engine does not stop";
        }
        finally
        {
            await instances.DisposeAllAsync(_hurry.Token).ConfigureAwait(false);
        }

        if (unsaved is not null)
        {
            LogNotSaved(unsaved);
        }

        if (fault is not null)
        {
            LogEnded(fault);
        }

        return fault is not null ? Died : unsaved is not null ? NotSaved : 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _hurry.Dispose();

    /// <returns>What has died; null after a signal.</returns>
    private async Task<string?> ServeAsync(
        MandosEngine engine, ClientSource source, ListenPlaces places, SemaphoreSlim room, PluginCatalog plugins, PluginInstances instances,
        ITlsHandshaker tls, Task<string> stopSignal, ChannelReader<PosixSignal> hangUps, PidFile? pidFile)
    {
        using var stopping = new CancellationTokenSource();
        IReadOnlyList<Task> accepting = places.Run(engine.Serve, room, stopping.Token);
        Task following = Task.Run(() => FollowAsync(engine, places, stopping.Token));
        Task warmUp = Task.Run(() => WarmUpAsync(tls, stopping.Token));
        Task reloading = Task.Run(() => ReloadAsync(engine, source, hangUps, stopping.Token));
        Task extras = Task.Run(() => Task.WhenAll(StartExtras(engine, places, plugins, instances, stopping.Token)));
        _work = () => engine.WorkDone;
        _probe = () => ProbeAsync(engine, places, stopping.Token);

        pidFile?.Write();
        daemon?.ReportReady();
        _notifier.Ready(Status(engine));

        Task first = await Task.WhenAny([stopSignal, engine.Completion, .. accepting]).ConfigureAwait(false);
        string? fault = null;
        if (first == stopSignal)
        {
            LogStopping(await stopSignal.ConfigureAwait(false));
        }
        else
        {
            string what = first == engine.Completion ? "the engine" : "accepting connections";
            fault = $"{what} died: {first.Exception?.InnerException?.Message ?? "it ended"}";
            LogDied(fault);
        }

        _notifier.Stopping();
        _probe = _start;

        // The announcement is withdrawn, the sockets are closed, and who is connected is let go, all at once and before plugins have their
        // time to stop: mandos-client waits for ever on a server that is silent.
        await stopping.CancelAsync().ConfigureAwait(false);
        engine.TurnAwayAll();
        await Task.WhenAll(
            StopWaitingAsync(Task.WhenAll([.. accepting, following, reloading]), "accepting connections", _hurry.Token),
            StopWaitingAsync(warmUp, "the preparation of TLS", _hurry.Token),
            StopWaitingAsync(extras, "plugins", _hurry.Token)).ConfigureAwait(false);
        await StopWaitingAsync(engine.StopAsync(CancellationToken.None), "the engine").ConfigureAwait(false);
        return fault;
    }

    private Watchdog StartWatchdog(DeadMansTimer? timer)
    {
        var watchdog = new Watchdog(
            options.Watchdog, _notifier.WatchdogTime, () => _probe(), [() => _work(), () => ThreadPool.CompletedWorkItemCount], Alive,
            EndHung, _logger);
        watchdog.Start();
        return watchdog;

        void Alive()
        {
            timer?.Set(options.Watchdog);
            if (_notifier.WatchdogTime is not null)
            {
                _notifier.Alive();
            }
        }
    }

    /// <summary>What ends this process if it is stopped; null if it is not to be ended.</summary>
    private DeadMansTimer? CreateTimer()
    {
        DeadMansTimer? timer = options.Watchdog > TimeSpan.Zero ? DeadMansTimer.Create() : null;
        if (timer is null && options.Watchdog > TimeSpan.Zero)
        {
            LogNoTimer(Libc.LastError);
        }

        return timer;
    }

    private void Stop(TaskCompletionSource<string> stopSignal, string signal)
    {
        if (!stopSignal.TrySetResult(signal))
        {
            _hurry.Cancel();
        }
    }

    /// <summary>Ends a server that hangs, without waiting for anything but the log. The state was saved when it changed.</summary>
    private void EndHung()
    {
        log.Dispose();
        Libc._exit(Died);
    }

    /// <summary>Does the server answer?</summary>
    /// <exception cref="InvalidOperationException">It does not accept connections.</exception>
    private static async Task ProbeAsync(MandosEngine engine, ListenPlaces places, CancellationToken cancellationToken)
    {
        await engine.ProbeAsync(cancellationToken).ConfigureAwait(false);
        if (places.FindStuck() is { } stuck)
        {
            throw new InvalidOperationException($"connections to {stuck} are not accepted");
        }
    }

    private static string Status(MandosEngine engine) => engine.Info.EndPoints is { Count: > 0 } endPoints
        ? $"Serving {engine.ClientCount} clients on {string.Join(", ", endPoints)}"
        : "Serving nobody until there is the interface to listen on";

    /// <summary>Tells control surfaces and systemd where the server listens, each time that this changes, until cancelled.</summary>
    private async Task FollowAsync(MandosEngine engine, ListenPlaces places, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            Task changed = places.Changed;
            if (!places.EndPoints.SequenceEqual(engine.Info.EndPoints))
            {
                UpdateInfo(engine, info => info with { EndPoints = places.EndPoints });
                _notifier.Ready(Status(engine));
            }

            await changed.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void ProtectMemory()
    {
        int tracer = MemoryProtection.Tracer;
        if (tracer != 0)
        {
            LogTraced(tracer);
        }

        if (MemoryProtection.Apply(isTraced: tracer != 0) is { } fault)
        {
            LogNotProtected(fault);
        }
    }

    /// <summary>Becomes the server's own user, if started by root, with a state directory that this user can use.</summary>
    /// <exception cref="StartException">It cannot be done.</exception>
    private void DropPrivileges(AuditLog? audit)
    {
        string stateDirectory = Path.GetFullPath(options.StateDirectory);
        string clientsFile = Path.Combine(options.ConfigDirectory, ClientFileReader.FileName);
        bool hasClientsFile = File.Exists(clientsFile);
        bool isRoot = Environment.IsPrivilegedProcess;
        ServerAccount account = ServerAccount.Find();
        string? stateFault = StateDirectory.Create(stateDirectory, isRoot ? account : null, out bool isGiven);
        if (isRoot)
        {
            audit?.GiveTo(account.UserId, account.GroupId);
            if (account.Become(out bool isForbidden) is not { } fault)
            {
                ProtectMemory();
                LogBecame(account.User, account.Group);
            }
            else if (isForbidden)
            {
                // As in a container that took root's rights away: what is left is little more than an ordinary user.
                LogStaysRoot(account.User, fault);
                if (isGiven)
                {
                    StateDirectory.TakeBack(stateDirectory);
                }
            }
            else
            {
                throw new StartException($"cannot become user {account.User} and group {account.Group}: {fault}");
            }
        }
        else if (!account.IsOwn)
        {
            LogNotRoot(account.User, Environment.UserName);
        }

        _stateFault = StateDirectory.FindFault(stateDirectory) is { } unusable ? stateFault ?? unusable : null;
        if (_stateFault is not null && options.Restore)
        {
            throw new StartException(_stateFault);
        }

        if (FindUnreadableProgram() is { } unreadable)
        {
            throw new StartException(unreadable);
        }

        if (hasClientsFile && Libc.access(clientsFile, Libc.R_OK) != 0)
        {
            LogNotReloadable(clientsFile, account.Group);
        }
    }

    /// <summary>.NET loads parts of the program when they are first used: without this check that would fail in obscure ways.</summary>
    /// <returns>What is wrong; null if nothing is.</returns>
    public static string? FindUnreadableProgram()
    {
        foreach (string directory in new[] { AppContext.BaseDirectory, Path.GetDirectoryName(typeof(object).Assembly.Location)! })
        {
            if (Libc.access(directory, Libc.R_OK | Libc.X_OK) != 0)
            {
                return $"{directory}: user {Environment.UserName} cannot read the program: {Libc.LastError}; "
                    + "install it, and .NET, where everybody may read";
            }
        }

        return null;
    }

    private ITlsHandshaker CreateHandshaker(PluginInstance<ITlsBackend> tls)
    {
        try
        {
            return PluginThread.Run(
                () =>
                {
                    ITlsHandshaker handshaker = tls.Instance.CreateHandshaker(options.Priority);
                    foreach (string word in tls.Instance.DescribePriority(options.Priority).Unknown)
                    {
                        LogUnknownPriority(word);
                    }

                    return handshaker;
                },
                PluginLimits.Construction,
                timeProvider);
        }
        catch (Exception e) when (e is not PriorityStringException)
        {
            throw tls.Plugin.Fail("cannot prepare TLS handshakes", e);
        }
    }

    /// <returns>Null where the plugin fails: it is for warnings alone.</returns>
    private PriorityDescription? DescribePriority(PluginInstance<ITlsBackend> tls)
    {
        try
        {
            return PluginThread.Run(() => tls.Instance.DescribePriority(options.Priority), PluginLimits.Construction, timeProvider);
        }
#pragma warning disable CA1031 // The server serves without it
        catch (Exception)
#pragma warning restore CA1031
        {
            return null;
        }
    }

    /// <summary>Loads the state. That may take its time, but a signal ends the wait.</summary>
    /// <returns>False if a signal ended it before.</returns>
    private async Task<bool> StartAsync(
        MandosEngine engine, ClientConfiguration clients, PluginInstance<IStateStore> store, StockStateImport import,
        Task stopSignal)
    {
        // Not disposed: a store that hangs still has its token.
        var giveUp = new CancellationTokenSource();
        Task starting = PluginThread.Start(() => engine.StartAsync(clients, giveUp.Token)).Unwrap();
        await Task.WhenAny(starting, stopSignal, Task.Delay(PluginLimits.Start, timeProvider)).ConfigureAwait(false);
        if (!starting.IsCompleted)
        {
            if (!stopSignal.IsCompleted && !import.IsImporting)
            {
                LogSlowStore(store.Plugin.Description.Name, store.Description);
            }

            await Task.WhenAny(starting, stopSignal).ConfigureAwait(false);
            _ = giveUp.CancelAsync();
            await Task.WhenAny(starting, Task.Delay(PluginLimits.Stop, timeProvider)).ConfigureAwait(false);
        }

        if (!starting.IsCompleted)
        {
            throw new StartException($"plugin {store.Plugin.Description.Name}: {store.Description} hangs while it loads the state");
        }

        try
        {
            await starting.ConfigureAwait(false);
        }
        catch (StateStoreException e)
        {
            throw new StartException(e.Message);
        }
        catch (OperationCanceledException) when (stopSignal.IsCompleted)
        {
            return false;
        }

        LogStarted(engine.ClientCount);
        return true;
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
        var plugins = PluginCatalog.Load(options.PluginDirectory ?? PluginDiscovery.DefaultDirectory, PluginServices(), pluginOptions);
        IReadOnlyList<ConfigProblem> problems = plugins.CheckOptions(out IReadOnlyList<ConfigProblem> absent);
        foreach (ConfigProblem note in absent)
        {
            LogAbsentPlugin(note);
        }

        return problems.Count == 0 ? plugins : throw new StartException([.. problems.Select(problem => problem.ToString())]) { IsMistake = true };
    }

    /// <summary>Starts announcers and control surfaces, and says which that are asked for are not there.</summary>
    private IEnumerable<Task> StartExtras(
        MandosEngine engine, ListenPlaces places, PluginCatalog plugins, PluginInstances instances, CancellationToken cancellationToken)
    {
        var supervisor = new Supervisor(timeProvider, _logger);
        var service = new ServiceDescription
        {
            Name = options.ServiceName,
            Port = places.Port,
            AddressFamily = options.UseIPv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork,
        };
        var announcers = options.UseZeroconf ? instances.CreateAll(plugins.GetExports<IAnnouncer>()) : [];
        var surfaces = instances.CreateAll(
            plugins.GetExports<IControlSurface>().Where(export => options.UseDBus || export.Name != PluginOptions.DBusSurface));
        LogPluginTime((plugins.LoadTime + instances.ConstructionTime).TotalMilliseconds, plugins.LoadTime.TotalMilliseconds);
        if (options.UseZeroconf && announcers.Count == 0)
        {
            LogNoZeroconf(places.Port);
        }

        if (options.UseDBus && !surfaces.Any(surface => surface.Name == PluginOptions.DBusSurface))
        {
            LogNoDBus();
        }

        var announced = new NameReport(name =>
        {
            log.ServiceName = name;
            UpdateInfo(engine, info => info with { ServiceName = name });
            LogAnnounced(name);
        });
        var announcement = new Announcement(places, options.Interface is not null, service, announced);
        return
        [
            .. announcers.Select(announcer => supervisor.RunAsync(
                announcer.Description, announcer.Plugin,
                token => announcement.RunAsync(
                    announcer.Instance,
                    running => _ = supervisor.WatchEndAsync(announcer.Description, announcer.Plugin, running, token),
                    token),
                cancellationToken)),
            .. surfaces.Select(surface => supervisor.RunAsync(
                surface.Description, surface.Plugin, token => surface.Instance.RunAsync(engine, token), cancellationToken)),
        ];
    }

    /// <summary>Changes what control surfaces are told of the server.</summary>
    private void UpdateInfo(MandosEngine engine, Func<ServerInfo, ServerInfo> change)
    {
        lock (_infoLock)
        {
            engine.Info = change(engine.Info);
        }
    }

    /// <summary>
    /// Re-reads the clients until cancelled: at each SIGHUP, and when a file is there that could not be read. Those that come meanwhile
    /// count as one. Does not throw.
    /// </summary>
    private async Task ReloadAsync(MandosEngine engine, ClientSource source, ChannelReader<PosixSignal> hangUps, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await WaitForReloadAsync(source, hangUps, cancellationToken).ConfigureAwait(false);
                _notifier.Reloading();
                try
                {
                    await engine.ReloadAsync(cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    _notifier.Ready(Status(engine));
                }
            }
            catch (Exception e) when (e is ConfigurationException or StateNotSavedException)
            {
                // The engine has logged it.
            }
            catch (OperationCanceledException)
            {
                // Stopping.
            }
#pragma warning disable CA1031 // The clients are served as before
            catch (Exception e)
#pragma warning restore CA1031
            {
                LogNotReloaded(e.Message);
            }
        }
    }

    /// <summary>Waits for a reason to re-read the clients.</summary>
    private async Task WaitForReloadAsync(ClientSource source, ChannelReader<PosixSignal> hangUps, CancellationToken cancellationToken)
    {
        Task hangUp = hangUps.WaitToReadAsync(cancellationToken).AsTask();
        while (!hangUp.IsCompleted)
        {
            await Task.WhenAny(hangUp, Task.Delay(_lookForFiles, timeProvider, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (source.HasNews())
            {
                LogReadable();
                break;
            }
        }

        hangUps.TryRead(out _);
    }

    private async Task WarmUpAsync(ITlsHandshaker tls, CancellationToken cancellationToken)
    {
        // Not the token itself: a callback of the plugin's that hangs would keep the others from being cancelled.
        var giveUp = new CancellationTokenSource();
        Task warmUp = PluginThread.Start(() => tls.WarmUpAsync(giveUp.Token)).Unwrap();
        try
        {
            await warmUp.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The first peer is served a little later, that is all
        catch (Exception e) when (e is not OperationCanceledException)
#pragma warning restore CA1031
        {
            LogNotWarm(e.Message);
        }
        catch (OperationCanceledException)
        {
            _ = giveUp.CancelAsync();
            await warmUp.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task StopWaitingAsync(Task task, string what, CancellationToken cancellationToken = default)
    {
        try
        {
            await task.WaitAsync(_stopTime, timeProvider, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            LogHurried(what);
        }
#pragma warning disable CA1031 // The end goes on whatever fails on the way
        catch (Exception e)
#pragma warning restore CA1031
        {
            LogBadStop(what, e.Message);
        }
    }

    private ListenOptions ListenOptions() => new()
    {
        Addresses = OptionValues.Split(options.Address ?? ""),
        Port = options.Port,
        Interface = options.Interface,
        UseIPv6 = options.UseIPv6,
        Sockets = options.Socket is { } fd ? [fd] : SocketActivation.Take(daemon?.LauncherId),
    };

    private PluginServices PluginServices() => new()
    {
        LoggerFactory = log.Factory,
        TimeProvider = timeProvider,
        StateDirectory = Path.GetFullPath(options.StateDirectory),
        Owners = _owners,
        Debug = options.Debug,
    };

    private EngineOptions EngineOptions(
        PluginCatalog plugins, AuditLog? audit, Func<Task<ClientConfiguration>> readClients)
    {
        var engineOptions = new EngineOptions
        {
            Restore = options.Restore,
            UseDBus = options.UseDBus && plugins.GetExports<IControlSurface>().Any(surface => surface.Name == PluginOptions.DBusSurface),
            ReadClients = () =>
            {
                audit?.Reopen();
                return readClients();
            },
            Audit = audit,
        };
        engineOptions = engineOptions with { MaxRequestsPerClient = options.MaxRequestsPerClient ?? engineOptions.MaxRequestsPerClient };
        long descriptors = Native.GetOpenFileLimit();
        long room = Math.Max(1, descriptors - descriptors / CheckShare - ReservedDescriptors);
        int wanted = options.MaxConnections ?? engineOptions.MaxConnections;
        if (options.MaxConnections > room)
        {
            LogFewDescriptors(wanted, room);
        }

        engineOptions = engineOptions with { MaxConnections = (int)Math.Min(wanted, room) };
        return options.MaxConnectionsPerAddress is { } perAddress
            ? engineOptions with { MaxConnectionsPerAddress = perAddress }
            : engineOptions;
    }

    private static PluginInfo ToInfo(PluginDescription plugin) => new()
    {
        Name = plugin.Name,
        Version = plugin.Version,
        State = plugin.State.ToString(),
    };

    private static PosixSignalRegistration OnSignal(PosixSignal signal, Action action)
        => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true; // not the default, which ends the process at once
            action();
        });

    /// <summary>Turns the exceptions by which parts say that they cannot start into <see cref="StartException"/>.</summary>
    private static T Try<T>(Func<T> part)
    {
        try
        {
            return part();
        }
        catch (Exception e) when (e is ListenException or PluginException or PriorityStringException)
        {
            throw new StartException(e.Message) { IsMistake = e is PriorityStringException };
        }
    }

    private static async Task<T> TryAsync<T>(Task<T> part)
    {
        try
        {
            return await part.ConfigureAwait(false);
        }
        catch (ConfigurationException e)
        {
            throw new StartException(e.Problems) { IsMistake = true };
        }
    }

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

    /// <summary>Takes names from announcers. Unlike <see cref="Progress{T}"/> it does so in their order.</summary>
    private sealed class NameReport(Action<string> report) : IProgress<string>
    {
        public void Report(string value) => report(value);
    }
}
