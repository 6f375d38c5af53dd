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
    public static (string Certificate, string Key) MakeLocalhost(X509Certificate2 root)
    {
        ArgumentNullException.ThrowIfNull(root);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.Create(root, root.NotBefore, root.NotAfter, RandomNumberGenerator.GetBytes(8));
        return (certificate.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem());
    }
}
