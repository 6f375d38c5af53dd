using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Listening;

/// <summary>Hears from the kernel (rtnetlink(7)) that network interfaces or their addresses have changed.</summary>
/// <param name="timeProvider">The clock.</param>
/// <param name="logger">Is told if the kernel does not tell.</param>
internal sealed partial class LinkWatcher(TimeProvider timeProvider, ILogger logger)
{
    /// <summary>After so long it counts as a change too: whatever else kept the server from listening may be over.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(5);

    /// <summary>The same without the kernel's messages.</summary>
    private static readonly TimeSpan _shortWait = TimeSpan.FromSeconds(1);

    /// <summary>An interface that comes or goes makes several messages: they count as one.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(50);

    private readonly ILogger _logger = logger;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends at the next change. To be asked for before looking at how things are, so that none is missed.</summary>
    public Task Next => Volatile.Read(ref _next).Task;

    /// <summary>Listens until cancelled. Does not throw.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using Socket? messages = Open();
        var buffer = new byte[8192];
        while (!cancellationToken.IsCancellationRequested)
        {
            Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();
            using (var limit = new CancellationTokenSource(messages is null ? _shortWait : _longestWait, timeProvider))
            using (var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken))
            {
                await (messages is null
                    ? Task.Delay(Timeout.InfiniteTimeSpan, timeProvider, either.Token)
                    : TakeAsync(messages, buffer, either.Token)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            await Task.Delay(_pause, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private Socket? Open()
    {
        int fd = Native.OpenLinkMessages();
        if (fd >= 0)
        {
            return new Socket(new SafeSocketHandle(fd, ownsHandle: true));
        }

        LogNoMessages(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()), _shortWait.TotalSeconds);
        return null;
    }

    /// <summary>Waits for a message, and takes all that there are.</summary>
    private static async Task TakeAsync(Socket messages, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            do
            {
                // Their content does not matter: the waiting code looks for itself.
                await messages.ReceiveAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            }
            while (messages.Available > 0);
        }
        catch (SocketException)
        {
            // More messages than the kernel keeps for us: then there were changes.
        }
    }
}
