namespace Mandos.Abstractions.Control;

/// <summary>What became of a command that was carried out: it is in force, and either durable or not. What was not carried out is an exception.</summary>
/// <remarks>
/// A control surface must not call a command done without looking: a change that is not durable is lost if the server ends, and a
/// disabled client would be enabled again. Show <see cref="Problem"/> as an error.
/// </remarks>
public sealed record CommandResult
{
    private CommandResult(string? problem) => Problem = problem;

    /// <summary>All that the command changed is on disk, or it changed nothing that outlasts the server.</summary>
    public static CommandResult Durable { get; } = new(problem: null);

    /// <summary>Whether all that the command changed outlasts the end of the server.</summary>
    public bool IsDurable => Problem is null;

    /// <summary>One line for people that says that the change is in force but not saved, and why; null if <see cref="IsDurable"/>.</summary>
    public string? Problem { get; }

    /// <summary>The command is in force, but is not on disk. The server keeps trying to save it.</summary>
    /// <param name="reason">Why it is not saved, in one line.</param>
    public static CommandResult NotSaved(string reason)
        => new($"the change is in force but not saved, and is lost if the server ends before it can be: {reason}");
}
