using CsCheck;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;

namespace Mandos.Engine.Tests.Persistence;

public sealed class SecretCipherTests
{
    private static readonly Secret _file = new("the file's secret"u8);

    [Fact]
    public void TryDecrypt_SameFileAndClient_GivesItBack()
    {
        Gen.Byte.Array[0, 300].Sample(static bytes =>
        {
            byte[] encrypted = SecretCipher.Encrypt(_file, "a", bytes);
            using Secret? secret = SecretCipher.TryDecrypt(_file, "a", encrypted);
            Assert.NotNull(secret);
            Assert.Equal(bytes, secret.Memory.ToArray());
        }, iter: 200);
    }

    [Fact]
    public void TryDecrypt_OtherFileSecretOrClient_GivesNothing()
    {
        byte[] encrypted = SecretCipher.Encrypt(_file, "a", [1, 2, 3]);
        using var other = new Secret("another"u8);
        using var empty = new Secret([]);

        Assert.Null(SecretCipher.TryDecrypt(other, "a", encrypted));
        Assert.Null(SecretCipher.TryDecrypt(empty, "a", encrypted));
        Assert.Null(SecretCipher.TryDecrypt(_file, "b", encrypted));
    }

    [Fact]
    public void TryDecrypt_AnyBitFlippedOrCutShort_GivesNothing()
    {
        byte[] encrypted = SecretCipher.Encrypt(_file, "a", [1, 2, 3]);
        for (int bit = 0; bit < encrypted.Length * 8; bit++)
        {
            byte[] damaged = [.. encrypted];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Null(SecretCipher.TryDecrypt(_file, "a", damaged));
        }

        for (int length = 0; length < encrypted.Length; length++)
        {
            Assert.Null(SecretCipher.TryDecrypt(_file, "a", encrypted.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Encrypt_Twice_DiffersAndHidesThePlainText()
    {
        byte[] plain = "0123456789abcdef0123456789abcdef"u8.ToArray();

        byte[] first = SecretCipher.Encrypt(_file, "a", plain);
        byte[] second = SecretCipher.Encrypt(_file, "a", plain);

        Assert.NotEqual(first, second);
        Assert.Equal(-1, first.AsSpan().IndexOf(plain.AsSpan(0, 4)));
    }

    [Fact]
    public void Encrypt_EmptyFileSecret_Works()
    {
        using var empty = new Secret([]);

        using Secret? secret = SecretCipher.TryDecrypt(empty, "a", SecretCipher.Encrypt(empty, "a", [7]));

        Assert.Equal([7], secret!.Memory.ToArray());
    }
}
