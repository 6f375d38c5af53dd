using Mandos.Abstractions.Checking;
using Mandos.CheckerFping.Expansion;
using Mandos.CheckerFping.Processes;

namespace Mandos.CheckerFping;

/// <summary>One run of one command, as by a shell.</summary>
/// <param name="command">For the shell; without NUL.</param>
/// <param name="runner">Runs it.</param>
internal sealed class ShellCheck(string command, ChildRunner runner) : ICheck
{
    /// <summary>What a shell adds to the number of the signal of which a program died (POSIX, 2.8.2 Exit Status for Commands).</summary>
    private const int DiedOfSignal = 128;

    /// <inheritdoc/>
    public string Description => command;

    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        // A shell would cost more than most programs do.
        if (PlainCommand.Words(command) is { } words)
        {
            ChildExit exit = await runner.RunAsync(words, null, cancellationToken).ConfigureAwait(false);
            if (exit.Group != 0)
            {
                return exit.Result.Outcome == CheckOutcome.Signaled ? CheckResult.Exited(DiedOfSignal + exit.Result.Signal) : exit.Result;
            }
        }

        // The shell also says, by its exit code, why a program cannot be started, and it runs scripts without a first line.
        return (await runner.RunAsync(["/bin/sh", "-c", command], null, cancellationToken).ConfigureAwait(false)).Result;
    }
}
