using Mandos.Abstractions.Checking;

namespace Mandos.CheckerFping.Pings;

/// <summary>One check by the default command, without a shell.</summary>
/// <param name="host">A host by <see cref="PingHost"/>.</param>
/// <param name="answered">Whether it answered the last time.</param>
/// <param name="batches">Pings it.</param>
/// <param name="shell">The same check in a shell.</param>
internal sealed class PingCheck(string host, bool answered, PingBatches batches, ICheck shell) : ICheck
{
    /// <inheritdoc/>
    public string Description => shell.Description;

    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return await batches.PingAsync(host, answered, cancellationToken).ConfigureAwait(false)
            // Says what is the matter with fping as it always has, or finds it.
            ?? await shell.RunAsync(cancellationToken).ConfigureAwait(false);
    }
}
