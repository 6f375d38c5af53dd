namespace Mandos.Engine.Protocol;

/// <summary>Every limit on what a peer can do, each with its reason. Limits inside TLS are the TLS back end's.</summary>
internal static class ProtocolLimits
{
    /// <summary>Time for the first line, from accepting on. A real client sends it with its first packet.</summary>
    public static readonly TimeSpan FirstLineTime = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Time until a peer that has sent its line gets our first bytes, and that it ever waits for us within the handshake. mandos-client waits
    /// for ever on a server that is silent, and asks the next one only when this one closes.
    /// </summary>
    public static readonly TimeSpan AnswerTime = TimeSpan.FromSeconds(10);

    /// <summary>Time for the handshake: a small machine with an RSA-4096 key in a crowd that boots at once needs some seconds.</summary>
    public static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(30);

    /// <summary>Time for sending the secret and close_notify; both fit into an empty socket buffer.</summary>
    public static readonly TimeSpan SendTime = TimeSpan.FromSeconds(30);

    /// <summary>Time for each release gate: a peer that waits longer had better ask another server.</summary>
    public static readonly TimeSpan GateTime = TimeSpan.FromSeconds(10);

    /// <summary>Time for the peer to close after us, so that closing early does not reset the secret on its way.</summary>
    public static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(5);

    /// <summary>Time for the peer to close after a refusal: nothing that matters is on its way, and a real client closes at once.</summary>
    public static readonly TimeSpan RefusedTime = TimeSpan.FromSeconds(1);

    /// <summary>Bytes of the first line with its newline; the longest one in use has 3.</summary>
    public const int FirstLineLength = 128;

    /// <summary>Bytes of an invited machine in all, with those of TLS: a section has some thousand, and the rest is for the handshake.</summary>
    public const int InvitedBytes = 64 * 1024;

    /// <summary>Bytes read and dropped while waiting for the peer to close; a real client sends at most a close_notify.</summary>
    public const int ClosingBytes = 16 * 1024;

    /// <summary>Default for simultaneous connections in total. At some 10 KB each this is half a gigabyte.</summary>
    public const int DefaultMaxConnections = 50_000;

    /// <summary>
    /// Share of the total that one IPv4 address or IPv6 /64 does not get by default, so that others find a free place at once. A smaller limit
    /// would not be fairer, because the source with the most connections gives way first; and strangers whose connections are closed come again
    /// at once, by the thousand, until the kernel's queue has no room for others.
    /// </summary>
    public const int ReservedShare = 4;

    /// <summary>
    /// Default for simultaneous connections that have proved to own the key of one client: a machine with several addresses, which starts again
    /// while its last attempts still wait, needs some; a thief of its key must not fill the server.
    /// </summary>
    public const int DefaultMaxRequestsPerClient = 8;

    /// <summary>Handshakes that compute at once; further ones wait for their turn, so that other work still finds a free thread.</summary>
    public static int ConcurrentTurns => Environment.ProcessorCount;
}
