using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>Our side of one handshake: what we offer, and what we check in the answer.</summary>
internal sealed class RawKeyTlsClient(TlsCrypto crypto, HandshakePolicy policy) : AbstractTlsClient(crypto), TlsAuthentication
{
    private RawPublicKeyCertificate? _certificate;

    /// <summary>Whether the handshake is complete, and hence <see cref="PeerKey"/> proved.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The peer's SubjectPublicKeyInfo, not to be had before the handshake has proved that the peer owns it.</summary>
    public ReadOnlyMemory<byte> PeerKey => IsComplete
        ? _certificate!.Encoded
        : throw new InvalidOperationException("The handshake is not complete.");

    /// <summary>What was agreed on.</summary>
    public string Description { get; private set; } = "";

    public override TlsAuthentication GetAuthentication() => this;

    public override IList<int> GetEarlyKeyShareGroups() => policy.EarlyGroups;

    public override int GetMaxCertificateChainLength() => 1;

    public override int GetMaxHandshakeMessageSize() => TlsLimits.HandshakeMessageBytes;

    /// <summary>No: a peer that just goes away has the secret, or does without.</summary>
    public override bool RequiresCloseNotify() => false;

    /// <summary>Takes the key that the peer presents, known or not: a stranger must not learn which keys we know.</summary>
    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        Certificate list = serverCertificate.Certificate;
        _certificate = list.CertificateType == CertificateType.RawPublicKey && list.Length == 1
            ? list.GetCertificateAt(0) as RawPublicKeyCertificate
            : null;
        if (_certificate is null)
        {
            throw new PeerRefusedException(AlertDescription.bad_certificate,
                "the peer does not present exactly one raw public key: mandos-client must be 1.8 or later and have a TLS key");
        }
    }

    /// <summary>None: we do not authenticate.</summary>
    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) => null;

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();

        // BouncyCastle would not have come here without a proof. That is the one thing not to be left to trust.
        if (_certificate?.ProvedBy is not { } proof)
        {
            throw new PeerRefusedException(AlertDescription.internal_error, "the peer has not proved to own its key");
        }
        SecurityParameters agreed = m_context.SecurityParameters;
        Description = $"{agreed.NegotiatedVersion}, {CipherSuites.Name(agreed.CipherSuite)}, "
            + $"{NamedGroup.GetName(agreed.NegotiatedGroup)}, {proof}";
        IsComplete = true;
    }

    protected override ProtocolVersion[] GetSupportedVersions() => policy.Versions;

    protected override int[] GetSupportedCipherSuites() => policy.CipherSuites;

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => policy.Groups;

    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() => policy.SignatureAlgorithms;

    protected override short[] GetAllowedServerCertificateTypes() => [CertificateType.RawPublicKey];

    protected override CertificateStatusRequest? GetCertificateStatusRequest() => null;
}
