namespace Mandos.CheckerFping.Processes;

/// <summary>Takes what a child writes, on the thread of its loop: it must be quick.</summary>
internal delegate void OutputReader(ReadOnlySpan<byte> output);

/// <summary>One run of a program, which <see cref="ChildLoop"/> takes from start to end.</summary>
/// <param name="arguments">The program and its arguments, without NUL. Without a slash the program is looked for in PATH.</param>
/// <param name="inheritOutput">Whether standard output and error are this process's, unless they are read.</param>
/// <param name="reader">Gets standard output and error in the order in which they are written; null: nobody reads them.</param>
/// <param name="cancellationToken">If cancelled before the program is started, it is not.</param>
internal sealed class Child(
    IReadOnlyList<string> arguments, bool inheritOutput, OutputReader? reader, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<ChildExit> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyList<string> Arguments => arguments;

    public bool InheritOutput => inheritOutput;

    public OutputReader? Reader => reader;

    public CancellationToken CancellationToken => cancellationToken;

    /// <summary>Ends when the program has been waited for, or was never started; cancelled if it was not to be.</summary>
    public Task<ChildExit> Exit => _exit.Task;

    /// <summary>Process ID and process group. Belongs to the loop, as the descriptors do.</summary>
    public int Pid { get; set; }

    /// <summary>Descriptor of the process, or -1 while it is not running.</summary>
    public int Pidfd { get; set; } = -1;

    /// <summary>Descriptor from which its output is read, or -1 for none.</summary>
    public int Output { get; set; } = -1;

    public void Complete(ChildExit exit) => _exit.SetResult(exit);

    public void CompleteCancelled() => _exit.SetCanceled(cancellationToken);
}
