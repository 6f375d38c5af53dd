using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>The key exchanges of TLS up to 1.2, which say what group was agreed on.</summary>
internal sealed class KeyExchanges(HandshakePolicy policy) : DefaultTlsKeyExchangeFactory
{
    /// <summary>The group; null before it is agreed on, and with suites that have none.</summary>
    public string? Group { get; private set; }

    public override TlsKeyExchange CreateECDheKeyExchangeClient(int keyExchange) => new EllipticCurve(keyExchange, this);

    public override TlsKeyExchange CreateDheKeyExchangeClient(int keyExchange, TlsDHGroupVerifier dhGroupVerifier)
        => new FiniteField(keyExchange, new DhGroups(policy), this);

    private sealed class EllipticCurve(int keyExchange, KeyExchanges exchanges) : TlsECDheKeyExchange(keyExchange)
    {
        public override void ProcessServerKeyExchange(Stream input)
        {
            base.ProcessServerKeyExchange(input);
            exchanges.Group = NamedGroup.GetName(m_ecConfig.NamedGroup);
        }
    }

    private sealed class FiniteField(int keyExchange, DhGroups groups, KeyExchanges exchanges) : TlsDheKeyExchange(keyExchange, groups)
    {
        public override void ProcessServerKeyExchange(Stream input)
        {
            base.ProcessServerKeyExchange(input);

            // BouncyCastle does not ask about those that it knows by name.
            DHGroup group = TlsDHUtilities.GetDHGroup(m_dhConfig);
            groups.RequireSize(group);
            exchanges.Group = m_dhConfig.NamedGroup >= 0 ? NamedGroup.GetName(m_dhConfig.NamedGroup) : $"dh {group.P.BitLength}";
        }
    }
}
