namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>What the peer has to know of a ClientHello (RFC 8446 section 4.1.2).</summary>
internal sealed class ClientHello
{
    private readonly List<int> _suites = [];
    private readonly Dictionary<int, byte[]> _extensions = [];

    /// <summary>Reads a message, with its header.</summary>
    /// <exception cref="TlsPeerException">It is malformed, or does not offer what the peer can do.</exception>
    public ClientHello(byte[] message)
    {
        var reader = new WireReader(message.AsSpan(4));
        _ = reader.UInt16(); // legacy_version
        _ = reader.Bytes(32); // random
        SessionId = reader.Vector(1).ToArray();
        var suites = new WireReader(reader.Vector(2));
        while (!suites.IsAtEnd)
        {
            _suites.Add(suites.UInt16());
        }

        _ = reader.Vector(1); // legacy_compression_methods
        var extensions = new WireReader(reader.Vector(2));
        while (!extensions.IsAtEnd)
        {
            _extensions[extensions.UInt16()] = extensions.Vector(2).ToArray();
        }

        Require(_suites.Contains(TlsNumbers.Aes128GcmSha256), "cipher suite TLS_AES_128_GCM_SHA256");
        Require(Offers(TlsNumbers.SupportedVersions, 1, 2, TlsNumbers.Tls13), "TLS 1.3");
        Require(Offers(TlsNumbers.SupportedGroups, 2, 2, TlsNumbers.Secp256r1), "group secp256r1");
        Require(
            Offers(TlsNumbers.SignatureAlgorithms, 2, 2, TlsNumbers.EcdsaSecp256r1Sha256), "signature scheme ecdsa_secp256r1_sha256");
        Require(
            Offers(TlsNumbers.ServerCertificateType, 1, 1, TlsNumbers.RawPublicKey),
            "certificate type RawPublicKey in the extension server_certificate_type");
    }

    /// <summary>What ServerHello has to echo.</summary>
    public byte[] SessionId { get; }

    /// <summary>The key share of secp256r1, an uncompressed point (section 4.2.8.2); null if there is none.</summary>
    public byte[]? FindKeyShare()
    {
        if (!_extensions.TryGetValue(TlsNumbers.KeyShare, out byte[]? extension))
        {
            return null;
        }

        var outer = new WireReader(extension);
        var shares = new WireReader(outer.Vector(2));
        while (!shares.IsAtEnd)
        {
            int group = shares.UInt16();
            ReadOnlySpan<byte> key = shares.Vector(2);
            if (group == TlsNumbers.Secp256r1)
            {
                return key.ToArray();
            }
        }

        return null;
    }

    private static void Require(bool offered, string what)
    {
        if (!offered)
        {
            throw new TlsPeerException($"the ClientHello does not offer {what}, which the peer needs");
        }
    }

    private bool Offers(int extension, int lengthSize, int itemSize, int item)
    {
        if (!_extensions.TryGetValue(extension, out byte[]? content))
        {
            return false;
        }

        var outer = new WireReader(content);
        var items = new WireReader(outer.Vector(lengthSize));
        while (!items.IsAtEnd)
        {
            if ((itemSize == 1 ? items.Byte() : items.UInt16()) == item)
            {
                return true;
            }
        }

        return false;
    }
}
