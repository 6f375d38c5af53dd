using Mandos.Abstractions.Tls;
using Mandos.Host.Configuration;
using Mandos.Host.Plugins;
using Mandos.Host.Plugins.Instances;
using Mandos.Host.Plugins.Isolation;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>The TLS plugin, made ready for handshakes with the priority string of the configuration.</summary>
internal sealed partial class TlsStart
{
    private readonly ServerContext _context;
    private readonly ILogger _logger;
    private readonly PluginInstance<ITlsBackend> _tls;

    /// <summary>Constructs the plugin's back end, and has it prepare handshakes.</summary>
    /// <exception cref="StartException">It cannot.</exception>
    public TlsStart(ServerContext context, PluginCatalog plugins, PluginInstances instances)
    {
        (_context, _logger) = (context, context.Logger);
        _tls = StartFault.Translate(() => instances.Create(plugins.GetOnly<ITlsBackend>()));
        Handshaker = StartFault.Translate(CreateHandshaker);
        Priority = DescribePriority();
    }

    /// <summary>Makes the handshakes.</summary>
    public ITlsHandshaker Handshaker { get; }

    /// <summary>What the priority string allows; null if the plugin fails to say so: it is only for warnings.</summary>
    public PriorityDescription? Priority { get; }

    /// <summary>Has the plugin do its slow work before the first peer comes. Ends when cancelled.</summary>
    public async Task WarmUpAsync(CancellationToken cancellationToken)
    {
        // Not the token itself: a callback of the plugin's that hangs would keep the others from being cancelled.
        var giveUp = new CancellationTokenSource();
        Task warmUp = PluginThread.Start(() => Handshaker.WarmUpAsync(giveUp.Token)).Unwrap();
        try
        {
            await warmUp.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Then the first peer is served a little later.
            LogNotWarm(e.Message);
        }
        catch (OperationCanceledException)
        {
            _ = giveUp.CancelAsync();
            await warmUp.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private ITlsHandshaker CreateHandshaker()
    {
        string priority = _context.Options.Priority;
        try
        {
            return PluginThread.Run(
                () =>
                {
                    ITlsHandshaker handshaker = _tls.Instance.CreateHandshaker(priority);
                    foreach (string word in _tls.Instance.DescribePriority(priority).Unknown)
                    {
                        LogUnknownPriority(word);
                    }

                    return handshaker;
                },
                PluginLimits.Construction,
                _context.TimeProvider);
        }
        catch (Exception e) when (e is not PriorityStringException)
        {
            throw _tls.Plugin.Fail("cannot prepare TLS handshakes", e);
        }
    }

    private PriorityDescription? DescribePriority()
    {
        try
        {
            return PluginThread.Run(
                () => _tls.Instance.DescribePriority(_context.Options.Priority), PluginLimits.Construction, _context.TimeProvider);
        }
        catch (Exception)
        {
            // The server serves without it.
            return null;
        }
    }
}
