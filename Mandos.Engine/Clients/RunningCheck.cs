namespace Mandos.Engine.Clients;

/// <summary>A check from its start to its end or until it is stopped.</summary>
#pragma warning disable CA1001 // Without a timer or a wait handle the source holds nothing, and disposing it would race with cancelling
internal sealed class RunningCheck
#pragma warning restore CA1001
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends once the check runs, or has turned out not to run.</summary>
    public Task Started => _started.Task;

    /// <summary>Whether control surfaces have heard of it.</summary>
    public bool IsAnnounced { get; set; }

    public string Description { get; set; } = "";

    public CancellationToken Stopping => _stop.Token;

    public void SetStarted() => _started.TrySetResult();

    /// <summary>Stops it without waiting; its task ends when nothing of it runs any more.</summary>
    public void Stop()
    {
        SetStarted();
        _ = _stop.CancelAsync(); // not Cancel: callbacks of checkers must not run on the engine loop
    }
}
