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
    private readonly SettingFile _certificateFile;
    private readonly SettingFile _keyFile;
    private readonly ClientCertificates? _clients;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private SslStreamCertificateContext _context;
    private ((DateTime, long) Certificate, (DateTime, long) Key) _version;

    /// <summary>Reads the files.</summary>
    /// <param name="certificateFile">The certificate, and those above it, in PEM.</param>
    /// <param name="keyFile">Its key, in PEM.</param>
    /// <param name="clients">The certificates that clients may show; null if they are not asked for one.</param>
    /// <param name="logger">The log.</param>
    /// <exception cref="IOException">They cannot be read, or do not fit.</exception>
    public ServerCertificate(SettingFile certificateFile, SettingFile keyFile, ClientCertificates? clients, ILogger logger)
    {
        (_certificateFile, _keyFile, _clients, _logger) = (certificateFile, keyFile, clients, logger);
        _version = CurrentVersion;
        _context = Read();
    }

    private ((DateTime, long) Certificate, (DateTime, long) Key) CurrentVersion => (_certificateFile.Version, _keyFile.Version);

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
            ((DateTime, long), (DateTime, long)) version = CurrentVersion;
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
        string certificates = _certificateFile.Use(File.ReadAllText);
        string key = _keyFile.Use(static path =>
        {
            SafePath.RequirePrivate(path);
            return File.ReadAllText(path);
        });
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPem(certificates);
        }
        catch (CryptographicException)
        {
            chain.Clear();
        }

        if (chain.Count == 0)
        {
            throw _certificateFile.Wrong("there is no certificate in PEM in the file");
        }

        try
        {
            return SslStreamCertificateContext.Create(X509Certificate2.CreateFromPem(certificates, key), chain, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw _keyFile.Wrong($"there is no key in PEM in the file that fits the first certificate of {_certificateFile.Setting}: {e.Message.ReplaceLineEndings(" ")}");
        }
    }
}
