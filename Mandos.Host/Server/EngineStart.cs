using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Abstractions.Tls;
using Mandos.Engine;
using Mandos.Engine.Clients;
using Mandos.Host.Auditing;
using Mandos.Host.Configuration;
using Mandos.Host.Migration;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Checkers;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Isolation;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Puts together what the engine needs, and starts it with the clients of the files and their saved state.</summary>
/// <param name="context">What the parts of the server share.</param>
/// <param name="source">Reads the clients.</param>
/// <param name="plugins">The plugins.</param>
/// <param name="instances">Constructs the store and the checkers.</param>
/// <param name="handshaker">Makes the handshakes.</param>
internal sealed partial class EngineStart(
    ServerContext context, ClientSource source, PluginCatalog plugins, PluginInstances instances, ITlsHandshaker handshaker) : IDisposable
{
    /// <summary>How long systemd is to wait for the next sign that the state of Debian's server is being taken over.</summary>
    private static readonly TimeSpan _importTime = TimeSpan.FromSeconds(60);

    private readonly ILogger _logger = context.Logger;
    private MandosEngine? _engine;

    /// <summary>Connections that may be open at once, with those that are being closed.</summary>
    public int Room { get; private set; }

    /// <summary>Starts the engine.</summary>
    /// <param name="audit">The audit log; null if there is none.</param>
    /// <param name="stateFault">Why the state directory cannot be used; null if it can.</param>
    /// <param name="stopSignal">Ends the wait for the state.</param>
    /// <returns>It, which stays this object's; null if a signal ended the start.</returns>
    /// <exception cref="StartException">It cannot start.</exception>
    public async Task<MandosEngine?> RunAsync(AuditLog? audit, string? stateFault, Task stopSignal)
    {
        PluginInstance<IStateStore> store = StartFault.Translate(() => instances.Create(plugins.GetOnly<IStateStore>()));
        Dictionary<string, IChecker> checkers =
            instances.CreateAll(plugins.GetExports<IChecker>()).ToDictionary(checker => checker.Name, checker => checker.Instance);
        var registry = new CheckerRegistry(plugins, checkers, context.TimeProvider);
        ClientConfiguration clients = await StartFault.TranslateAsync(source.TakeAsync(registry)).ConfigureAwait(false);
        if (stateFault is not null && store.Instance is ISharedStateStore)
        {
            throw new StartException(stateFault); // without its number there it is none of the servers, and alone it must not serve
        }

        IStateStore state = stateFault is null ? store.Instance : new UnusableStore(stateFault);
        bool isShared = state is ISharedStateStore;
        if (state is ISharedStateStore shared)
        {
            if (!context.Options.Restore)
            {
                LogRestoreMeaningless();
            }

            foreach (string advice in CutOffAdvice.Of(shared, clients.Clients.Select(static client => (client.Name, client.Settings))))
            {
                LogCutOffAdvice(advice);
            }
        }

        StockStateImport? import = !isShared && StockStateImport.IsNeeded(context.StateDirectory)
            ? new StockStateImport(
                state, context.StateDirectory, clients, context.Options.Restore, progress => context.Notifier.Starting(progress, _importTime),
                context.TimeProvider, _logger)
            : null;
        var judge = new NewClientJudge(context.Options, source.Priority, registry, _logger);
        EngineOptions options = new EngineSettings(context).Create(
            audit,
            async () =>
            {
                ClientConfiguration read = await source.ReloadAsync(registry).ConfigureAwait(false);
                return import?.RequireTakenOver(read) ?? read;
            },
            () => import is null && source.IsUnchanged(),
            async client =>
            {
                import?.RequireTakenOver();
                await judge.JudgeAsync(client).ConfigureAwait(false);
            });
        options = options with { Examine = new SectionsExaminer(context.Options, source.Priority, registry, context.TimeProvider).ExamineAsync };
        options = isShared
            ? options with { Server = SharedIdentity.Of(context.StateDirectory), LastKnown = new LastKnownFile(context.StateDirectory) } : options;
        Room = options.MaxConnections + EngineSettings.ClosingDescriptors;
        _engine = new MandosEngine(options, handshaker, import ?? state, registry.ForEngine(), context.TimeProvider, _logger);
        return await LoadAsync(_engine, clients, store, import, stopSignal).ConfigureAwait(false) ? _engine : null;
    }

    /// <inheritdoc/>
    public void Dispose() => _engine?.Dispose();

    /// <summary>Loads the state. That may take its time, but a signal ends the wait.</summary>
    /// <returns>False if a signal ended it before.</returns>
    private async Task<bool> LoadAsync(
        MandosEngine engine, ClientConfiguration clients, PluginInstance<IStateStore> store, StockStateImport? import, Task stopSignal)
    {
        // Not disposed: a store that hangs still has its token.
        var giveUp = new CancellationTokenSource();
        Task starting = PluginThread.Start(() => engine.StartAsync(clients, giveUp.Token)).Unwrap();
        await Task.WhenAny(starting, stopSignal, Task.Delay(PluginLimits.Start, context.TimeProvider)).ConfigureAwait(false);
        if (!starting.IsCompleted)
        {
            if (!stopSignal.IsCompleted && import is not { IsImporting: true })
            {
                LogSlowStore(store.Plugin.Description.Name, store.Description);
            }

            await Task.WhenAny(starting, stopSignal).ConfigureAwait(false);
            _ = giveUp.CancelAsync();
            await Task.WhenAny(starting, Task.Delay(PluginLimits.Stop, context.TimeProvider)).ConfigureAwait(false);
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

        LogStarted(ServerReport.Count(engine.ClientCount));
        return true;
    }
}
