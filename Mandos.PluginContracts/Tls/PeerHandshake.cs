using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Mandos.PluginContracts.Tls.Protocol;

namespace Mandos.PluginContracts.Tls;

/// <summary>A handshake of TLS 1.3 as the server (RFC 8446 section 2), with a raw public key (RFC 7250) and with faults.</summary>
internal sealed class PeerHandshake(Stream stream, ECDsa key, TlsPeerFault fault, TlsPeerStep? stopsBefore) : IDisposable
{
    private const int RandomSize = 32;
    private const int Megabyte = 1 << 20;

    private readonly KeySchedule _keys = new();

    /// <summary>The records, protected as is due.</summary>
    public RecordStream Records { get; } = new(stream);

    /// <summary>The secret that protects what the client sends.</summary>
    public byte[] ClientSecret => _keys.ClientSecret;

    /// <summary>Makes the handshake.</summary>
    /// <returns>Whether it was made to its end.</returns>
    /// <exception cref="TlsPeerException">The client does not do as it should.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        (ClientHello hello, byte[] share) = await ReceiveHelloAsync(cancellationToken).ConfigureAwait(false);
        if (stopsBefore == TlsPeerStep.ServerHello)
        {
            return false;
        }

        using ECDiffieHellman ephemeral = ECDiffieHellman.Create(ECCurve.NamedCurves.nistP256);
        await SendAsync(TlsNumbers.ServerHello, ServerHello(hello, ephemeral), cancellationToken).ConfigureAwait(false);
        _keys.EnterHandshake(Agree(ephemeral, share));
        byte[] clientSecret = _keys.ClientSecret;
        byte[] serverSecret = _keys.ServerSecret;
        await SendJunkAsync(cancellationToken).ConfigureAwait(false);
        if (fault != TlsPeerFault.Unencrypted)
        {
            Records.ProtectWriting(serverSecret);
        }

        Records.ProtectReading(clientSecret);
        foreach (TlsPeerStep step in Enum.GetValues<TlsPeerStep>().Where(step => step > TlsPeerStep.ServerHello))
        {
            if (step == stopsBefore)
            {
                return false;
            }

            await SendAsync(step, serverSecret, cancellationToken).ConfigureAwait(false);
        }

        byte[] expected = KeySchedule.VerifyData(clientSecret, _keys.TranscriptHash);
        _keys.EnterApplication();
        byte[] finished = await Records.ReadHandshakeAsync(TlsNumbers.Finished, cancellationToken).ConfigureAwait(false);
        if (!finished.AsSpan(4).SequenceEqual(expected))
        {
            throw new TlsPeerException("the other side's Finished is wrong");
        }

