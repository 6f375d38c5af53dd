using Mandos.TestKit.Peers;
using Mandos.TlsBouncy.Keys;

namespace TlsBouncy.Tests.Keys;

public sealed class SubjectPublicKeyTests
{
    public static TheoryData<PeerKeyKind> Kinds => [.. Enum.GetValues<PeerKeyKind>()];

    [Theory]
    [InlineData(PeerKeyKind.Ed25519, "Ed25519")]
    [InlineData(PeerKeyKind.Ed448, "Ed448")]
    [InlineData(PeerKeyKind.EcdsaP256, "ECDSA P-256")]
    [InlineData(PeerKeyKind.EcdsaP384, "ECDSA P-384")]
    [InlineData(PeerKeyKind.EcdsaP521, "ECDSA P-521")]
    [InlineData(PeerKeyKind.Rsa1024, "RSA 1024")]
    [InlineData(PeerKeyKind.Rsa4096, "RSA 4096")]
    [InlineData(PeerKeyKind.RsaPss2048, "RSA-PSS 2048")]
    public void Read_EachKind_NamesIt(PeerKeyKind kind, string name)
    {
        PeerKeyPair key = PeerKeyPair.Create(kind);

        VerificationKey read = SubjectPublicKey.Read(key.SubjectPublicKeyInfo);

        Assert.Equal(name, read.Name);
        Assert.True(read.Fits(key.SignatureScheme));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_Shortened_Refused(PeerKeyKind kind)
    {
        ReadOnlyMemory<byte> key = PeerKeyPair.Create(kind).SubjectPublicKeyInfo;
        for (int length = 0; length < key.Length; length++)
        {
            Assert.Throws<PeerRefusedException>(() => SubjectPublicKey.Read(key[..length]));
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Read_AnyBitFlipped_RefusedOrReadAsAnotherKey(PeerKeyKind kind)
    {
        byte[] key = PeerKeyPair.Create(kind).SubjectPublicKeyInfo.ToArray();
        for (int bit = 0; bit < 8 * key.Length; bit++)
        {
            key[bit / 8] ^= (byte)(1 << (bit % 8));
            try
            {
                // Never a failure of another kind, here or in verifying.
                VerificationKey read = SubjectPublicKey.Read(key);
                if (bit % 64 == 0)
                {
                    int scheme = PeerKeyPairScheme(kind);
                    Assert.False(read.Verify(scheme, [1, 2, 3], new byte[64]));
                }
            }
            catch (PeerRefusedException e)
            {
                Assert.DoesNotContain('\n', e.Reason);
            }

            key[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Theory]
    [InlineData("3081{0}")]
    [InlineData("3080{0}0000")]
    public void Read_BerInsteadOfDer_Refused(string form)
    {
        // The outer header of an Ed25519 key is two bytes long.
        byte[] key = PeerKeyPair.Create(PeerKeyKind.Ed25519).SubjectPublicKeyInfo.ToArray();
        string body = Convert.ToHexString(key, 2, key.Length - 2);
        string rest = form.StartsWith("3081", StringComparison.Ordinal) ? $"{key[1]:X2}{body}" : body;
        byte[] ber = Convert.FromHexString(form.Replace("{0}", rest, StringComparison.Ordinal));

        Assert.Throws<PeerRefusedException>(() => SubjectPublicKey.Read(ber));
    }

    [Theory]
    [InlineData("302C300706032B65700500032100{0}", 32)]
    [InlineData("302A300506032B6570032101{0}", 32)]
    [InlineData("3029300506032B6570032000{0}", 31)]
    [InlineData("302A300506032B656E032100{0}", 32)]
    public void Read_NearlyEd25519_Refused(string form, int zeros)
    {
        // With a NULL for parameters; with an unused bit; too short; X25519.
        byte[] key = Convert.FromHexString(form.Replace("{0}", new string('0', 2 * zeros), StringComparison.Ordinal));

        Assert.Throws<PeerRefusedException>(() => SubjectPublicKey.Read(key));
    }

    private static int PeerKeyPairScheme(PeerKeyKind kind) => kind switch
    {
        PeerKeyKind.Ed25519 => 0x0807,
        PeerKeyKind.Ed448 => 0x0808,
        PeerKeyKind.EcdsaP256 => 0x0403,
        PeerKeyKind.EcdsaP384 => 0x0503,
        PeerKeyKind.EcdsaP521 => 0x0603,
        PeerKeyKind.RsaPss2048 => 0x0809,
        _ => 0x0804,
    };
}
