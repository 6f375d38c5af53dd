namespace Mandos.Engine.Protocol;

/// <summary>A peer does not follow the protocol before TLS.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
