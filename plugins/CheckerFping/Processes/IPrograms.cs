namespace Mandos.CheckerFping.Processes;

/// <summary>Runs programs.</summary>
internal interface IPrograms
{
    /// <summary>Runs a program to its end.</summary>
    /// <param name="arguments">The program and its arguments, without NUL. Without a slash the program is looked for in PATH.</param>
    /// <param name="reader">
    /// Gets standard output and error in the order in which they are written; null: they are thrown away, or in debug mode this process's.
    /// </param>
    /// <param name="cancellationToken">Ends the program.</param>
    /// <returns>How it ended; what could not be started has no group.</returns>
    /// <exception cref="OperationCanceledException">It was ended; nothing of it runs any more.</exception>
    Task<ChildExit> RunAsync(IReadOnlyList<string> arguments, OutputReader? reader, CancellationToken cancellationToken);
}
