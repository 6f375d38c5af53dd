namespace Mandos.TlsBouncy.Priority;

/// <summary>The lists that a priority string makes.</summary>
internal enum PriorityList
{
    Versions,
    Ciphers,
    Macs,
    KeyExchanges,
    Groups,
    Signatures,
}
