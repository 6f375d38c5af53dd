using Mandos.Abstractions.Tls;
using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Limits;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>Our side of one handshake: what we offer, and what we check in the answer.</summary>
/// <param name="crypto">If the policy takes OpenPGP keys, this handshake's own.</param>
/// <param name="policy">What we offer.</param>
/// <param name="trace">Hears what the peer does; null if nobody listens.</param>
internal sealed class HandshakeClient(HandshakeCrypto crypto, HandshakePolicy policy, HandshakeTrace? trace)
    : AbstractTlsClient(crypto), TlsAuthentication
{
    private readonly KeyExchanges _keyExchanges = new(policy);
    private PeerCertificate? _certificate;

    /// <summary>What the peer has chosen; null until it has answered.</summary>
    public PeerChoice? Choice { get; private set; }

    /// <summary>Whether the handshake has begun.</summary>
    public bool HasBegun => m_context is not null;

    /// <summary>Whether the handshake is complete, and hence <see cref="PeerKey"/> proved.</summary>
    public bool IsComplete { get; private set; }

    /// <summary>The peer's key, not to be had before the handshake has proved that the peer owns it.</summary>
    public PeerKey PeerKey => IsComplete
        ? _certificate!.Identity
        : throw new InvalidOperationException("The handshake is not complete.");

    /// <summary>What was agreed on.</summary>
    public string Description { get; private set; } = "";

    public override TlsAuthentication GetAuthentication() => this;

    public override IList<int> GetEarlyKeyShareGroups() => policy.EarlyGroups;

    public override int GetMaxCertificateChainLength() => 1;

    public override int GetMaxHandshakeMessageSize()
        => policy.TakesOpenPgpKeys ? TlsLimits.OpenPgpMessageBytes : TlsLimits.HandshakeMessageBytes;

    /// <summary>No: a peer that just goes away has the secret, or does without.</summary>
    public override bool RequiresCloseNotify() => false;

    public override bool ShouldUseExtendedMasterSecret() => policy.UsesExtendedMasterSecret;

    public override bool ShouldUseCompatibilityMode() => policy.UsesCompatibilityMode;

    public override bool IsFallback() => policy.IsFallback;

    /// <summary>Nothing: <see cref="PeerChoice"/> has told.</summary>
    public override void NotifySecureRenegotiation(bool secureRenegotiation)
    {
    }

    public override TlsKeyExchangeFactory GetKeyExchangeFactory() => _keyExchanges;

    public override IDictionary<int, byte[]> GetClientExtensions()
    {
        IDictionary<int, byte[]> extensions = base.GetClientExtensions();
        if (policy.TakesOpenPgpKeys)
        {
            extensions[ExtensionType.cert_type] = [1, (byte)CertificateType.OpenPGP];
        }

        if (!policy.UsesEncryptThenMac)
        {
            extensions.Remove(ExtensionType.encrypt_then_mac);
        }

        return extensions;
    }

    /// <summary>Hears what the peer has chosen, before BouncyCastle acts on it.</summary>
    /// <exception cref="PeerRefusedException">We have not offered that.</exception>
    public void Receive(ServerHello hello)
    {
        Choice = PeerChoice.From(hello);
        trace?.Chose(Choice);
        Choice.Check(policy);
        if (crypto is OpenPgpCrypto openPgp)
        {
            openPgp.ExpectsOpenPgp = Choice.PresentsOpenPgp;
        }
    }

    /// <summary>Takes the key that the peer presents, known or not: a stranger must not learn which keys we know.</summary>
    public void NotifyServerCertificate(TlsServerCertificate serverCertificate)
    {
        Certificate list = serverCertificate.Certificate;
        _certificate = list.CertificateType == CertificateType.RawPublicKey && list.Length == 1
            ? list.GetCertificateAt(0) as PeerCertificate
            : null;
        if (_certificate is null)
        {
            throw new PeerRefusedException(AlertDescription.bad_certificate,
                "the peer does not present exactly one raw public key: mandos-client must be 1.8 or later and have a TLS key");
        }

        trace?.Presented(_certificate.Name);
    }

    /// <summary>None: we do not authenticate.</summary>
    public TlsCredentials? GetClientCredentials(CertificateRequest certificateRequest) => null;

    public override void NotifyHandshakeComplete()
    {
        base.NotifyHandshakeComplete();

        SecurityParameters agreed = m_context.SecurityParameters;
        if (agreed.KeyExchangeAlgorithm == KeyExchangeAlgorithm.RSA)
        {
            _certificate?.NoteDecrypted();
        }

        // BouncyCastle would not have come here without a proof. But this one thing is not left to trust.
        if (_certificate?.ProvedBy is not { } proof)
        {
            throw new PeerRefusedException(AlertDescription.internal_error, "the peer has not proved to own its key");
        }

        string group = TlsUtilities.IsTlsV13(agreed.NegotiatedVersion)
            ? NamedGroup.GetName(agreed.NegotiatedGroup)
            : _keyExchanges.Group ?? "no group";
        Description = $"{agreed.NegotiatedVersion}, {Choice!.CipherSuiteName}, {group}, {proof}";
        IsComplete = true;
    }

    /// <summary>Zeroes the secrets that BouncyCastle keeps as long as it keeps the connection.</summary>
    public void ForgetSecrets()
    {
        if (m_context.SecurityParameters is not { } agreed)
        {
            return;
        }

        foreach (TlsSecret? secret in (TlsSecret?[])
            [agreed.MasterSecret, agreed.TrafficSecretClient, agreed.TrafficSecretServer, agreed.ExporterMasterSecret,
             agreed.EarlyExporterMasterSecret, agreed.BaseKeyClient, agreed.BaseKeyServer])
        {
            secret?.Destroy();
        }
    }

    protected override ProtocolVersion[] GetSupportedVersions() => policy.Versions;

    protected override int[] GetSupportedCipherSuites() => policy.CipherSuites;

    protected override IList<int> GetSupportedGroups(IList<int> namedGroupRoles) => policy.Groups;

    protected override IList<SignatureAndHashAlgorithm> GetSupportedSignatureAlgorithms() => policy.SignatureAlgorithms;

    protected override short[]? GetAllowedServerCertificateTypes() => policy.TakesRawKeys ? [CertificateType.RawPublicKey] : null;

    protected override CertificateStatusRequest? GetCertificateStatusRequest() => null;
}
