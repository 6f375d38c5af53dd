using System.Security.Cryptography;
using Org.BouncyCastle.Tls;
using Org.BouncyCastle.Tls.Crypto;

namespace Mandos.TlsBouncy.OpenSsl;

/// <summary>A curve for BouncyCastle's key exchange.</summary>
internal sealed class MontgomeryDomain(TlsCrypto crypto, MontgomeryCurve curve) : TlsECDomain
{
    public TlsAgreement CreateECDH() => new Agreement(crypto, curve);

    private sealed class Agreement(TlsCrypto crypto, MontgomeryCurve curve) : TlsAgreement
    {
        private KeyHandle? _key;
        private byte[] _peer = [];

        public byte[] GenerateEphemeral()
        {
            Span<byte> privateKey = stackalloc byte[curve.Bytes];
            RandomNumberGenerator.Fill(privateKey);
            _key = curve.Import(privateKey);
            CryptographicOperations.ZeroMemory(privateKey);
            return _key is not null && curve.PublicKey(_key) is { } publicKey
                ? publicKey
                : throw new TlsFatalAlert(AlertDescription.internal_error);
        }

        public void ReceivePeerValue(byte[] peerValue) => _peer = peerValue.Length == curve.Bytes
            ? [.. peerValue]
            : throw new TlsFatalAlert(AlertDescription.illegal_parameter);

        public TlsSecret CalculateSecret()
        {
            using KeyHandle key = _key ?? throw new TlsFatalAlert(AlertDescription.internal_error);
            byte[] secret = curve.Agree(key, _peer) ?? throw new TlsFatalAlert(AlertDescription.handshake_failure);
            try
            {
                return crypto.CreateSecret(secret);
            }
            finally
            {
                CryptographicOperations.ZeroMemory(secret);
            }
        }
    }
}
