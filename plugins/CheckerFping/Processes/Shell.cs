namespace Mandos.CheckerFping.Processes;

/// <summary>One run of a shell, which <see cref="ShellLoop"/> takes from start to end.</summary>
/// <param name="command">The command in UTF-8, with a final NUL.</param>
/// <param name="inheritOutput">Whether standard output and error are this process's.</param>
/// <param name="cancellationToken">If cancelled before the shell is started, it is not.</param>
internal sealed class Shell(byte[] command, bool inheritOutput, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<ShellExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ReadOnlySpan<byte> Command => command;

    public bool InheritOutput => inheritOutput;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Ends when the shell has been waited for, or was never started; cancelled if it was not to be.</summary>
    public Task<ShellExit> Exit => _exit.Task;

    /// <summary>Process ID and process group. Belongs to the loop, as <see cref="Pidfd"/> does.</summary>
    public int Pid { get; set; }

    /// <summary>Descriptor of the process, or -1 while it is not running.</summary>
    public int Pidfd { get; set; } = -1;

    public void Complete(ShellExit exit) => _exit.SetResult(exit);

    public void CompleteCancelled() => _exit.SetCanceled(cancellationToken);
}
