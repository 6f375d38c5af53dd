using System.Security.Cryptography;
using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Commands;

/// <summary>Reads a secret.</summary>
internal static class SecretFile
{
    /// <summary>Reads a file, or standard input where it is called <c>-</c>. The caller sets the bytes to zero in the end.</summary>
    /// <exception cref="UsageException">It cannot be read, or is too large.</exception>
    public static byte[] Read(string name)
    {
        byte[] buffer = new byte[ClientLimits.SecretBytes + 1];
        try
        {
            using Stream stream = name == "-"
                ? Console.OpenStandardInput()
                : new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            int length = stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
            return length <= ClientLimits.SecretBytes
                ? buffer[..length]
                : throw new UsageException($"the secret in {name} is larger than {ClientLimits.SecretBytes} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"cannot read the secret from “{name.ReplaceLineEndings("…")}”: {e.Message.ReplaceLineEndings(" ")}");
        }
        finally
        {
            CryptographicOperations.ZeroMemory(buffer);
        }
    }
}
