using System.Runtime.InteropServices;
using System.Threading.Channels;
using Mandos.Abstractions.Control;
using Mandos.Engine;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Server;

/// <summary>Re-reads the clients at each SIGHUP, and when a file is there that could not be read.</summary>
/// <param name="context">What the parts of the server share.</param>
/// <param name="engine">The engine, which reads them.</param>
/// <param name="source">Knows which files could not be read.</param>
/// <param name="report">Tells systemd when it is done.</param>
/// <param name="hangUps">The SIGHUPs.</param>
internal sealed partial class ReloadLoop(
    ServerContext context, MandosEngine engine, ClientSource source, ServerReport report, ChannelReader<PosixSignal> hangUps)
{
    private static readonly CommandSource _self = new("server");

    /// <summary>How often to look whether a file can be read that could not: a secret on a disk that was not mounted yet.</summary>
    private static readonly TimeSpan _lookForFiles = TimeSpan.FromSeconds(30);

    private readonly ILogger _logger = context.Logger;

    /// <summary>Does so until cancelled. Does not throw.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                await WaitAsync(cancellationToken).ConfigureAwait(false);
                context.Notifier.Reloading();
                try
                {
                    await engine.Server.ReloadAsync(_self, cancellationToken).ConfigureAwait(false);
                }
                finally
                {
                    report.TellReady();
                }
            }
            catch (ConfigurationException)
            {
                // The engine has logged it.
            }
            catch (OperationCanceledException)
            {
                // Stopping.
            }
            catch (Exception e)
            {
                // The clients are served as before.
                LogNotReloaded(e.Message);
            }
        }
    }

    /// <summary>Waits for a reason to re-read the clients.</summary>
    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        Task hangUp = hangUps.WaitToReadAsync(cancellationToken).AsTask();
        while (!hangUp.IsCompleted)
        {
            await Task.WhenAny(hangUp, Task.Delay(_lookForFiles, context.TimeProvider, cancellationToken)).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (source.HasNews())
            {
                LogReadable();
                break;
            }
        }

        hangUps.TryRead(out _);
    }
}
