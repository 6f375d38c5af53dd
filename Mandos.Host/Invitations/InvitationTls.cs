using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mandos.Abstractions.Tls;
using Mandos.Engine.Invitations;
using Mandos.Host.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.Host.Invitations;

/// <summary>
/// TLS 1.3 with .NET's own implementation, and a P-256 key in the state directory that nobody else can read. The certificate around it says nothing: invited
/// machines look at the key alone.
/// </summary>
/// <param name="stateDirectory">The state directory.</param>
/// <param name="logger">The log.</param>
internal sealed partial class InvitationTls(string stateDirectory, ILogger logger) : IInvitationTls
{
    private const int MostKeyBytes = 16 * 1024;

    private readonly string _path = Path.Combine(stateDirectory, "invitation-key.pem");
    private readonly ILogger _logger = logger;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext? _certificate;

    /// <inheritdoc/>
    public string ReadPin() => Convert.ToHexStringLower(SHA256.HashData(Certificate().TargetCertificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <inheritdoc/>
    public async ValueTask<Stream> HandshakeAsync(Stream stream, CancellationToken cancellationToken)
    {
        SslStreamCertificateContext certificate = Certificate();
        var tls = new SslStream(stream, leaveInnerStreamOpen: true);
        bool isDone = false;
        try
        {
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = certificate,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
                    AllowTlsResume = false,
                },
                cancellationToken).ConfigureAwait(false);
            isDone = true;
            return tls;
        }
        catch (AuthenticationException e)
        {
            string reason = (e.InnerException?.Message ?? e.Message).ReplaceLineEndings(" ");
            throw new TlsHandshakeException($"an invited machine is to use TLS 1.3, and to know this server's key: {reason}", e);
        }
        finally
        {
            if (!isDone)
            {
                await tls.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask ShutdownAsync(Stream stream) => await ((SslStream)stream).ShutdownAsync().ConfigureAwait(false);

    private SslStreamCertificateContext Certificate()
    {
        lock (_lock)
        {
            return _certificate ??= Read();
        }
    }

    /// <summary>Reads the key, and makes all of the certificate that handshakes need, once.</summary>
    private SslStreamCertificateContext Read()
    {
        try
        {
            if (!Path.Exists(_path))
            {
                Make();
            }

            if (new FileInfo(_path).Length > MostKeyBytes)
            {
                throw new IOException($"{_path} is too large for a key");
            }

            using var key = ECDsa.Create();
            key.ImportFromPem(File.ReadAllText(_path));
            var request = new CertificateRequest("CN=Mandos", key, HashAlgorithmName.SHA256);
            X509Certificate2 certificate = // good whatever the clocks say
                request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2049, 12, 31, 0, 0, 0, TimeSpan.Zero));
            return SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        }
        catch (Exception e) when (e is ArgumentException or CryptographicException)
        {
            throw new IOException($"{_path} has no key that can be used; restore it, or remove it and invite again");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message);
        }
    }

    /// <summary>Makes the key, which has its name when it is complete and on the disk.</summary>
    private void Make()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        PrivateFile.Write(_path, overwrite: false, file => file.Write(System.Text.Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n")));
        LogMade(_path);
    }
}
