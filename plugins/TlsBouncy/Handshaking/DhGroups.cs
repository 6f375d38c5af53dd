using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Priority;
using Org.BouncyCastle.Math;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>Finite fields for Diffie-Hellman in TLS up to 1.2, where the peer chooses any that it likes.</summary>
/// <remarks>
/// That the number is prime is not tested: it takes seconds, and a peer that chooses badly, and signs that, could as well publish what
/// we send it.
/// </remarks>
/// <param name="policy">The limits.</param>
internal sealed class DhGroups(HandshakePolicy policy) : TlsDHGroupVerifier
{
    /// <summary>Whether we agree to the peer's choice, before anything is computed with it.</summary>
    /// <exception cref="PeerRefusedException">We do not.</exception>
    public bool Accept(DHGroup dhGroup)
    {
        RequireSize(dhGroup);
        BigInteger highest = dhGroup.P.Subtract(BigInteger.Two);
        return dhGroup.P.TestBit(0) && dhGroup.G.CompareTo(BigInteger.Two) >= 0 && dhGroup.G.CompareTo(highest) <= 0
            ? true
            : throw new PeerRefusedException(AlertDescription.illegal_parameter,
                "the peer chose Diffie-Hellman with numbers that cannot be right: its TLS is faulty");
    }

    /// <summary>Whether a group keeps the limits.</summary>
    /// <exception cref="PeerRefusedException">It does not.</exception>
    public void RequireSize(DHGroup dhGroup)
    {
        int bits = dhGroup.P.BitLength;
        if (bits < policy.MinDhBits || bits > policy.MaxDhBits)
        {
            throw new PeerRefusedException(AlertDescription.insufficient_security,
                $"the peer chose Diffie-Hellman with {bits} bits; {policy.MinDhBits} to {policy.MaxDhBits} are taken: "
                + "see %PROFILE_ in docs/priority-strings.md, or leave it out with !DHE-RSA");
        }
    }

    /// <summary>Bounds our exponent: twice the strength of the field is as safe (RFC 7919 section 5.2), and many times faster.</summary>
    public static TlsDHConfig WithShortExponents(TlsDHConfig config)
    {
        if (config.NamedGroup >= 0 || config.ExplicitGroup is not { L: 0 } group)
        {
            return config;
        }

        int bits = group.P.BitLength switch
        {
            <= 2048 => 256,
            <= 4096 => 384,
            _ => 512,
        };
        return new TlsDHConfig(new DHGroup(group.P, null, group.G, bits));
    }
}
