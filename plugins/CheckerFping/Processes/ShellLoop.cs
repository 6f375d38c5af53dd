using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Mandos.Abstractions.Checking;
using Microsoft.Win32.SafeHandles;
using static Mandos.CheckerFping.Processes.NativeMethods;

namespace Mandos.CheckerFping.Processes;

/// <summary>One thread that starts shells, signals them and waits for them, however many they are.</summary>
/// <remarks>
/// Because the thread that signals is the one that waits, a process number is never used after the kernel may have given it to
/// another process. Starting blocks (vfork), which is why it is not done on the thread pool, where connections would have to
/// wait for it. There are as many loops as processors, made when first needed; they live as long as the process.
/// </remarks>
internal sealed unsafe class ShellLoop
{
    private static readonly Lock _making = new();
    private static readonly ShellLoop?[] _loops = new ShellLoop?[Environment.ProcessorCount];
    private static readonly Lazy<ShellSpawner> _sharedSpawner = new(() => new ShellSpawner());
    private static uint _next;

    private readonly ShellSpawner _spawner;
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly Dictionary<int, Shell> _running = [];
    private readonly Epoll _epoll = new();
    private readonly SafeFileHandle _wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    /// <exception cref="Win32Exception">The kernel gives no descriptor.</exception>
    private ShellLoop(ShellSpawner spawner)
    {
        _spawner = spawner;
        if (_wake.IsInvalid)
        {
            throw new Win32Exception();
        }

        int error = _epoll.Add((int)_wake.DangerousGetHandle());
        if (error != 0)
        {
            throw new Win32Exception(error);
        }

        new Thread(Run) { IsBackground = true, Name = "Checkers" }.Start();
    }

    /// <summary>A loop for one more shell.</summary>
    /// <exception cref="Win32Exception">The kernel gives no descriptor. The next call tries again.</exception>
    /// <exception cref="EntryPointNotFoundException">The C library is too old.</exception>
    public static ShellLoop Next()
    {
        uint index = Interlocked.Increment(ref _next) % (uint)_loops.Length;
        if (Volatile.Read(ref _loops[index]) is { } loop)
        {
            return loop;
        }

        lock (_making)
        {
            return _loops[index] ??= new ShellLoop(_sharedSpawner.Value);
        }
    }

    /// <summary>Starts a shell soon.</summary>
    public void Start(Shell shell) => Post(() => StartNow(shell));

    /// <summary>Sends a signal to all processes of a shell's group, unless the shell has ended by then.</summary>
    public void Signal(Shell shell, int signal) => Post(() =>
    {
        if (shell.Pidfd >= 0)
        {
            _ = kill(-shell.Pid, signal);
        }
    });

    private void Post(Action work)
    {
        _work.Enqueue(work);
        ulong one = 1;
        _ = write(_wake, &one, sizeof(ulong));
    }

    private void Run()
    {
        List<int> ready = [];
        while (true)
        {
            // Ends are noticed between any two starts, so a long queue delays no result.
            _epoll.Wait(ready, block: _work.IsEmpty);
            foreach (int fd in ready)
            {
                if (_running.TryGetValue(fd, out Shell? shell))
                {
                    Reap(shell);
                }
                else
                {
                    ulong count;
                    _ = read(_wake, &count, sizeof(ulong));
                }
            }

            if (_work.TryDequeue(out Action? work))
            {
                work();
            }
        }
    }

    private void StartNow(Shell shell)
    {
        if (shell.CancellationToken.IsCancellationRequested)
        {
            shell.CompleteCancelled();
            return;
        }

        int error = _spawner.Spawn(shell.Command, shell.InheritOutput, out int pid);
        if (error != 0)
        {
            Fail(shell, error);
            return;
        }

        // The number stays the child's until it is waited for.
        int pidfd = pidfd_open(pid);
        error = pidfd < 0 ? Marshal.GetLastPInvokeError() : _epoll.Add(pidfd);
        if (error != 0)
        {
            _ = kill(-pid, SIGKILL);
            while (waitpid(pid, null, 0) < 0 && Marshal.GetLastPInvokeError() == EINTR)
            {
            }

            if (pidfd >= 0)
            {
                _ = close(pidfd);
            }

            Fail(shell, error);
            return;
        }

        shell.Pid = pid;
        shell.Pidfd = pidfd;
        _running.Add(pidfd, shell);
    }

    private void Reap(Shell shell)
    {
        // Processes that the shell left running in its group end with it. Only now is it sure that the group's number is still its own.
        _ = kill(-shell.Pid, SIGKILL);

        int status;
        int waited = waitpid(shell.Pid, &status, WNOHANG);
        if (waited == 0)
        {
            // A debugger has not let go of it yet.
            return;
        }

        int error = waited < 0 ? Marshal.GetLastPInvokeError() : 0;
        _ = _running.Remove(shell.Pidfd);
        _epoll.Remove(shell.Pidfd);
        _ = close(shell.Pidfd);
        shell.Pidfd = -1;
        shell.Complete(new(shell.Pid, error == 0 ? ToResult(status) : CheckResult.Failed(
            $"the exit status was lost: {Marshal.GetPInvokeErrorMessage(error)}; is SIGCHLD ignored?")));
    }

    private static void Fail(Shell shell, int error)
        => shell.Complete(new(0, CheckResult.Failed($"cannot start /bin/sh: {Marshal.GetPInvokeErrorMessage(error)}")));

    /// <summary>Decodes a status in the encoding of wait(2).</summary>
    internal static CheckResult ToResult(int status)
    {
        const int signalMask = 0x7f;
        const int coreDumped = 0x80;
        int signal = status & signalMask;
        return signal == 0
            ? CheckResult.Exited((status >> 8) & 0xff)
            : CheckResult.Signaled(signal, (status & coreDumped) != 0);
    }
}
