using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mandos.WebControl.Unix;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Access;

/// <summary>The certificate with which the surface proves who it is. It is read again when its file has changed, as after a renewal. Thread-safe.</summary>
internal sealed partial class ServerCertificate
{
    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly ClientCertificates? _clients;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext _context;
    private (DateTime Certificate, DateTime Key) _version;

    /// <summary>Reads the files.</summary>
    /// <param name="certificateFile">The certificate, and those above it, in PEM.</param>
    /// <param name="keyFile">Its key, in PEM.</param>
    /// <param name="clients">The certificates that clients may show; null if they are not asked for one.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="IOException">They cannot be read, or do not fit.</exception>
    public ServerCertificate(string certificateFile, string keyFile, ClientCertificates? clients, ILogger logger)
    {
        (_certificateFile, _keyFile, _clients, _logger) = (certificateFile, keyFile, clients, logger);
        _version = CurrentVersion;
        _context = Read();
    }

    private (DateTime Certificate, DateTime Key) CurrentVersion => (File.GetLastWriteTimeUtc(_certificateFile), File.GetLastWriteTimeUtc(_keyFile));

    /// <summary>What Kestrel asks for each connection.</summary>
    public TlsHandshakeCallbackOptions Options => new() { OnConnection = _ => ValueTask.FromResult(AuthenticationOptions()) };

    private SslServerAuthenticationOptions AuthenticationOptions() => new()
    {
        ServerCertificateContext = Current(),
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        ClientCertificateRequired = _clients is not null, // one is asked for, and whoever shows none may show a token
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is null
            || (certificate is X509Certificate2 shown && _clients?.Find(shown) is not null),
    };

    private SslStreamCertificateContext Current()
    {
        lock (_lock)
        {
            (DateTime Certificate, DateTime Key) version = CurrentVersion;
            if (version != _version)
            {
                _version = version;
                try
                {
                    _context = Read();
                }
                catch (IOException e)
                {
                    LogUnreadable(e.Message);
                }
            }

            return _context;
        }
    }

    private SslStreamCertificateContext Read()
    {
        try
        {
            SafePath.RequirePrivate(_keyFile);
            X509Certificate2 certificate = X509Certificate2.CreateFromPemFile(_certificateFile, _keyFile);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(_certificateFile);
            return SslStreamCertificateContext.Create(certificate, chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException($"{_certificateFile} and {_keyFile} are no certificate and its key in PEM: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
