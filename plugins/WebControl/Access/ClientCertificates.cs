using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Mandos.WebControl.Unix;
using Microsoft.Extensions.Logging;

namespace Mandos.WebControl.Access;

/// <summary>
/// The file that lists the certificates by which clients sign in: a line for each, <c>SHA-256 SCOPE [NAME]</c>. Who made a certificate, and until when,
/// does not count; the holder proves its key. The file is read again when it has changed. Thread-safe.
/// </summary>
internal sealed partial class ClientCertificates
{
    private const long MostBytes = 1 << 20;

    private readonly SettingFile _file;
    private readonly ILogger _logger;
    private readonly Lock _lock = new();
    private Dictionary<string, ListedCertificate> _listed;
    private (DateTime Written, long Length) _version;

    /// <summary>Reads the file.</summary>
    /// <exception cref="IOException">It cannot be read, others can write it, or a line is wrong.</exception>
    public ClientCertificates(SettingFile file, ILogger logger)
    {
        (_file, _logger) = (file, logger);
        _version = file.Version;
        _listed = file.Use(Read);
    }

    /// <summary>Finds a certificate; null if it is not listed.</summary>
    public ListedCertificate? Find(X509Certificate2 certificate)
    {
        lock (_lock)
        {
            ReadAgain();
            return _listed.GetValueOrDefault(certificate.GetCertHashString(HashAlgorithmName.SHA256));
        }
    }

    private void ReadAgain()
    {
        (DateTime Written, long Length) version = _file.Version;
        if (version == _version)
        {
            return;
        }

        _version = version;
        try
        {
            _listed = _file.Use(Read);
        }
        catch (IOException e)
        {
            _listed = []; // whoever was taken off the list must not stay on it
            LogUnreadable(e.Message);
        }
    }

    private static Dictionary<string, ListedCertificate> Read(string path)
    {
        Dictionary<string, ListedCertificate> result = new(StringComparer.OrdinalIgnoreCase);
        SafePath.RequireFile(path);
        int number = 0;
        if (new FileInfo(path).Length > MostBytes)
        {
            throw new IOException($"the file has more than {MostBytes} bytes");
        }

        foreach (string line in File.ReadLines(path))
        {
            number++;
            string[] words = line.Split((char[]?)null, 3, StringSplitOptions.RemoveEmptyEntries);
            if (words.Length == 0 || words[0].StartsWith('#'))
            {
                continue;
            }

            string fingerprint = words[0].Replace(":", "", StringComparison.Ordinal);
            if (fingerprint.Length != 64 || !fingerprint.All(char.IsAsciiHexDigit) || words.Length < 2 || ScopeNames.Parse(words[1]) is not { } scope)
            {
                throw new IOException($"line {number} should be the SHA-256 of a certificate in 64 hexadecimal digits, then read, approve or admin, then perhaps a name");
            }

            if (!result.TryAdd(fingerprint, new ListedCertificate(words.Length > 2 ? words[2].Trim() : fingerprint[..8], scope)))
            {
                throw new IOException($"line {number} lists a certificate that is listed above");
            }
        }

        return result;
    }
}
