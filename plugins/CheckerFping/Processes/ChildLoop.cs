using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;
using Mandos.Abstractions.Checking;
using Microsoft.Win32.SafeHandles;
using static Mandos.CheckerFping.Processes.NativeMethods;

namespace Mandos.CheckerFping.Processes;

/// <summary>One thread that starts children, signals them and waits for them, however many they are.</summary>
/// <remarks>
/// Because the thread that signals is the one that waits, a process number is never used after the kernel may have given it to
/// another process. Starting blocks (vfork), which is why it is not done on the thread pool, where connections would have to
/// wait for it. There are as many loops as processors, made when first needed; they live as long as the process.
/// </remarks>
internal sealed unsafe class ChildLoop
{
    /// <summary>
    /// Milliseconds between two reads of a child's output. To be woken for each line costs more than the line, here and in the child.
    /// </summary>
    private const int Rest = 20;

    private static readonly Lock _making = new();
    private static readonly ChildLoop?[] _loops = new ChildLoop?[Environment.ProcessorCount];
    private static readonly Lazy<Spawner> _sharedSpawner = new(() => new Spawner());
    private static uint _next;

    private readonly Spawner _spawner;
    private readonly ConcurrentQueue<Action> _work = new();
    private readonly Dictionary<int, Child> _running = [];
    private readonly Epoll _epoll = new();
    private readonly byte[] _buffer = new byte[4096];
    private readonly Queue<(long Until, Child Child)> _resting = new();
    private readonly SafeFileHandle _wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

    /// <exception cref="Win32Exception">The kernel gives no descriptor.</exception>
    private ChildLoop(Spawner spawner)
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

    /// <summary>A loop for one more child.</summary>
    /// <exception cref="Win32Exception">The kernel gives no descriptor. The next call tries again.</exception>
    /// <exception cref="EntryPointNotFoundException">The C library is too old.</exception>
    public static ChildLoop Next()
    {
        uint index = Interlocked.Increment(ref _next) % (uint)_loops.Length;
        if (Volatile.Read(ref _loops[index]) is { } loop)
        {
            return loop;
        }

        lock (_making)
        {
            return _loops[index] ??= new ChildLoop(_sharedSpawner.Value);
        }
    }

    /// <summary>Starts a child soon.</summary>
    public void Start(Child child) => Post(() => StartNow(child));

    /// <summary>Sends a signal to all processes of a child's group, unless the child has ended by then.</summary>
    public void Signal(Child child, int signal) => Post(() =>
    {
        if (child.Pidfd >= 0)
        {
            _ = kill(-child.Pid, signal);
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
            int rest = WatchRested();
            _epoll.Wait(ready, _work.IsEmpty ? rest : 0);
            foreach (int fd in ready)
            {
                if (_running.TryGetValue(fd, out Child? child))
                {
                    if (fd == child.Output)
                    {
                        ReadSome(child);
                    }
                    else
                    {
                        Reap(child);
                    }
                }
                else if (fd == (int)_wake.DangerousGetHandle())
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

    private void StartNow(Child child)
    {
        if (child.CancellationToken.IsCancellationRequested)
        {
            child.CompleteCancelled();
            return;
        }

        int writer = -1;
        int error = child.Reader is null ? 0 : OpenOutput(child, out writer);
        int pid = 0;
        if (error == 0)
        {
            error = _spawner.Spawn(child.Arguments, writer, child.InheritOutput, out pid);
        }

        if (writer >= 0)
        {
            _ = close(writer);
        }

        if (error != 0)
        {
            Fail(child, error);
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

            Fail(child, error);
            return;
        }

        child.Pid = pid;
        child.Pidfd = pidfd;
        _running.Add(pidfd, child);
    }

    /// <returns>Zero, or the error number.</returns>
    private int OpenOutput(Child child, out int writer)
    {
        writer = -1;
        int* ends = stackalloc int[2];
        if (pipe2(ends, O_CLOEXEC) != 0)
        {
            return Marshal.GetLastPInvokeError();
        }

        writer = ends[1];
        child.Output = ends[0];
        _running.Add(child.Output, child);
        // The reader's end alone: a child whose writing failed would lose lines.
        return fcntl(child.Output, F_SETFL, O_NONBLOCK) == 0 ? _epoll.Add(child.Output) : Marshal.GetLastPInvokeError();
    }

    /// <summary>Reads what there is, but no more than a pipe holds, as other children have their turn too.</summary>
    private void ReadSome(Child child)
    {
        const int pipeSize = 65536;
        nint count = 1;
        for (nint sum = 0; child.Output >= 0 && sum < pipeSize && count > 0; sum += count)
        {
            fixed (byte* buffer = _buffer)
            {
                count = read(child.Output, buffer, _buffer.Length);
            }

            if (count > 0)
            {
                child.Reader!(_buffer.AsSpan(0, (int)count));
            }
        }

        if (count == 0)
        {
            CloseOutput(child);
        }
        else
        {
            _epoll.Remove(child.Output);
            _resting.Enqueue((Environment.TickCount64 + Rest, child));
        }
    }

    /// <summary>Watches again what has rested.</summary>
    /// <returns>Milliseconds until there is more to watch; -1 for never.</returns>
    private int WatchRested()
    {
        while (_resting.TryPeek(out (long Until, Child Child) first))
        {
            if (first.Until - Environment.TickCount64 is > 0 and long left)
            {
                return (int)left;
            }

            _resting.Dequeue();
            if (first.Child.Output >= 0)
            {
                // If it fails, what is written waits for the child's end.
                _ = _epoll.Add(first.Child.Output);
            }
        }

        return -1;
    }

    private void CloseOutput(Child child)
    {
        if (child.Output >= 0)
        {
            _ = _running.Remove(child.Output);
            _epoll.Remove(child.Output);
            _ = close(child.Output);
            child.Output = -1;
        }
    }

    private void Reap(Child child)
    {
        // Processes that the child left running in its group end with it. Only now is it sure that the group's number is still its own.
        _ = kill(-child.Pid, SIGKILL);

        int status;
        int waited = waitpid(child.Pid, &status, WNOHANG);
        if (waited == 0)
        {
            // A debugger has not let go of it yet.
            return;
        }

        int error = waited < 0 ? Marshal.GetLastPInvokeError() : 0;
        if (child.Output >= 0)
        {
            ReadSome(child);
            CloseOutput(child);
        }

        _ = _running.Remove(child.Pidfd);
        _epoll.Remove(child.Pidfd);
        _ = close(child.Pidfd);
        child.Pidfd = -1;
        child.Complete(new(child.Pid, error == 0 ? ToResult(status) : CheckResult.Failed(
            $"the exit status was lost: {Marshal.GetPInvokeErrorMessage(error)}; is SIGCHLD ignored?")));
    }

    private void Fail(Child child, int error)
    {
        CloseOutput(child);
        child.Complete(new(0, CheckResult.Failed($"cannot start {child.Arguments[0]}: {Marshal.GetPInvokeErrorMessage(error)}")));
    }

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
