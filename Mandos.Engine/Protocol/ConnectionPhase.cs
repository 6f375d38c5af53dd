namespace Mandos.Engine.Protocol;

/// <summary>How far a connection has come.</summary>
internal enum ConnectionPhase
{
    FirstLine,
    Queued,
    Handshake,
    Deciding,
    Held,
    Sending,
    Closing,
}
