using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>What a peer has chosen of what we offer, in its ServerHello.</summary>
/// <param name="Version">The version.</param>
/// <param name="CipherSuite">The cipher suite.</param>
/// <param name="Extensions">The extensions that stand there; with TLS 1.3 most come later.</param>
internal sealed record PeerChoice(ProtocolVersion Version, int CipherSuite, IDictionary<int, byte[]> Extensions)
{
    /// <summary>Whether the peer will present an OpenPGP key (RFC 6091).</summary>
    public bool PresentsOpenPgp { get; private init; }

    /// <summary>GnuTLS's name of the cipher suite.</summary>
    public string CipherSuiteName => CipherSuites.Name(CipherSuite);

    private bool IsTls13 => ProtocolVersion.TLSv13.IsEqualOrEarlierVersionOf(Version);

    public static PeerChoice From(ServerHello hello)
    {
        IDictionary<int, byte[]> extensions = hello.Extensions ?? new Dictionary<int, byte[]>();
        PeerChoice choice = new(
            TlsExtensionsUtilities.GetSupportedVersionsExtensionServer(extensions) ?? hello.Version, hello.CipherSuite, extensions);
        return choice with
        {
            PresentsOpenPgp = !choice.IsTls13
                && extensions.TryGetValue(ExtensionType.cert_type, out byte[]? type)
                && type is [(byte)CertificateType.OpenPGP],
        };
    }

    /// <summary>Checks what BouncyCastle would refuse without a reason, or would not.</summary>
    /// <exception cref="PeerRefusedException">The choice does not go with what we offer.</exception>
    public void Check(HandshakePolicy policy)
    {
        if (!policy.Versions.Contains(Version))
        {
            throw new PeerRefusedException(AlertDescription.protocol_version,
                $"the peer chose {Version}, and the priority string allows {string.Join(", ", policy.Description.Versions)}: "
                + $"{HandshakeFailure.NeedsNewerClient}, or the priority string "
                + $"+VERS-{Version.Name.Replace(" ", "", StringComparison.Ordinal)}");
        }

        if (!policy.CipherSuites.Contains(CipherSuite))
        {
            throw new PeerRefusedException(AlertDescription.illegal_parameter,
                $"the peer chose {CipherSuiteName}, which we did not offer: {HandshakeFailure.NoClient}");
        }

        if (!IsTls13)
        {
            CheckTls12(policy);
        }
    }

    private void CheckTls12(HandshakePolicy policy)
    {
        if (Has(ExtensionType.cert_type)
            && (!PresentsOpenPgp || !policy.TakesOpenPgpKeys || Has(ExtensionType.server_certificate_type)))
        {
            throw new PeerRefusedException(AlertDescription.illegal_parameter,
                $"the peer chose a type of key in two ways, or one that we did not offer: {HandshakeFailure.NoClient}");
        }

        if (!PresentsOpenPgp && !Has(ExtensionType.server_certificate_type))
        {
            throw new PeerRefusedException(AlertDescription.unsupported_certificate, HandshakeFailure.OffersX509);
        }

        // GnuTLS has had it since 3.4. Older clients, which present OpenPGP keys, do without: what it prevents takes resumption,
        // renegotiation or a certificate of ours (RFC 7627 section 1), and we have none of these.
        if (policy.UsesExtendedMasterSecret && (!PresentsOpenPgp || policy.RequiresExtendedMasterSecret)
            && !Has(ExtensionType.extended_master_secret))
        {
            throw new PeerRefusedException(AlertDescription.handshake_failure,
                "the peer has no extended master secret (RFC 7627): it needs a newer GnuTLS, or the priority string "
                + (policy.RequiresExtendedMasterSecret ? "must do without %FORCE_SESSION_HASH" : "%NO_SESSION_HASH"));
        }

        if (policy.RequiresSafeRenegotiation && !Has(ExtensionType.renegotiation_info))
        {
            throw new PeerRefusedException(AlertDescription.handshake_failure,
                "the peer has no safe renegotiation (RFC 5746): "
                + "it needs a newer GnuTLS, or the priority string %PARTIAL_RENEGOTIATION");
        }

        if (policy.RequiresEncryptThenMac && TlsUtilities.IsBlockCipherSuite(CipherSuite) && !Has(ExtensionType.encrypt_then_mac))
        {
            throw new PeerRefusedException(AlertDescription.handshake_failure,
                $"the peer has no encrypt-then-MAC (RFC 7366) for {CipherSuiteName}: "
                + "it needs a newer GnuTLS, or the priority string must do without %FORCE_ETM");
        }
    }

    private bool Has(int extension) => Extensions.ContainsKey(extension);
}
