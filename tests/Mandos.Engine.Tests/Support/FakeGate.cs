using Mandos.Engine.Outcomes;
using Mandos.Engine.Protocol;

namespace Mandos.Engine.Tests.Support;

/// <summary>A release gate that answers what the test says, when it says so.</summary>
internal sealed class FakeGate : IReleaseGate
{
    /// <summary>Its answer. Until then it does not answer.</summary>
    public TaskCompletionSource<bool> Answer { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it goes on to wait when it is told to give up.</summary>
    public bool IsStubborn { get; init; }

    public volatile int Asked;

    public volatile bool HasGivenUp;

    public volatile bool HasChangedItsMind;

    public Outcome Refusal => Outcome.Denied;

    public string Otherwise => "the fake gate is closed";

    public async Task<bool> AgreesAsync(Connection connection, Outcome granted, CancellationToken cancellationToken)
    {
        Asked++;
        try
        {
            return await Answer.Task.WaitAsync(IsStubborn ? CancellationToken.None : cancellationToken);
        }
        catch (OperationCanceledException)
        {
            HasGivenUp = true;
            throw;
        }
    }

    public bool StillAgrees(Connection connection, Outcome granted) => !HasChangedItsMind;
}
