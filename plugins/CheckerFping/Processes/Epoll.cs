using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static Mandos.CheckerFping.Processes.NativeMethods;

namespace Mandos.CheckerFping.Processes;

/// <summary>Waits until one of many descriptors is readable (epoll(7), level-triggered). Lives as long as the process.</summary>
internal sealed unsafe class Epoll
{
    private const int MaxEvents = 64;

    // struct epoll_event is packed on x86-64 and nowhere else.
    private static readonly bool _packed = RuntimeInformation.ProcessArchitecture == Architecture.X64;
    private static readonly int _eventSize = _packed ? 12 : 16;
    private static readonly int _dataOffset = _packed ? 4 : 8;

    private readonly SafeFileHandle _epoll = epoll_create1(EPOLL_CLOEXEC);
    private readonly byte[] _events = new byte[MaxEvents * _eventSize];

    /// <exception cref="Win32Exception">The kernel gives no descriptor.</exception>
    public Epoll()
    {
        if (_epoll.IsInvalid)
        {
            throw new Win32Exception();
        }
    }

    /// <summary>Begins to watch a descriptor.</summary>
    /// <returns>Zero, or the error number.</returns>
    public int Add(int fd)
    {
        byte* ev = stackalloc byte[_eventSize];
        Unsafe.WriteUnaligned(ev, EPOLLIN);
        Unsafe.WriteUnaligned(ev + _dataOffset, (long)fd);
        return epoll_ctl(_epoll, EPOLL_CTL_ADD, fd, ev) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>
    /// Stops watching. To close the descriptor is not enough: a process just being spawned can hold a copy of it, and so keep
    /// it watched.
    /// </summary>
    public void Remove(int fd)
    {
        byte* ev = stackalloc byte[_eventSize];
        _ = epoll_ctl(_epoll, EPOLL_CTL_DEL, fd, ev);
    }

    /// <summary>Gathers the descriptors that are readable.</summary>
    /// <param name="ready">Is emptied and filled.</param>
    /// <param name="milliseconds">How long to wait until there is one; -1: for ever.</param>
    public void Wait(List<int> ready, int milliseconds)
    {
        ready.Clear();
        fixed (byte* events = _events)
        {
            // An interrupted wait is an empty one.
            int count = epoll_wait(_epoll, events, MaxEvents, milliseconds);
            for (int i = 0; i < count; i++)
            {
                ready.Add((int)Unsafe.ReadUnaligned<long>(events + (i * _eventSize) + _dataOffset));
            }
        }
    }
}
