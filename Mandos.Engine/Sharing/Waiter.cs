using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>A command that waits until what it decided is sure. Used on the engine loop alone.</summary>
internal sealed class Waiter
{
    private readonly TaskCompletionSource<string?> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="limit">Is called when <see cref="Limit"/> has come.</param>
    public Waiter(Action<Waiter> limit) => Limit = new Deadline(state => limit((Waiter)state), this);

    /// <summary>What it waits for: null once it is sure, else why it is not.</summary>
    public Task<string?> Task => _end.Task;

    /// <summary>When it has waited long enough.</summary>
    public Deadline Limit { get; }

    /// <summary>When it began to wait.</summary>
    public TimeSpan Since { get; init; }

    /// <summary>The revision that others have to confirm; 0 before it is committed.</summary>
    public long Revision { get; set; }

    public void End(string? problem) => _end.TrySetResult(problem);
}
