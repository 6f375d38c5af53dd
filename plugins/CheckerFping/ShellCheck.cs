using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Plugins;
using Mandos.CheckerFping.Processes;

namespace Mandos.CheckerFping;

/// <summary>One run of one command.</summary>
/// <param name="command">For the shell; without NUL.</param>
/// <param name="context">Gives log, time and debug mode.</param>
internal sealed partial class ShellCheck(string command, IPluginContext context) : ICheck
{
    /// <summary>Between asking a cancelled check to end and ending it; enough for a script to remove its files.</summary>
    private static readonly TimeSpan _grace = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long to wait until killed processes are gone. They can be kept by a hung file system, or by an init that does not
    /// wait.
    /// </summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private static readonly Backoff _backoff = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(100));

    /// <inheritdoc/>
    public string Description => command;

    /// <inheritdoc/>
    public async Task<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ShellLoop loop;
        try
        {
            loop = ShellLoop.Next();
        }
        catch (Win32Exception e)
        {
            return CheckResult.Failed($"cannot start /bin/sh: {e.Message}");
        }
        catch (EntryPointNotFoundException)
        {
            return CheckResult.Failed("cannot start /bin/sh: this needs a C library like glibc 2.34 or later");
        }

        Shell shell = new(Encoding.UTF8.GetBytes(command + '\0'), context.Debug, cancellationToken);
        loop.Start(shell);
        ShellExit exit;
        try
        {
            exit = await shell.Exit.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            exit = await StopAsync(loop, shell).ConfigureAwait(false);
            await GroupGoneAsync(exit.Group).ConfigureAwait(false);
            throw;
        }

        await GroupGoneAsync(exit.Group).ConfigureAwait(false);
        return exit.Result;
    }

    private async Task<ShellExit> StopAsync(ShellLoop loop, Shell shell)
    {
        loop.Signal(shell, NativeMethods.SIGTERM);
        try
        {
            return await shell.Exit.WaitAsync(_grace, context.TimeProvider).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            loop.Signal(shell, NativeMethods.SIGKILL);
            return await shell.Exit.ConfigureAwait(false);
        }
    }

    /// <summary>Waits until the processes that the shell left behind, killed when it ended, are gone.</summary>
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
