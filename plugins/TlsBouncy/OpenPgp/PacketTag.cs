namespace Mandos.TlsBouncy.OpenPgp;

/// <summary>The packets that make up a public key (RFC 4880 section 4.3).</summary>
internal static class PacketTag
{
    public const int Signature = 2;
    public const int PublicKey = 6;
    public const int Trust = 12;
    public const int UserId = 13;
    public const int PublicSubkey = 14;
    public const int UserAttribute = 17;
}