        Records.ProtectReading(_keys.ClientSecret);
        return true;
    }

    public void Dispose()
    {
        _keys.Dispose();
        Records.Dispose();
    }

    /// <summary>Receives a ClientHello with a key share for the peer's group, which may take a HelloRetryRequest (section 4.1.4).</summary>
    private async Task<(ClientHello Hello, byte[] Share)> ReceiveHelloAsync(CancellationToken cancellationToken)
    {
        ClientHello hello = await ReadHelloAsync(cancellationToken).ConfigureAwait(false);
        int retries = fault == TlsPeerFault.SecondRetry ? 2 : hello.FindKeyShare() is null ? 1 : 0;
        for (int i = 0; i < retries; i++)
        {
            _keys.ReplaceByHash();
            await SendAsync(TlsNumbers.ServerHello, HelloRetryRequest(hello), cancellationToken).ConfigureAwait(false);
            hello = await ReadHelloAsync(cancellationToken).ConfigureAwait(false);
        }

        return (hello, hello.FindKeyShare() ?? throw new TlsPeerException("the second ClientHello has no key share for secp256r1"));
    }

    private async Task<ClientHello> ReadHelloAsync(CancellationToken cancellationToken)
    {
        byte[] message = await Records.ReadHandshakeAsync(TlsNumbers.ClientHello, cancellationToken).ConfigureAwait(false);
        _keys.Add(message);
        return new ClientHello(message);
    }

    /// <summary>Section 4.1.3.</summary>
    private byte[] ServerHello(ClientHello hello, ECDiffieHellman ephemeral) => Hello(
        hello,
        RandomNumberGenerator.GetBytes(RandomSize),
        share => share
            .UInt16(fault == TlsPeerFault.UnofferedGroup ? TlsNumbers.Ffdhe8192 : TlsNumbers.Secp256r1)
            .Vector(2, writer => writer.Bytes(Point(ephemeral))));

    /// <summary>A ServerHello whose random value is a certain one (section 4.1.3).</summary>
    private byte[] HelloRetryRequest(ClientHello hello) => Hello(
        hello, SHA256.HashData("HelloRetryRequest"u8), share => share.UInt16(TlsNumbers.Secp256r1));

    private byte[] Hello(ClientHello hello, byte[] random, Action<WireWriter> share)
    {
        byte[] session = fault == TlsPeerFault.OtherSession ? RandomNumberGenerator.GetBytes(RandomSize) : hello.SessionId;
        return new WireWriter()
            .UInt16(TlsNumbers.Tls12)
            .Bytes(random)
            .Vector(1, writer => writer.Bytes(session))
            .UInt16(fault == TlsPeerFault.UnofferedSuite ? TlsNumbers.Aes128Ccm8Sha256 : TlsNumbers.Aes128GcmSha256)
            .Byte(0)
            .Vector(2, extensions =>
            {
                if (fault != TlsPeerFault.OldVersion)
                {
                    extensions.Extension(TlsNumbers.SupportedVersions, writer => writer.UInt16(TlsNumbers.Tls13));
                }

                extensions.Extension(TlsNumbers.KeyShare, share);
            })
            .ToArray();
    }

    private Task SendAsync(TlsPeerStep step, byte[] serverSecret, CancellationToken cancellationToken) => step switch
    {
        TlsPeerStep.EncryptedExtensions => SendAsync(TlsNumbers.EncryptedExtensions, EncryptedExtensions(), cancellationToken),
        TlsPeerStep.Certificate => SendAsync(TlsNumbers.Certificate, Certificate(), cancellationToken),
        TlsPeerStep.CertificateVerify when fault == TlsPeerFault.NoSignature => Task.CompletedTask,
        TlsPeerStep.CertificateVerify => SendAsync(TlsNumbers.CertificateVerify, CertificateVerify(), cancellationToken),
        TlsPeerStep.Finished when fault == TlsPeerFault.NoFinished
            => Records.WriteAsync(TlsNumbers.ApplicationData, [1], cancellationToken),
        TlsPeerStep.Finished => SendAsync(TlsNumbers.Finished, Finished(serverSecret), cancellationToken),
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    /// <summary>Section 4.3.1 with RFC 7250 section 4.2.</summary>
    private byte[] EncryptedExtensions() => new WireWriter()
        .Vector(2, extensions =>
        {
            if (fault != TlsPeerFault.NoCertificateType)
            {
                extensions.Extension(
                    TlsNumbers.ServerCertificateType,
                    writer => writer.Byte(fault == TlsPeerFault.X509Certificate ? TlsNumbers.X509 : TlsNumbers.RawPublicKey));
            }
        })
        .ToArray();

    /// <summary>Section 4.4.2.</summary>
    private byte[] Certificate()
    {
        byte[] shown = fault switch
        {
            TlsPeerFault.X509Certificate or TlsPeerFault.X509InPlaceOfKey => X509(),
            TlsPeerFault.LongKey => [.. key.ExportSubjectPublicKeyInfo(), 0],
            _ => key.ExportSubjectPublicKeyInfo(),
        };
        int count = fault switch
        {
            TlsPeerFault.NoCertificate => 0,
            TlsPeerFault.TwoCertificates => 2,
            _ => 1,
        };
        return new WireWriter()
            .Vector(1, _ => { }) // certificate_request_context
            .Vector(3, list =>
            {
                for (int i = 0; i < count; i++)
                {
                    list.Vector(3, writer => writer.Bytes(shown)).Vector(2, _ => { });
                }
            })
            .Bytes(fault == TlsPeerFault.LongCertificate ? [0] : [])
            .ToArray();
    }

    /// <summary>Section 4.4.3.</summary>
    private byte[] CertificateVerify()
    {
        byte[] transcript = fault == TlsPeerFault.ReplayedSignature ? SHA256.HashData("another handshake"u8) : _keys.TranscriptHash;
        byte[] signed =
        [
            .. Encoding.ASCII.GetBytes(new string(' ', 64) + "TLS 1.3, server CertificateVerify"), 0, .. transcript,
        ];
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        byte[] signature = (fault == TlsPeerFault.ForeignSignature ? other : key).SignData(
            signed, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence);
        if (fault == TlsPeerFault.BrokenSignature)
        {
            RandomNumberGenerator.Fill(signature);
        }

        return new WireWriter()
            .UInt16(fault == TlsPeerFault.UnfitScheme ? TlsNumbers.RsaPssRsaeSha256 : TlsNumbers.EcdsaSecp256r1Sha256)
            .Vector(2, writer => writer.Bytes(signature))
            .ToArray();
    }

    /// <summary>Section 4.4.4.</summary>
    private byte[] Finished(byte[] serverSecret)
    {
        byte[] verifyData = KeySchedule.VerifyData(serverSecret, _keys.TranscriptHash);
        if (fault == TlsPeerFault.BrokenFinished)
        {
            verifyData[^1] ^= 1;
        }

        return verifyData;
    }

    /// <summary>Sends a handshake message (section 4), in a record of its own.</summary>
    private async Task SendAsync(byte type, byte[] content, CancellationToken cancellationToken)
    {
        byte[] message = new WireWriter().Byte(type).Vector(3, writer => writer.Bytes(content)).ToArray();
        _keys.Add(message);
        await Records.WriteAsync(TlsNumbers.Handshake, message, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What some faults send after ServerHello.</summary>
    private async Task SendJunkAsync(CancellationToken cancellationToken)
    {
        switch (fault)
        {
            case TlsPeerFault.LongRecord:
                await Records.WriteRawAsync(
                    [TlsNumbers.ApplicationData, 3, 3, 0xff, 0xff, .. new byte[0xffff]], cancellationToken).ConfigureAwait(false);
                break;
            case TlsPeerFault.LongMessage:
                Records.ProtectWriting(_keys.ServerSecret);
                byte[] start = [TlsNumbers.EncryptedExtensions, 0xff, 0xff, 0xff, .. new byte[TlsNumbers.LongestPlainText - 4]];
                for (int sent = 0; sent < Megabyte; sent += start.Length)
                {
                    await Records.WriteAsync(TlsNumbers.Handshake, start, cancellationToken).ConfigureAwait(false);
                    start.AsSpan().Clear();
                }

                break;
            case TlsPeerFault.Flood:
                byte[] records = [.. Enumerable.Repeat<byte[]>([TlsNumbers.ChangeCipherSpec, 3, 3, 0, 1, 1], 1000).SelectMany(r => r)];
                for (int sent = 0; sent < 8 * Megabyte; sent += records.Length)
                {
                    await Records.WriteRawAsync(records, cancellationToken).ConfigureAwait(false);
                }

                break;
            default:
                break;
        }
    }

    private byte[] X509()
    {
        var request = new CertificateRequest("CN=Mandos check", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new(2100, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return certificate.RawData;
    }

    /// <summary>An uncompressed point (section 4.2.8.2).</summary>
    private static byte[] Point(ECDiffieHellman ephemeral)
    {
        ECPoint point = ephemeral.ExportParameters(includePrivateParameters: false).Q;
        return [4, .. point.X!, .. point.Y!];
    }

    /// <summary>Section 7.4.2.</summary>
    private static byte[] Agree(ECDiffieHellman ephemeral, byte[] share)
    {
        const int coordinate = 32;
        if (share is not [4, ..] || share.Length != 1 + (2 * coordinate))
        {
            throw new TlsPeerException("the other side's key share is no uncompressed point");
        }

        var parameters = new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            Q = new ECPoint { X = share[1..(1 + coordinate)], Y = share[(1 + coordinate)..] },
        };
        try
        {
            using var other = ECDiffieHellman.Create(parameters);
            return ephemeral.DeriveRawSecretAgreement(other.PublicKey);
        }
        catch (CryptographicException)
        {
            throw new TlsPeerException("the other side's key share is no point of secp256r1");
        }
    }
}
