using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Keys;
using Mandos.TlsBouncy.Limits;
using Mandos.TlsBouncy.OpenPgp;

namespace TlsBouncy.Tests.OpenPgp;

/// <summary>Which OpenPGP keys are taken, and what is said of the others.</summary>
public sealed class OpenPgpKeyTests : IDisposable
{
    private const string User = OpenPgpKeyMaker.UserId;
    private const byte DirectKey = 0x1F;
    private const byte KeyRevocation = 0x20;
    private const byte CertificationRevocation = 0x30;

    private static readonly DateTimeOffset _now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);

    private readonly OpenPgpKeyMaker _maker = new();

    /// <summary>What is wrong with a key, and what is said of it.</summary>
    public static TheoryData<string> WrongKeys => [.. _wrongKeys.Keys];

    private static readonly Dictionary<string, (Func<OpenPgpKeyMaker, OpenPgpIdentity> Make, string Reason)> _wrongKeys = new()
    {
        ["no user ID"] = (maker => maker.WithPackets(), "does not certify any user ID"),
        ["user ID without signature"] = (maker => maker.WithPackets(Id()), "does not certify any user ID"),
        ["certified by another"] = (maker => maker.WithPackets(Id(), Foreign(maker)), "does not certify any user ID"),
        ["forged certification"] = (maker => maker.WithPackets(Id(), Forged(maker)), "that is wrong"),
        ["certification of another user ID"] = (maker => maker.WithPackets(Id(), maker.Certify("somebody")), "that is wrong"),
        ["forged besides a good one"] = (maker =>
            maker.WithPackets(Id(), maker.Certify(User), OpenPgpKeyMaker.UserIdPacket("b"), Forged(maker)), "that is wrong"),
        ["forged after a good one"] = (maker => maker.WithPackets(Id(), maker.Certify(User), Forged(maker)), "that is wrong"),
        ["hash MD5"] = (maker => maker.WithPackets(Id(), maker.Certify(User, hash: 1)), "that is wrong"),
        ["no time of making"] = (maker =>
            maker.WithPackets(Id(), maker.Sign(0x13, maker.UserIdSubject(User), [])), "that is wrong"),
        ["unknown condition"] = (maker => maker.WithPackets(Id(), maker.Certify(User, OpenPgpKeyMaker.Subpacket(0x80 | 99, [0]))), "that is wrong"),
        ["revoked"] = (maker =>
            maker.WithPackets(maker.Sign(KeyRevocation, maker.KeySubject, Made()), Id(), maker.Certify(User)), "is revoked"),
        ["revoked by whomever"] = (maker =>
            maker.WithPackets(Id(), maker.Certify(User), maker.Sign(KeyRevocation, [], Made(), issuer: new byte[8])), "is revoked"),
        ["user ID revoked"] = (maker => maker.WithPackets(
            Id(), maker.Certify(User), maker.Sign(CertificationRevocation, maker.UserIdSubject(User), Made())), "does not certify any user ID"),
        ["key expired"] = (maker =>
            maker.WithPackets(Id(), maker.Certify(User, Seconds(9, 200_000_000))), "has expired"),
        ["certification expired"] = (maker =>
            maker.WithPackets(Id(), maker.Certify(User, Seconds(3, 100_000_000))), "has expired"),
        ["key expired by a signature of its own"] = (maker => maker.WithPackets(
            maker.Sign(DirectKey, maker.KeySubject, [.. Made(), .. Seconds(9, 1)]), Id(), maker.Certify(User)), "has expired"),
        ["only for encryption"] = (maker => maker.WithPackets(Id(), maker.Certify(User, flags: [0x0C])), "neither for signing"),
        ["too many user IDs"] = (maker => maker.WithPackets(
            [.. Enumerable.Repeat((byte[][])[Id(), maker.Certify(User)], TlsLimits.OpenPgpUserIds + 1).SelectMany(x => x)]), "more than 4 user IDs"),
        ["too many packets"] = (maker => maker.WithPackets(
            [Id(), .. Enumerable.Repeat(OpenPgpKeyMaker.Packet(12, []), TlsLimits.OpenPgpPackets)]), "more than 256 packets"),
        ["too long"] = (maker => maker.WithPackets(OpenPgpKeyMaker.Packet(12, new byte[TlsLimits.OpenPgpCertificateBytes])), "bytes with all that belongs"),
        ["two keys"] = (maker =>
            maker.WithPackets(Id(), maker.Certify(User), OpenPgpKeyMaker.Packet(6, maker.Body)), "a packet of type 6"),
        ["a secret key"] = (maker => maker.WithPackets(Id(), OpenPgpKeyMaker.Packet(5, maker.Body)), "a packet of type 5"),
        ["no signature of length"] = (maker => maker.WithPackets(Id(), OpenPgpKeyMaker.Packet(2, [4])), "it ends too early"),
    };

    [Fact]
    public void Parse_UsualKey_IsTaken()
    {
        OpenPgpKey key = Parse(_maker.Identity);

        Assert.Equal(_maker.Body, key.Body);
        Assert.Equal(_maker.Fingerprint, key.Fingerprint);
        Assert.Equal("RSA 2048", key.Key.Name);
    }

    [Theory]
    [InlineData(0x10)]
    [InlineData(0x11)]
    [InlineData(0x12)]
    [InlineData(0x13)]
    public void Parse_AnyTypeOfCertification_IsTaken(byte type)
        => Parse(_maker.WithPackets(Id(), _maker.Certify(User, type: type)));

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public void Parse_AnyTakenHash_IsTaken(byte hash) => Parse(_maker.WithPackets(Id(), _maker.Certify(User, hash: hash)));

    [Fact]
    public void Parse_WhatOthersAdd_IsLeftAlone()
    {
        using OpenPgpKeyMaker other = new();
        byte[] old = OpenPgpKeyMaker.Packet(2, [3, 5, 0x10, 0, 0, 0, 0, .. new byte[20]]);
        byte[] binding = OpenPgpKeyMaker.Packet(2, [9, 9, 9]);

        Parse(_maker.WithPackets(
            Id(), Foreign(_maker), old, _maker.Certify(User), OpenPgpKeyMaker.Packet(12, [1]),
            OpenPgpKeyMaker.Packet(17, [1, 2, 3]), binding, OpenPgpKeyMaker.Packet(14, other.Body), binding));
    }

    [Fact]
    public void Parse_ExpiryPutOff_IsTaken() => Parse(_maker.WithPackets(
        Id(), _maker.Certify(User, Seconds(9, 1)), _maker.Certify(User, Seconds(9, 300_000_000), created: 1_600_000_000)));

    [Theory]
    [InlineData(199_999_999, false)]
    [InlineData(200_000_000, false)]
    [InlineData(200_000_001, true)]
    public void Parse_KeyValidUntilASecond_IsTakenBefore(uint validFor, bool isTaken)
    {
        OpenPgpIdentity key = _maker.WithPackets(Id(), _maker.Certify(User, Seconds(9, validFor)));

        string? reason = (Record.Exception(() => Parse(key)) as PeerRefusedException)?.Reason;

        Assert.Equal(isTaken, reason is null);
        Assert.Contains("has expired", reason ?? "has expired", StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(WrongKeys))]
    public void Parse_WrongKey_SaysWhat(string name)
    {
        PeerRefusedException refusal = Assert.Throws<PeerRefusedException>(() => Parse(_wrongKeys[name].Make(_maker)));

        Assert.Contains(_wrongKeys[name].Reason, refusal.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Reason);
    }

    [Theory]
    [InlineData(1, 3, "version 3")]
    [InlineData(1, 5, "version 5")]
    [InlineData(2, 4, "algorithm 2")]
    [InlineData(17, 4, "(DSA)")]
    [InlineData(22, 4, "algorithm 22")]
    public void Parse_OtherKindOfKey_SaysWhich(byte algorithm, byte version, string reason)
    {
        using OpenPgpKeyMaker maker = new(algorithm: algorithm, version: version);

        Assert.Contains(reason, Assert.Throws<PeerRefusedException>(() => Parse(maker.Identity)).Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1016, "has 1016 bits")]
    [InlineData(8200, "has 8200 bits")]
    public void Parse_ModulusOutsideLimits_SaysSoAtOnce(int bits, string reason)
    {
        byte[] modulus = new byte[bits / 8];
        modulus.AsSpan().Fill(0xFF);
        byte[] body = [4, 0, 0, 0, 0, 1, .. OpenPgpKeyMaker.Number(modulus), .. OpenPgpKeyMaker.Number([1, 0, 1])];

        PeerRefusedException refusal = Assert.Throws<PeerRefusedException>(
            () => OpenPgpKey.Parse(OpenPgpKeyMaker.Packet(6, body), _now));

        Assert.Contains(reason, refusal.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_AnyByteChanged_IsRefusedOrTheSameOrAnotherKey()
    {
        byte[] certificate = _maker.Identity.Certificate;
        for (int i = 0; i < certificate.Length; i++)
        {
            byte[] changed = [.. certificate];
            changed[i] ^= 0x01;
            try
            {
                OpenPgpKey key = OpenPgpKey.Parse(changed, _now);

                // Only the unsigned parts can change: the named issuer, and the first bytes of the hash.
                Assert.Equal(_maker.Fingerprint, key.Fingerprint);
                Assert.InRange(i, certificate.Length - 258 - 4, certificate.Length - 258);
            }
            catch (PeerRefusedException)
            {
                // As it should be.
            }
        }
    }

    [Fact]
    public void Parse_CutOffAnywhere_IsRefused()
    {
        byte[] certificate = _maker.Identity.Certificate;
        for (int length = 0; length < certificate.Length; length++)
        {
            Assert.Throws<PeerRefusedException>(() => OpenPgpKey.Parse(certificate.AsSpan(0, length), _now));
        }
    }

    public void Dispose() => _maker.Dispose();

    private static OpenPgpKey Parse(OpenPgpIdentity identity) => OpenPgpKey.Parse(identity.Certificate, _now);

    private static byte[] Id() => OpenPgpKeyMaker.UserIdPacket(User);

    private static byte[] Made() => OpenPgpKeyMaker.Subpacket(2, OpenPgpKeyMaker.BigEndian(1_500_000_000));

    private static byte[] Seconds(byte type, uint seconds) => OpenPgpKeyMaker.Subpacket(type, OpenPgpKeyMaker.BigEndian(seconds));

    private static byte[] Foreign(OpenPgpKeyMaker maker)
    {
        using OpenPgpKeyMaker other = new();
        return other.Sign(0x10, maker.UserIdSubject(User), Made());
    }

    /// <summary>Another's signature that is said to be the key's own.</summary>
    private static byte[] Forged(OpenPgpKeyMaker maker)
    {
        using OpenPgpKeyMaker other = new();
        return other.Sign(0x13, maker.UserIdSubject(User), Made(), issuer: maker.Fingerprint[^8..]);
    }
}
