using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Scheduling;

/// <summary>The one logical thread that owns the state of all clients.</summary>
internal sealed partial class EngineLoop(ILogger logger)
{
    private readonly Channel<WorkItem> _work = Channel.CreateUnbounded<WorkItem>(
        new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Puts work on the loop. After the loop has ended it is dropped.</summary>
    public void Post(Action action) => TryPost(action);

    /// <inheritdoc cref="Post(Action)"/>
    public void Post<T>(Action<T> action, T state) where T : class => Post(() => action(state));

    /// <summary>Puts work on the loop, unless the loop has ended.</summary>
    public bool TryPost(Action action) => _work.Writer.TryWrite(new WorkItem(static state => ((Action)state)(), action));

    /// <summary>Has the loop compute something.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up, or the loop has ended.</exception>
    public Task<T> InvokeAsync<T>(Func<T> function, CancellationToken cancellationToken = default)
    {
        var call = new Call<T>(function);
        return _work.Writer.TryWrite(new WorkItem(static state => ((Call<T>)state).Run(), call))
            ? cancellationToken.CanBeCanceled ? call.Task.WaitAsync(cancellationToken) : call.Task
            : Task.FromException<T>(new OperationCanceledException("the server is stopping"));
    }

    /// <summary>Runs work until <see cref="Complete"/>.</summary>
    public async Task RunAsync()
    {
        while (await _work.Reader.WaitToReadAsync(CancellationToken.None).ConfigureAwait(false))
        {
            RunPending();
        }
    }

    /// <summary>Runs the work that waits now, on the caller's thread. For <see cref="RunAsync"/>, and for tests that step the loop.</summary>
    public bool RunPending()
    {
        bool any = false;
        while (_work.Reader.TryRead(out WorkItem item))
        {
            any = true;
            try
            {
                item.Run(item.State);
            }
#pragma warning disable CA1031 // One bad work item must not stop the others; whoever waits for a result has got it by now
            catch (Exception e)
#pragma warning restore CA1031
            {
                OnError(e);
            }
        }

        return any;
    }

    /// <summary>Ends the loop after the work that waits now.</summary>
    public void Complete() => _work.Writer.TryComplete();

    /// <summary>Reports an exception that nobody else is told of.</summary>
    public void OnError(Exception exception) => LogUnexpected(exception);

    [LoggerMessage(1000, LogLevel.Critical, "Unexpected error in the engine; the server goes on")]
    private partial void LogUnexpected(Exception exception);

    private readonly record struct WorkItem(Action<object> Run, object State);

    private sealed class Call<T>(Func<T> function) : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public void Run()
        {
            try
            {
                SetResult(function());
            }
#pragma warning disable CA1031 // Handed to the caller
            catch (Exception e)
#pragma warning restore CA1031
            {
                SetException(e);
            }
        }
    }
}
