namespace Mandos.Engine.Sharing;

/// <summary>Whether clients can get their secrets here, for those who have to begin and end something with that. Thread-safe.</summary>
internal sealed class ServingSignal() : Signal<bool>(false)
{
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
}
