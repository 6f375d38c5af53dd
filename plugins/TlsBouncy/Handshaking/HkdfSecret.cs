using System.Security.Cryptography;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;
using Org.BouncyCastle.Tls.Crypto.Impl;
using Org.BouncyCastle.Tls.Crypto.Impl.BC;

namespace Mandos.TlsBouncy.Handshaking;

/// <summary>A secret of TLS 1.3's key schedule (RFC 8446 section 7.1), with HMAC by .NET.</summary>
/// <remarks>A handshake derives some twenty of them; BouncyCastle's HMAC would allocate 3 KiB for each.</remarks>
internal sealed class HkdfSecret(BcTlsCrypto crypto, byte[] data) : BcTlsSecret(crypto, data)
{
    /// <summary>Length, label and context with their own lengths (RFC 8446 section 7.1).</summary>
    private const int MaxInfoBytes = 2 + 1 + 255 + 1 + 255;

    public override TlsSecret HkdfExtract(int cryptoHashAlgorithm, TlsSecret ikm)
    {
        CheckAlive();
        byte[] input = CopyData((AbstractTlsSecret)ikm);
        try
        {
            return new HkdfSecret(m_crypto, Hmac(cryptoHashAlgorithm, m_data, input));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(input);
        }
    }

    public override TlsSecret HkdfExpand(int cryptoHashAlgorithm, byte[] info, int length)
        => HkdfExpand(cryptoHashAlgorithm, info.AsSpan(), length);

    public override TlsSecret HkdfExpand(int cryptoHashAlgorithm, ReadOnlySpan<byte> info, int length)
    {
        CheckAlive();

        // TLS never asks for more than one block (RFC 5869 section 2.3), whose input is the info and a counter of 1.
        Span<byte> input = stackalloc byte[MaxInfoBytes + 1];
        if (length > TlsCryptoUtilities.GetHashOutputSize(cryptoHashAlgorithm) || info.Length > MaxInfoBytes)
        {
            throw new TlsFatalAlert(AlertDescription.internal_error);
        }

        info.CopyTo(input);
        input[info.Length] = 1;
        byte[] block = Hmac(cryptoHashAlgorithm, m_data, input[..(info.Length + 1)]);
        if (length == block.Length)
        {
            return new HkdfSecret(m_crypto, block);
        }

        HkdfSecret secret = new(m_crypto, block[..length]);
        CryptographicOperations.ZeroMemory(block);
        return secret;
    }

    private static byte[] Hmac(int cryptoHashAlgorithm, ReadOnlySpan<byte> key, ReadOnlySpan<byte> input)
        => cryptoHashAlgorithm switch
        {
            CryptoHashAlgorithm.sha256 => HMACSHA256.HashData(key, input),
            CryptoHashAlgorithm.sha384 => HMACSHA384.HashData(key, input),
            _ => throw new TlsFatalAlert(AlertDescription.internal_error),
        };
}
