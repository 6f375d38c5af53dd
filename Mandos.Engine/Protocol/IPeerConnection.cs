using System.Net;

namespace Mandos.Engine.Protocol;

/// <summary>An accepted connection, as the owner of the sockets hands it to the engine. Disposing it closes it.</summary>
public interface IPeerConnection : IDisposable
{
    /// <summary>The bytes to and from the peer. A read into an empty buffer waits for data without needing memory.</summary>
    Stream Stream { get; }

    /// <summary>Address and port of the peer; IPv4 addresses are not in IPv6-mapped form.</summary>
    IPEndPoint RemoteEndPoint { get; }

    /// <summary>Ends sending: the peer sees the end of the stream after what was sent. Does not throw.</summary>
    void ShutdownSend();

    /// <summary>
    /// Breaks the connection: bytes that were written and have not left are dropped, and the peer sees an error, not an end. Does not throw. It must still be disposed.
    /// </summary>
    void Reset();
}
