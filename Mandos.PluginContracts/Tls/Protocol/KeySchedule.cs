using System.Security.Cryptography;
using System.Text;

namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>The transcript of a handshake and the secrets that come of it (RFC 8446 sections 4.4.1 and 7.1), with SHA-256.</summary>
internal sealed class KeySchedule : IDisposable
{
    private static readonly byte[] _zeros = new byte[SHA256.HashSizeInBytes];

    private readonly IncrementalHash _transcript = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    // The early secret, then the handshake secret, then the master secret.
    private byte[] _secret = Extract(_zeros, _zeros);

    /// <summary>The secret that protects what the client sends.</summary>
    public byte[] ClientSecret { get; private set; } = [];

    /// <summary>The secret that protects what the server sends.</summary>
    public byte[] ServerSecret { get; private set; } = [];

    /// <summary>The hash of all messages up to now.</summary>
    public byte[] TranscriptHash => _transcript.GetCurrentHash();

    /// <summary>Adds a message, with its header.</summary>
    public void Add(ReadOnlySpan<byte> message) => _transcript.AppendData(message);

    /// <summary>Replaces the first ClientHello by its hash, as a HelloRetryRequest makes necessary.</summary>
    public void ReplaceByHash()
    {
        byte[] hash = _transcript.GetHashAndReset();
        Add([TlsNumbers.MessageHash, 0, 0, SHA256.HashSizeInBytes, .. hash]);
    }

    /// <summary>After ServerHello: the secrets of the handshake.</summary>
    public void EnterHandshake(byte[] sharedSecret)
    {
        _secret = Extract(Derived(), sharedSecret);
        ClientSecret = Derive("c hs traffic");
        ServerSecret = Derive("s hs traffic");
    }

    /// <summary>After the server's Finished: the secrets of the application data.</summary>
    public void EnterApplication()
    {
        _secret = Extract(Derived(), _zeros);
        ClientSecret = Derive("c ap traffic");
        ServerSecret = Derive("s ap traffic");
    }

    /// <summary>The content of a Finished message (section 4.4.4).</summary>
    public static byte[] VerifyData(byte[] secret, byte[] transcriptHash)
        => HMACSHA256.HashData(ExpandLabel(secret, "finished", [], SHA256.HashSizeInBytes), transcriptHash);

    /// <summary>HKDF-Expand-Label.</summary>
    public static byte[] ExpandLabel(byte[] secret, string label, byte[] context, int length) => HKDF.Expand(
        HashAlgorithmName.SHA256,
        secret,
        length,
        new WireWriter()
            .UInt16(length)
            .Vector(1, writer => writer.Bytes(Encoding.ASCII.GetBytes("tls13 " + label)))
            .Vector(1, writer => writer.Bytes(context))
            .ToArray());

    public void Dispose() => _transcript.Dispose();

    private static byte[] Extract(byte[] salt, byte[] secret) => HKDF.Extract(HashAlgorithmName.SHA256, secret, salt);

    private byte[] Derived() => ExpandLabel(_secret, "derived", SHA256.HashData([]), SHA256.HashSizeInBytes);

    private byte[] Derive(string label) => ExpandLabel(_secret, label, TranscriptHash, SHA256.HashSizeInBytes);
}
