using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Scheduling;

/// <summary>The one logical thread that owns the state of all clients.</summary>
/// <remarks>
/// It has no thread of its own: a caller that posts work while the loop is idle runs it at once, and others' work that comes meanwhile, up to
/// a <see cref="TurnLength"/>. So a request that finds the loop idle costs no switch of threads, which is most of what a small one could cost.
/// </remarks>
internal sealed partial class EngineLoop(ILogger logger) : IThreadPoolWorkItem
{
    /// <summary>Work items that one caller runs before it hands the loop to the thread pool.</summary>
    internal const int TurnLength = 64;

    private readonly ConcurrentQueue<WorkItem> _work = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The caller that sets this from 0 to 1 owns the loop until it sets it back. 1 before <see cref="Start"/>.</summary>
    private int _owned = 1;
    private volatile bool _isComplete;
    private long _workDone;

    /// <summary>Ends when the loop has ended.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Runs before and after each work item.</summary>
    public Action Watch { get; set; } = static () => { };

    /// <summary>How many work items have been run.</summary>
    public long WorkDone => Volatile.Read(ref _workDone);

    /// <summary>Has posted work run from now on.</summary>
    public void Start() => RunTurn();

    /// <summary>Puts work on the loop. After the loop has ended it is dropped.</summary>
    public void Post(Action action) => TryPost(action);

    /// <inheritdoc cref="Post(Action)"/>
    public void Post<T>(Action<T> action, T state) where T : class => Post(() => action(state));

    /// <summary>Puts work on the loop, unless the loop has ended.</summary>
    public bool TryPost(Action action) => TryEnqueue(new WorkItem(static state => ((Action)state)(), action));

    /// <summary>Has the loop compute something.</summary>
    /// <param name="function">Computes it.</param>
    /// <param name="cancellationToken">The caller gives up. What has not begun then does not begin; what has begun ends, and the caller gets it.</param>
    /// <exception cref="OperationCanceledException">The caller gave up, or the loop has ended.</exception>
    public Task<T> InvokeAsync<T>(Func<T> function, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellationToken);
        }

        var call = new Call<T>(function);
        if (!TryEnqueue(new WorkItem(static state => ((Call<T>)state).Run(), call)))
        {
            return Task.FromException<T>(new OperationCanceledException("the server is stopping"));
        }

        return cancellationToken.CanBeCanceled && !call.Task.IsCompleted ? WaitAsync(call, cancellationToken) : call.Task;
    }

    /// <summary>Runs the work that waits now, on the caller's thread: for tests that step the loop instead of starting it.</summary>
    /// <returns>Whether there was any.</returns>
    public bool RunPending()
    {
        bool any = false;
        while (_work.TryDequeue(out WorkItem item))
        {
            any = true;
            Run(item);
        }

        return any;
    }

    /// <summary>Ends the loop after the work that waits now.</summary>
    public void Complete() => Post(() =>
    {
        _isComplete = true;
        _completion.TrySetResult();
    });

    /// <summary>Reports an exception that nobody else is told of. Does not throw.</summary>
    public void OnError(Exception exception)
    {
        try
        {
            LogUnexpected(exception);
        }
        catch (Exception)
        {
            // A log that fails must not end the loop: its owner would never give it up
        }
    }

    /// <inheritdoc/>
    void IThreadPoolWorkItem.Execute() => RunTurn();

    private static async Task<T> WaitAsync<T>(Call<T> call, CancellationToken cancellationToken)
    {
        using CancellationTokenRegistration giveUp = cancellationToken.UnsafeRegister(
            static (state, token) => ((Call<T>)state!).GiveUp(token), call);
        return await call.Task.ConfigureAwait(false);
    }

    private bool TryEnqueue(WorkItem item)
    {
        if (_isComplete)
        {
            return false;
        }

        _work.Enqueue(item);
        if (Interlocked.CompareExchange(ref _owned, 1, 0) == 0)
        {
            RunTurn();
        }

        return true;
    }

    /// <summary>Runs work. The caller owns the loop, and gives it up.</summary>
    private void RunTurn()
    {
        for (int i = 0; i < TurnLength; i++)
        {
            if (_work.TryDequeue(out WorkItem item))
            {
                Run(item);
                continue;
            }

            Interlocked.Exchange(ref _owned, 0);
            // Work may have come in between: then its poster found the loop owned.
            if (_work.IsEmpty || Interlocked.CompareExchange(ref _owned, 1, 0) != 0)
            {
                return;
            }
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private void Run(WorkItem item)
    {
        try
        {
            Watch();
            item.Run(item.State);
            Watch();
        }
        catch (Exception e)
        {
            // One bad work item must not stop the others; a caller that waits for a result has got it by now
            OnError(e);
        }

        Volatile.Write(ref _workDone, _workDone + 1);
    }

    private readonly record struct WorkItem(Action<object> Run, object State);

    private sealed class Call<T>(Func<T> function) : TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        /// <summary>Who sets this from 0 to 1 decides what becomes of the call.</summary>
        private int _decided;

        /// <summary>Has the call not run, unless it does or did already.</summary>
        public void GiveUp(CancellationToken token)
        {
            if (Interlocked.Exchange(ref _decided, 1) == 0)
            {
                SetCanceled(token);
            }
        }

        public void Run()
        {
            if (Interlocked.Exchange(ref _decided, 1) != 0)
            {
                return;
            }

            try
            {
                SetResult(function());
            }
            catch (Exception e)
            {
                // Handed to the caller
                SetException(e);
            }
        }
    }
}
