using System.Runtime.InteropServices;

namespace Mandos.DBus.Transport;

/// <summary>A socket that never blocks, and an event that ends waiting for it; not inherited by children.</summary>
internal sealed unsafe class BusSocket : IDisposable
{
    private readonly int _event;
    private int _socket = -1;

    public BusSocket()
    {
        _event = Native.eventfd(0, Native.EFD_CLOEXEC | Native.EFD_NONBLOCK);
        if (_event < 0)
        {
            throw Fault("eventfd");
        }
    }

    /// <summary>Tries to connect.</summary>
    /// <returns>0, or an error number; <see cref="Native.EAGAIN"/> if the bus is too busy just now.</returns>
    public int TryConnect(byte[] address)
    {
        CloseSocket();
        _socket = Native.socket(Native.AF_UNIX, Native.SOCK_STREAM | Native.SOCK_CLOEXEC | Native.SOCK_NONBLOCK, 0);
        if (_socket < 0)
        {
            throw Fault("socket");
        }
        fixed (byte* pointer = address)
        {
            while (Native.connect(_socket, pointer, address.Length) != 0)
            {
                int error = Marshal.GetLastPInvokeError();
                if (error != Native.EINTR)
                {
                    CloseSocket(); // one that is not connected counts as hung up, so that waiting would end at once
                    return error;
                }
            }
        }
        return 0;
    }

    /// <summary>Waits for the socket or a <see cref="Wake"/>.</summary>
    /// <param name="events">What is waited for; the end of the connection always is.</param>
    /// <param name="milliseconds">At most so long; -1: for ever.</param>
    /// <returns>What happened to the socket.</returns>
    public short Wait(short events, int milliseconds)
    {
        Native.PollFd* fds = stackalloc Native.PollFd[2];
        fds[0] = new() { Descriptor = _event, Events = Native.POLLIN };
        fds[1] = new() { Descriptor = _socket, Events = events };
        if (Native.poll(fds, 2, milliseconds) < 0)
        {
            return Marshal.GetLastPInvokeError() == Native.EINTR ? (short)0 : throw Fault("poll");
        }
        if (fds[0].ReturnedEvents != 0)
        {
            ulong count;
            _ = Native.read(_event, &count, sizeof(ulong));
        }
        return fds[1].ReturnedEvents;
    }

    /// <summary>Ends a <see cref="Wait"/>, or the next one; from any thread that knows that this is not disposed of.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = Native.write(_event, &one, sizeof(ulong));
    }

    /// <summary>Sends what can be sent at once.</summary>
    /// <returns>How many bytes; 0 if none can be now.</returns>
    public int Send(ReadOnlySpan<byte> data)
    {
        fixed (byte* pointer = data)
        {
            return Completed(Native.send(_socket, pointer, data.Length, Native.MSG_NOSIGNAL), "send");
        }
    }

    /// <summary>Receives what is there.</summary>
    /// <returns>How many bytes; 0 if there are none now.</returns>
    /// <exception cref="DBusConnectionClosedException">The other side has closed the connection.</exception>
    public int Receive(Span<byte> buffer)
    {
        nint received;
        fixed (byte* pointer = buffer)
        {
            received = Native.recv(_socket, pointer, buffer.Length, 0);
        }
        return received == 0
            ? throw new DBusConnectionClosedException("the bus closed the connection")
            : Completed(received, "recv");
    }

    public void Dispose()
    {
        CloseSocket();
        _ = Native.close(_event);
    }

    private static int Completed(nint result, string call)
    {
        if (result >= 0)
        {
            return (int)result;
        }
        return Marshal.GetLastPInvokeError() is Native.EAGAIN or Native.EINTR ? 0 : throw Fault(call);
    }

    private static DBusConnectionClosedException Fault(string call)
        => new($"{call}: {Native.Describe(Marshal.GetLastPInvokeError())}");

    private void CloseSocket()
    {
        if (_socket >= 0)
        {
            _ = Native.close(_socket);
            _socket = -1;
        }
    }
}
