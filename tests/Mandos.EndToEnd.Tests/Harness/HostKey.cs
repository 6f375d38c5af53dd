using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>The certificate of a host called localhost, with its key.</summary>
internal sealed class HostKey
{
    public HostKey()
    {
        using X509Certificate2 root = TestCertificates.MakeRoot();
        (Certificate, Key) = TestCertificates.MakeLocalhost(root);
        using var certificate = X509Certificate2.CreateFromPem(Certificate);
        Pin = PinOf(certificate);
    }

    /// <summary>In PEM.</summary>
    public string Certificate { get; }

    /// <summary>In PEM.</summary>
    public string Key { get; }

    /// <summary>What a <see cref="Browser"/> trusts it by.</summary>
    public string Pin { get; }

    /// <summary>The pin of a certificate: base64 of the SHA-256 of its SubjectPublicKeyInfo.</summary>
    public static string PinOf(X509Certificate2 certificate) => Convert.ToBase64String(SHA256.HashData(certificate.PublicKey.ExportSubjectPublicKeyInfo()));

    /// <summary>Writes both into a directory.</summary>
    /// <returns>The files' names.</returns>
    public (string Certificate, string Key) Write(string directory)
    {
        (string Certificate, string Key) files = (Path.Combine(directory, "web.pem"), Path.Combine(directory, "web.key"));
        File.WriteAllText(files.Certificate, Certificate);
        File.WriteAllText(files.Key, Key);
        File.SetUnixFileMode(files.Key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return files;
    }
}
