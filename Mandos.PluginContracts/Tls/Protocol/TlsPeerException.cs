namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>The other side of a connection does not speak TLS as it should, or offers nothing that the peer knows.</summary>
/// <param name="message">What it did, in a line.</param>
internal sealed class TlsPeerException(string message) : Exception(message);
