namespace Mandos.Abstractions.Checking;

/// <summary>One check of one client, run once.</summary>
public interface ICheck
{
    /// <summary>What is run, for logs and for the <c>CheckerStarted</c> signal; a command line for a shell checker.</summary>
    string Description { get; }

    /// <summary>Runs the check to its end.</summary>
    /// <param name="cancellationToken">
    /// Stops the check. When the task ends, cancelled or not, nothing that the check started is running any more.
    /// </param>
    /// <returns>How it went. Expected failures are results, not exceptions.</returns>
    /// <exception cref="OperationCanceledException">The check was stopped.</exception>
    Task<CheckResult> RunAsync(CancellationToken cancellationToken);
}
