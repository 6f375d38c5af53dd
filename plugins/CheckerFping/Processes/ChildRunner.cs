using System.ComponentModel;
using System.Runtime.InteropServices;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Plugins;

namespace Mandos.CheckerFping.Processes;

/// <summary>Runs children to their ends, with all that they leave running in their process groups.</summary>
/// <param name="context">Gives log, time and debug mode.</param>
internal sealed partial class ChildRunner(IPluginContext context) : IPrograms
{
    /// <summary>Between asking a cancelled child to end and ending it; enough for a script to remove its files.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long to wait until killed processes are gone. They can be kept by a hung file system, or by an init that does not
    /// wait.
    /// </summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private static readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100));

    /// <inheritdoc/>
    public async Task<ChildExit> RunAsync(
        IReadOnlyList<string> arguments, OutputReader? reader, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ChildLoop loop;
        try
        {
            loop = ChildLoop.Next();
        }
        catch (Win32Exception e)
        {
            return new(0, CheckResult.Failed($"cannot start {arguments[0]}: {e.Message}"));
        }
        catch (EntryPointNotFoundException)
        {
            return new(0, CheckResult.Failed($"cannot start {arguments[0]}: this needs a C library like glibc 2.34 or later"));
        }

        Child child = new(arguments, context.Debug, reader, cancellationToken);
        loop.Start(child);
        ChildExit exit;
        try
        {
            exit = await child.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            exit = await StopAsync(loop, child).ConfigureAwait(false);
            await GroupGoneAsync(exit.Group).ConfigureAwait(false);
            throw;
        }

        await GroupGoneAsync(exit.Group).ConfigureAwait(false);
        return exit;
    }

    private async Task<ChildExit> StopAsync(ChildLoop loop, Child child)
    {
        loop.Signal(child, NativeMethods.SIGTERM);
        try
        {
            return await child.Exit.WaitAsync(_grace, context.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            loop.Signal(child, NativeMethods.SIGKILL);
            return await child.Exit.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the processes that the child left behind, killed when it ended, are gone.</summary>
    private async Task GroupGoneAsync(int group)
    {
        if (group == 0)
        {
            return;
        }

        long start = context.TimeProvider.GetTimestamp();
        for (TimeSpan pause = _backoff.Shortest; Exists(group); pause = _backoff.After(pause))
        {
            if (context.TimeProvider.GetElapsedTime(start) > _patience)
            {
                LogProcessesRemain(context.Logger, group, _patience);
                return;
            }

            await Task.Delay(pause, context.TimeProvider).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Whether a process group has members. Its number is given to no other before it has none, and signal 0 harms nobody.
    /// </summary>
    private static bool Exists(int group)
        => NativeMethods.kill(-group, 0) == 0 || Marshal.GetLastPInvokeError() == NativeMethods.EPERM;
}
