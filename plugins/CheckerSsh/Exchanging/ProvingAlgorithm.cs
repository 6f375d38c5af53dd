using System.Text;
using Mandos.CheckerSsh.Keys;
using Renci.SshNet.Security;

namespace Mandos.CheckerSsh.Exchanging;

/// <summary>A host key, and a way to learn that the host's signature over the exchange hash was made with it.</summary>
/// <param name="parsed">The key, as SSH.NET reads it.</param>
/// <param name="proven">Is called if the signature is right.</param>
internal sealed class ProvingAlgorithm(KeyHostAlgorithm parsed, Action proven)
    : KeyHostAlgorithm(parsed.Name, parsed.Key, parsed.DigitalSignature)
{
    /// <summary>
    /// Verifies the signature, and says in any case that it is wrong, so that SSH.NET ends the connection here.
    /// </summary>
    /// <param name="data">The exchange hash.</param>
    /// <param name="signature">The signature with its format, as the host sent it.</param>
    /// <returns>Always false.</returns>
    public override bool VerifySignature(byte[] data, byte[] signature)
    {
        // SSH.NET does not look at the name of the format, which has to be the one agreed on (RFC 8332 section 3.2).
        ReadOnlySpan<byte> rest = signature;
        if (PublicKeyBlob.TryTake(ref rest, out ReadOnlySpan<byte> format) && format.SequenceEqual(Encoding.ASCII.GetBytes(Name))
            && base.VerifySignature(data, signature))
        {
            proven();
        }

        return false;
    }
}
