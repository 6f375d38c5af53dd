using Mandos.Abstractions.Checking;
using Mandos.CheckerFping.Processes;

namespace Mandos.CheckerFping;

/// <summary>One run of one command in a shell.</summary>
/// <param name="command">For the shell; without NUL.</param>
/// <param name="runner">Runs the shell.</param>
internal sealed class ShellCheck(string command, ChildRunner runner) : ICheck
{
    /// <inheritdoc/>
    public string Description => command;

    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
        => (await runner.RunAsync(["/bin/sh", "-c", command], null, cancellationToken).ConfigureAwait(false)).Result;
}
