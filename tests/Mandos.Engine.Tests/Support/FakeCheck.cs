using Mandos.Abstractions.Checking;

namespace Mandos.Engine.Tests.Support;

internal sealed class FakeCheck(CheckPlan plan, Action<FakeCheck> started) : ICheck
{
    private readonly TaskCompletionSource<CheckResult> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Description => "fake check";

    public volatile bool HasEnded;

    /// <summary>Ends it by itself.</summary>
    public void End(CheckResult result) => _end.TrySetResult(result);

    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        started(this);
        try
        {
            return plan.Mode switch
            {
                CheckMode.Ends => plan.Result,
                CheckMode.Throws => throw new InvalidOperationException("a fault"),
                CheckMode.IsStubborn => await _end.Task,
                _ => await _end.Task.WaitAsync(cancellationToken),
            };
        }
        finally
        {
            HasEnded = true;
        }
    }
}
