using Mandos.Abstractions.Checking;

namespace Mandos.CheckerFping.Pings;

/// <summary>One check in a batch.</summary>
/// <param name="batch">The batch, whose lock guards <see cref="IsOpen"/>.</param>
internal sealed class Ping(PingBatch batch)
{
    // What follows runs where it is completed: see PingBatch.Deliver.
    private readonly TaskCompletionSource<CheckResult?> _result = new();

    public PingBatch Batch => batch;

    /// <summary>Whether it has neither a result nor been stopped.</summary>
    public bool IsOpen { get; set; } = true;

    /// <summary>How the check went; null if the batch did not find out, and it has to go alone.</summary>
    public Task<CheckResult?> Result => _result.Task;

    public void Complete(CheckResult? result) => _result.TrySetResult(result);
}
