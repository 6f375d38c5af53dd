using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.FaultyPlugins;

/// <summary>A checker that would keep its contract, if it did not do wrong in one place.</summary>
public abstract class FaultyChecker : IChecker
{
    public virtual ICheck Prepare(ClientSnapshot client) => new Check();

    private sealed class Check : ICheck
    {
        public string Description => "waits";

        public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
            return CheckResult.Exited(0);
        }
    }
}
