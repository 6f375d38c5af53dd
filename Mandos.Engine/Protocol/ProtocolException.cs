namespace Mandos.Engine.Protocol;

/// <summary>A peer does not follow the protocol.</summary>
internal sealed class ProtocolException(string message) : Exception(message);
