namespace Mandos.TlsBouncy.Priority;

/// <summary>A cipher suite.</summary>
/// <param name="Number">Its number in IANA's registry.</param>
/// <param name="Name">GnuTLS's name of it.</param>
/// <param name="KeyExchange">How keys are exchanged, and the peer is authenticated; empty in TLS 1.3, where suites do not say.</param>
/// <param name="Cipher">The cipher.</param>
/// <param name="Mac">The message authentication code.</param>
/// <param name="LowestVersion">The version of TLS that it came with, as on the wire.</param>
internal sealed record CipherSuiteInfo(int Number, string Name, string KeyExchange, string Cipher, string Mac, int LowestVersion)
{
    /// <summary>Whether it is for TLS 1.3, and for nothing else.</summary>
    public bool IsForTls13 => KeyExchange.Length == 0;
}
