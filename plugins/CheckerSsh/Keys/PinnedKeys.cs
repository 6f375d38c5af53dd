using System.Buffers.Text;
using System.Security.Cryptography;
using Mandos.CheckerSsh.Texts;

namespace Mandos.CheckerSsh.Keys;

/// <summary>The keys of which a host has to have one: each in full, or as the SHA-256 of it.</summary>
internal sealed class PinnedKeys
{
    private const string Sha256Prefix = "SHA256:";

    private const string Usage =
        "use 'TYPE BASE64' as in the host's ssh_host_*_key.pub, or 'SHA256:BASE64' as ssh-keygen -l prints";

    private readonly List<byte[]> _blobs = [];
    private readonly List<byte[]> _fingerprints = [];
    private readonly HashSet<HostKeyType> _types = [];

    private PinnedKeys()
    {
    }

    /// <summary>
    /// The types to ask the host for, in that order. All, if there is a fingerprint: it does not tell its type.
    /// </summary>
    public IReadOnlyList<HostKeyType> Types
        => _fingerprints.Count > 0 ? HostKeyType.All : [.. HostKeyType.All.Where(_types.Contains)];

    /// <summary>Reads the option.</summary>
    /// <param name="text">Its value: keys on a line each, or with commas between them. Null if it is not there.</param>
    /// <param name="report">Is told everything that is wrong.</param>
    public static PinnedKeys Read(string? text, Action<string> report)
    {
        PinnedKeys keys = new();
        string[] entries = text?.Split(['\n', ','], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
        foreach (string entry in entries)
        {
            if (keys.Add(entry.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) is { } problem)
            {
                report(problem);
            }
        }

        if (entries.Length == 0)
        {
            report("is missing; " + Usage);
        }

        return keys;
    }

    /// <summary>The fingerprint of a key, as <c>ssh-keygen -l</c> prints it.</summary>
    public static string Fingerprint(ReadOnlySpan<byte> blob)
        => Sha256Prefix + Convert.ToBase64String(SHA256.HashData(blob)).TrimEnd('=');

    /// <summary>Whether a key is one of these; compared in full, byte by byte.</summary>
    /// <param name="blob">The key as the host sent it.</param>
    public bool Contains(byte[] blob)
    {
        byte[] hash = SHA256.HashData(blob);
        return _blobs.Any(pinned => blob.AsSpan().SequenceEqual(pinned))
            || _fingerprints.Any(pinned => hash.AsSpan().SequenceEqual(pinned));
    }

    private static bool TryDecode(string base64, out byte[] bytes)
    {
        // Fingerprints come without padding, and nobody should count signs.
        string padded = base64.TrimEnd('=');
        padded = padded.PadRight((padded.Length + 3) / 4 * 4, '=');
        bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(padded.Length)];
        bool isBase64 = Convert.TryFromBase64String(padded, bytes, out int length);
        bytes = bytes[..length];
        return isBase64;
    }

    /// <summary>Adds one entry.</summary>
    /// <param name="words">Its words; what follows the key is a comment.</param>
    /// <returns>What is wrong with it, or null.</returns>
    private string? Add(string[] words)
    {
        if (words[0].StartsWith(Sha256Prefix, StringComparison.Ordinal))
        {
            if (!TryDecode(words[0][Sha256Prefix.Length..], out byte[] hash) || hash.Length != SHA256.HashSizeInBytes)
            {
                return $"{Text.Quote(words[0])} is no fingerprint: 43 characters of base64 have to follow {Sha256Prefix}";
            }

            _fingerprints.Add(hash);
            return null;
        }

        if (HostKeyType.All.FirstOrDefault(type => type.Name == words[0]) is not { } named)
        {
            return UnknownType(words);
        }

        if (words.Length < 2 || !TryDecode(words[1], out byte[] blob))
        {
            return $"what follows {named.Name} is not base64; {Usage}";
        }

        if (PublicKeyBlob.Problem(blob, named) is { } problem)
        {
            return $"the {named.Name} key {problem}";
        }

        _blobs.Add(blob);
        _types.Add(named);
        return null;
    }

    private static string UnknownType(string[] words)
    {
        string type = words[0];
        return
            type.Contains("-cert-", StringComparison.Ordinal)
                ? $"{Text.Quote(type)} is a certificate, which is not supported; name the host's plain key instead"
            : type == "ssh-dss" ? "ssh-dss keys (DSA) can be forged; name another key of the host"
            : HostKeyType.Rsa.Algorithms.Contains(type)
                ? $"{Text.Quote(type)} is a signature; the type of the key is {HostKeyType.Rsa.Name}"
            : type.StartsWith("MD5:", StringComparison.Ordinal)
                ? "MD5 fingerprints can be forged; use that of ssh-keygen -l -E sha256"
            : words.Length > 1 && IsKeyStart(words[1]) ? $"leave out {Text.Quote(type)} before {Text.Quote(words[1])}"
            : $"{Text.Quote(type)} is no type of key that is supported ({HostKeyType.Names}); {Usage}";
    }

    private static bool IsKeyStart(string word)
        => word.StartsWith(Sha256Prefix, StringComparison.Ordinal) || HostKeyType.All.Any(type => type.Name == word);
}
