using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;

namespace Mandos.Host.Plugins.Checkers;

/// <summary>Stands in for a checker that cannot be used: each check fails and says why, so that its clients expire as if they were gone.</summary>
/// <param name="name">Name of the checker.</param>
/// <param name="reason">Why it cannot be used.</param>
internal sealed class UnusableChecker(string name, string reason) : IChecker, ICheck
{
    /// <inheritdoc/>
    public string Description => $"checker “{name}”, which cannot be used";

    /// <inheritdoc/>
    public ICheck Prepare(ClientSnapshot client) => this;

    /// <inheritdoc/>
    public Task<CheckResult> RunAsync(CancellationToken cancellationToken) => Task.FromResult(CheckResult.Failed(reason));
}
