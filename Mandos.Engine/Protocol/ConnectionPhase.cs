namespace Mandos.Engine.Protocol;

/// <summary>How far a connection has come.</summary>
internal enum ConnectionPhase
{
    Queued,
    FirstLine,
    Handshake,
    Deciding,
    Held,
    Sending,
    Closing,

    /// <summary>Closing, after the peer got nothing.</summary>
    Refused,
}
