namespace Mandos.TestKit.Peers;

/// <summary>What a peer got.</summary>
/// <param name="Secret">The bytes received, empty if none.</param>
/// <param name="Ending">How the connection ended.</param>
/// <param name="Detail">More of it, for messages.</param>
public sealed record PeerOutcome(byte[] Secret, PeerEnding Ending, string Detail = "");
