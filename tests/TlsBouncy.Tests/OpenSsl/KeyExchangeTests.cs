using Mandos.TlsBouncy;
using Mandos.TlsBouncy.Handshaking;
using Mandos.TlsBouncy.Priority;
using Microsoft.Extensions.Logging.Abstractions;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace TlsBouncy.Tests.OpenSsl;

/// <summary>The key exchange, with libcrypto and with BouncyCastle in its place: nobody can tell them apart.</summary>
public sealed class KeyExchangeTests : TlsTest
{
    public static TheoryData<bool, int> Ways => new()
    {
        { true, NamedGroup.x25519 },
        { true, NamedGroup.x448 },
        { false, NamedGroup.x25519 },
        { false, NamedGroup.x448 },
    };

    /// <summary>Points with which every secret would be zero: of order 1, 2 and 4 or 8, and some with p added.</summary>
    public static TheoryData<bool, int, string> LowOrderPoints
    {
        get
        {
            TheoryData<bool, int, string> points = [];
            foreach (bool useLibCrypto in (bool[])[true, false])
            {
                points.Add(useLibCrypto, NamedGroup.x25519, new string('0', 64));
                points.Add(useLibCrypto, NamedGroup.x25519, "01" + new string('0', 62));
                points.Add(useLibCrypto, NamedGroup.x25519, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800");
                points.Add(useLibCrypto, NamedGroup.x25519, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157");
                points.Add(useLibCrypto, NamedGroup.x25519, $"ec{new string('f', 60)}7f");
                points.Add(useLibCrypto, NamedGroup.x25519, $"ed{new string('f', 60)}7f");
                points.Add(useLibCrypto, NamedGroup.x25519, $"ee{new string('f', 60)}7f");
                points.Add(useLibCrypto, NamedGroup.x448, new string('0', 112));
                points.Add(useLibCrypto, NamedGroup.x448, "01" + new string('0', 110));
            }

            return points;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task HandshakeAsync_EitherWay_PeerGetsSecret(bool useLibCrypto, int group)
    {
        Handshaker handshaker = new(PriorityString.Parse(PriorityString.Default), new HandshakeCrypto(useLibCrypto),
            NullLogger.Instance, TimeProvider.System);

        string description = await ExchangeAsync(HonestPeer() with { Groups = [group] }, handshaker: handshaker);

        Assert.Contains(NamedGroup.GetName(group), description, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void CalculateSecret_WithTheOtherWay_SameSecret(bool useLibCrypto, int group)
    {
        TlsAgreement ours = Create(useLibCrypto, group);
        TlsAgreement other = Create(!useLibCrypto, group);
        byte[] publicKey = ours.GenerateEphemeral();
        ours.ReceivePeerValue(other.GenerateEphemeral());
        other.ReceivePeerValue(publicKey);

        Assert.Equal(other.CalculateSecret().Extract(), ours.CalculateSecret().Extract());
    }

    [Theory]
    [MemberData(nameof(LowOrderPoints))]
    public void CalculateSecret_LowOrderPoint_HandshakeFailure(bool useLibCrypto, int group, string point)
    {
        TlsAgreement agreement = Create(useLibCrypto, group);
        agreement.GenerateEphemeral();
        agreement.ReceivePeerValue(Convert.FromHexString(point));

        TlsFatalAlert alert = Assert.Throws<TlsFatalAlert>(agreement.CalculateSecret);

        Assert.Equal(AlertDescription.handshake_failure, alert.AlertDescription);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void ReceivePeerValue_WrongLength_IllegalParameter(bool useLibCrypto, int group)
    {
        foreach (int length in (int[])[0, 31, 33, 55, 57])
        {
            TlsAgreement agreement = Create(useLibCrypto, group);
            agreement.GenerateEphemeral();

            TlsFatalAlert alert = Assert.Throws<TlsFatalAlert>(() => agreement.ReceivePeerValue(new byte[length]));

            Assert.Equal(AlertDescription.illegal_parameter, alert.AlertDescription);
        }
    }

    [Fact]
    public void GenerateEphemeral_Twice_DifferentKeys() => Assert.NotEqual(
        Create(useLibCrypto: true, NamedGroup.x25519).GenerateEphemeral(),
        Create(useLibCrypto: true, NamedGroup.x25519).GenerateEphemeral());

    private static TlsAgreement Create(bool useLibCrypto, int group)
        => new HandshakeCrypto(useLibCrypto).CreateECDomain(new TlsECConfig(group)).CreateECDH();
}
