using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Mandos.TestKit.Daemons;

/// <summary>Certificates for daemons of tests, good for a day.</summary>
public static class TestCertificates
{
    /// <summary>Makes one that others lead to.</summary>
    public static X509Certificate2 MakeRoot()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
    }

    /// <summary>Makes that of a host called localhost.</summary>
    /// <returns>The certificate and its key, in PEM.</returns>
    public static (string Certificate, string Key) MakeLocalhost(X509Certificate2 root) => MakeHost(root, "localhost");

    /// <summary>Makes that of a host.</summary>
    /// <param name="root">What it leads to.</param>
    /// <param name="host">Its name or address.</param>
    /// <returns>The certificate and its key, in PEM.</returns>
    public static (string Certificate, string Key) MakeHost(X509Certificate2 root, string host)
    {
        ArgumentNullException.ThrowIfNull(root);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (IPAddress.TryParse(host, out IPAddress? address))
        {
            names.AddIpAddress(address);
        }
        else
        {
            names.AddDnsName(host);
        }

        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(root, root.NotBefore, root.NotAfter, RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
