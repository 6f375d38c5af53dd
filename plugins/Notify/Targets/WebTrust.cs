using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mandos.Notify.Delivery;

namespace Mandos.Notify.Targets;

/// <summary>Whose certificates are believed.</summary>
internal static class WebTrust
{
    /// <summary>How to verify the chain of a certificate that one of these has to have signed.</summary>
    /// <param name="rootCertificate">Path of the certificates, in PEM.</param>
    /// <exception cref="DeliveryException">They cannot be read.</exception>
    public static X509ChainPolicy Policy(string rootCertificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        try
        {
            policy.CustomTrustStore.ImportFromPemFile(rootCertificate);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new DeliveryException($"{rootCertificate} cannot be read, or has no certificate in PEM");
        }

        return policy.CustomTrustStore.Count > 0 ? policy : throw new DeliveryException($"{rootCertificate} has no certificate in PEM");
    }

    /// <summary>Decides on a certificate as the system has judged it, and by the given roots if there are any.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="errors">What is wrong with it for the system.</param>
    /// <param name="policy">The roots; null for those of the system.</param>
    public static bool Accepts(X509Certificate? certificate, SslPolicyErrors errors, X509ChainPolicy? policy)
    {
        if (policy is null || certificate is null || (errors & ~SslPolicyErrors.RemoteCertificateChainErrors) != SslPolicyErrors.None)
        {
            return policy is null && errors == SslPolicyErrors.None;
        }

        using var chain = new X509Chain { ChainPolicy = policy };
        using var copy = new X509Certificate2(certificate);
        return chain.Build(copy);
    }
}
