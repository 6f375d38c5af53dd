namespace Mandos.Engine.Sharing;

/// <summary>Whether clients can get their secrets here, for those who have to begin and end something with that. Thread-safe.</summary>
internal sealed class ServingSignal
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _change = NewChange();
    private bool _isServing;

    /// <summary>Sets it.</summary>
    public void Set(bool isServing)
    {
        TaskCompletionSource change;
        lock (_lock)
        {
            if (_isServing == isServing)
            {
                return;
            }

            (_isServing, change, _change) = (isServing, _change, NewChange());
        }

        change.SetResult();
    }

    /// <summary>Has something run whenever they can.</summary>
    /// <param name="run">What is to run; it ends when its token is cancelled.</param>
    /// <param name="cancellationToken">Ends it for good.</param>
    public async Task WhileAsync(Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        while (true)
        {
            (bool isServing, Task change) = Get();
            if (!isServing)
            {
                await change.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            using var serving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            Task running = run(serving.Token);
            await Task.WhenAny(running, change).ConfigureAwait(false);
            if (running.IsCompleted || cancellationToken.IsCancellationRequested)
            {
                await running.ConfigureAwait(false);
                return;
            }

            await serving.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private (bool IsServing, Task Change) Get()
    {
        lock (_lock)
        {
            return (_isServing, _change.Task);
        }
    }

    private static TaskCompletionSource NewChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
