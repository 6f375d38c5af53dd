namespace Mandos.Ctl.Commands;

/// <summary>The command line cannot be followed.</summary>
/// <param name="message">What is wrong, in one line.</param>
internal sealed class UsageException(string message) : Exception(message);
