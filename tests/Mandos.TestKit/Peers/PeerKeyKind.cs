namespace Mandos.TestKit.Peers;

/// <summary>Kinds of TLS key that a Mandos client can have.</summary>
public enum PeerKeyKind
{
    Ed25519,
    Ed448,
    EcdsaP256,
    EcdsaP384,
    EcdsaP521,
    Rsa1024,
    Rsa2048,
    Rsa4096,
    RsaPss2048,
}
