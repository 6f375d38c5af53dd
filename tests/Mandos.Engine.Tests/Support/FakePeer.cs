using System.Buffers.Binary;
using System.Net;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Protocol;

namespace Mandos.Engine.Tests.Support;

/// <summary>A peer whose every move the test decides, with what has become of it.</summary>
internal sealed class FakePeer : IPeerConnection
{
    /// <summary>Byte that begins what the fake TLS reads: the peer's number follows.</summary>
    public const byte HelloByte = 0x16;

    public const string DefaultAddress = "fe80::1";

    public const int HelloLength = 5;

    private static int _lastNumber;

    private readonly int _number = Interlocked.Increment(ref _lastNumber);

    public FakePeer(string address = DefaultAddress) => RemoteEndPoint = new IPEndPoint(IPAddress.Parse(address), 40000);

    public FakePeerStream Bytes { get; } = new();

    public Stream Stream => Bytes;

    public IPEndPoint RemoteEndPoint { get; }

    public int Number => _number;

    /// <summary>Ends the handshake, with the peer's key or with an exception. Until then it hangs.</summary>
    public TaskCompletionSource<PeerKey> Handshake { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends the write of the secret, in success or with an exception. Until then it hangs.</summary>
    public TaskCompletionSource Write { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends the session's wait for the peer's end, perhaps with an exception.</summary>
    public TaskCompletionSource Gone { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether it closes as soon as the server has.</summary>
    public bool ClosesAfterServer { get; init; } = true;

    /// <summary>Whether a write that has begun goes through even if the server gives up.</summary>
    public bool TakesWhatIsOnItsWay { get; init; }

    /// <summary>Whether its TLS back end goes on when it is cancelled, as long as the connection lets it.</summary>
    public bool HeedsNoToken { get; init; }

    /// <summary>What goes wrong when the session is closed.</summary>
    public Exception? CloseError { get; init; }

    public Exception? DisposeError { get; init; }

    public volatile bool InHandshake;

    public volatile bool InWait;

    public volatile bool InWrite;

    public volatile bool GotCloseNotify;

    public volatile bool SendIsShutDown;

    public volatile bool SessionIsDisposed;

    public volatile bool IsReset;

    public volatile bool IsDisposed;

    /// <summary>What it received whole; null if nothing.</summary>
    public volatile byte[]? Received;

    /// <summary>What follows the first line.</summary>
    public byte[] Hello
    {
        get
        {
            byte[] hello = new byte[HelloLength];
            hello[0] = HelloByte;
            BinaryPrimitives.WriteInt32BigEndian(hello.AsSpan(1), _number);
            return hello;
        }
    }

    /// <summary>Sends the protocol version and the hello.</summary>
    public FakePeer SendHello(string line = "1\r\n")
    {
        Bytes.Send(System.Text.Encoding.ASCII.GetBytes(line));
        Bytes.Send(Hello);
        return this;
    }

    /// <summary>Lets the handshake succeed.</summary>
    public FakePeer Authenticate(string publicKey, PeerKeyType type = PeerKeyType.RawPublicKey)
    {
        Handshake.TrySetResult(new PeerKey(type, System.Text.Encoding.UTF8.GetBytes(publicKey)));
        return this;
    }

    /// <summary>Lets the write succeed.</summary>
    public FakePeer TakeSecret()
    {
        Write.TrySetResult();
        return this;
    }

    /// <summary>It is gone, whatever it was doing.</summary>
    public void GoAway()
    {
        Handshake.TrySetException(new IOException("the peer is gone"));
        Write.TrySetException(new IOException("the peer is gone"));
        Gone.TrySetResult();
        Bytes.End();
    }

    public void ShutdownSend()
    {
        SendIsShutDown = true;
        if (ClosesAfterServer)
        {
            Bytes.End();
        }
    }

    public void Reset()
    {
        IsReset = true;
        if (!TakesWhatIsOnItsWay)
        {
            Write.TrySetException(new IOException("the connection is closed"));
        }
    }

    public void Dispose()
    {
        IsDisposed = true;
        Bytes.Break(new ObjectDisposedException("connection"));
        if (DisposeError is not null)
        {
            throw DisposeError;
        }
    }
}
