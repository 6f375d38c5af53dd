namespace Mandos.TestKit.Peers;

/// <summary>How a peer's connection ended.</summary>
public enum PeerEnding
{
    /// <summary>The server sent close_notify: the secret is whole.</summary>
    CloseNotify,

    /// <summary>The server closed the connection after the handshake, without close_notify.</summary>
    Closed,

    /// <summary>The server closed the connection before the handshake was complete.</summary>
    ClosedInHandshake,

    /// <summary>The server sent a fatal alert.</summary>
    Alert,

    /// <summary>The connection could not be made, was reset or broke.</summary>
    Broken,

    /// <summary>The server's part of TLS was wrong.</summary>
    TlsFault,
}
