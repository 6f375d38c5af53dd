namespace Mandos.Abstractions.Control;

/// <summary>What became of a command that was carried out: it is in force, and either durable or not. A command that was not carried out throws.</summary>
/// <remarks>
/// A control surface must look at the result before it calls a command done: a change that is not durable is lost if the server ends, and a
/// disabled client would be enabled again; or the secret of a client that was just disabled may still be on its way to it. Show
/// <see cref="Problem"/> as an error.
/// </remarks>
public sealed record CommandResult
{
    private CommandResult(string? problem) => Problem = problem;

    /// <summary>The command has ended what it had to end, and all that it changed is on disk, or it changed nothing that outlasts the server.</summary>
    public static CommandResult Durable { get; } = new(problem: null);

    /// <summary>Whether the command has ended what it had to end, and all that it changed outlasts the end of the server.</summary>
    public bool IsDurable => Problem is null;

    /// <summary>One line for people that says what the change lacks although it is in force, and why; null if <see cref="IsDurable"/>.</summary>
    public string? Problem { get; }

    /// <summary>The command is in force, but is not on disk. The server keeps trying to save it.</summary>
    /// <param name="reason">Why it is not saved, in one line.</param>
    public static CommandResult NotSaved(string reason)
        => new($"the change is in force but not saved, and is lost if the server ends before it can be: {reason}");

    /// <summary>The command is not sure to hold at every server of those that share a store.</summary>
    /// <param name="what">What is not sure, and why, in one line.</param>
    public static CommandResult NotEverywhere(string what) => new($"the change is not sure to hold at every server: {what}");

    /// <summary>The command is in force for all that comes, but something that it had to end still goes on.</summary>
    /// <param name="what">What goes on, and why, in one line.</param>
    public static CommandResult NotEnded(string what) => new($"the change is in force for what comes from now on, but {what}");
}
