namespace Mandos.TestKit;

/// <summary>How a program ended.</summary>
/// <param name="ExitCode">Its exit status; 128 + signal if a signal ended it.</param>
/// <param name="Output">What it wrote to standard output.</param>
/// <param name="Errors">What it wrote to standard error.</param>
public sealed record CommandResult(int ExitCode, string Output, string Errors);
