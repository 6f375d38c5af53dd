using System.Security.Cryptography;
using System.Text;
using Mandos.Engine.Clients;
using Mandos.Host.Migration;

namespace Mandos.Host.Tests.Migration;

public sealed class StockSecretTests
{
    private static readonly byte[] _fileSecret = Encoding.ASCII.GetBytes("what clients.conf has");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1200)]
    [InlineData(100_000)]
    [InlineData(3 << 20)]
    public async Task TryDecrypt_GpgsOwn_IsTheSecret(int length)
    {
        byte[] secret = RandomNumberGenerator.GetBytes(length);

        Check(_fileSecret, secret, await StockStateFile.EncryptSlowlyAsync(_fileSecret, secret));
    }

    /// <summary>Older versions of gpg had other defaults. Newer ones write some of these only if told to follow RFC 4880.</summary>
    [Theory]
    [InlineData("--cipher-algo", "CAST5", "--rfc4880")]
    [InlineData("--cipher-algo", "3DES", "--rfc4880")]
    [InlineData("--cipher-algo", "AES")]
    [InlineData("--cipher-algo", "TWOFISH")]
    [InlineData("--s2k-digest-algo", "SHA256")]
    [InlineData("--compress-algo", "none")]
    [InlineData("--compress-algo", "zlib")]
    [InlineData("--compress-algo", "bzip2")]
    public async Task TryDecrypt_OtherAlgorithms_IsTheSecret(params string[] options)
    {
        byte[] secret = Encoding.ASCII.GetBytes(new string('s', 5000));

        Check(_fileSecret, secret, await StockStateFile.EncryptAsync(_fileSecret, secret, options));
    }

    /// <summary>Secrets for default keys have some 1180 bytes, whose digits Debian's server finds too long for a passphrase.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1020)]
    [InlineData(1021)]
    [InlineData(1022)]
    [InlineData(1023)]
    [InlineData(5000)]
    public async Task TryDecrypt_FileSecretOfAnyLength_IsTheSecret(int length)
    {
        byte[] fileSecret = RandomNumberGenerator.GetBytes(length);
        byte[] secret = RandomNumberGenerator.GetBytes(1200);

        Check(fileSecret, secret, await StockStateFile.EncryptAsync(fileSecret, secret));
    }

    [Fact]
    public async Task TryDecrypt_LongFileSecretOfEachByte_IsTheSecret()
    {
        byte[] secret = RandomNumberGenerator.GetBytes(10);
        for (int value = 0; value <= byte.MaxValue; value++)
        {
            byte[] fileSecret = new byte[1022];
            fileSecret.AsSpan().Fill((byte)value);

            Check(fileSecret, secret, await StockStateFile.EncryptAsync(fileSecret, secret));
        }
    }

    [Fact]
    public async Task TryDecrypt_AnotherFileSecret_IsNull()
    {
        byte[] encrypted = await StockStateFile.EncryptAsync(_fileSecret, [1, 2, 3]);
        using var other = new Secret("another"u8);

        Assert.Null(StockSecret.TryDecrypt(other, encrypted));
    }

    [Fact]
    public async Task TryDecrypt_TooLong_IsRefused()
    {
        byte[] bomb = await StockStateFile.EncryptAsync(_fileSecret, new byte[(64 << 20) + 1]);
        using var fileSecret = new Secret(_fileSecret);

        Assert.InRange(bomb.Length, 1, 100_000);
        Assert.Throws<PickleException>(() => StockSecret.TryDecrypt(fileSecret, bomb));
    }

    [Fact]
    public async Task TryDecrypt_AnyByteChanged_IsNeverAnotherSecret()
    {
        byte[] secret = Encoding.ASCII.GetBytes("the secret");
        byte[] encrypted = await StockStateFile.EncryptAsync(_fileSecret, secret);
        using var fileSecret = new Secret(_fileSecret);
        for (int i = 0; i < encrypted.Length; i++)
        {
            byte[] damaged = [.. encrypted];
            damaged[i] ^= 1;
            try
            {
                using Secret? result = StockSecret.TryDecrypt(fileSecret, damaged);
                Assert.True(result is null || result.FixedTimeEquals(secret), $"byte {i}");
            }
            catch (PickleException)
            {
                // As it should be.
            }

            Assert.ThrowsAny<PickleException>(() => StockSecret.TryDecrypt(fileSecret, encrypted.AsMemory(0, i)));
        }
    }

    private static void Check(byte[] fileSecret, byte[] secret, byte[] encrypted)
    {
        using var key = new Secret(fileSecret);
        using Secret? result = StockSecret.TryDecrypt(key, encrypted);

        Assert.True(result!.FixedTimeEquals(secret));
    }
}
