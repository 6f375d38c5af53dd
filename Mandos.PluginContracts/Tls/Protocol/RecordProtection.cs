using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>Encrypts or decrypts the records of one direction (RFC 8446 sections 5.2, 5.3 and 7.3), with AES-128-GCM.</summary>
/// <param name="trafficSecret">The secret of the direction.</param>
internal sealed class RecordProtection(byte[] trafficSecret) : IDisposable
{
    private const int TagSize = 16;
    private const int HeaderSize = 5;

    private readonly AesGcm _cipher = new(KeySchedule.ExpandLabel(trafficSecret, "key", [], 16), TagSize);
    private readonly byte[] _iv = KeySchedule.ExpandLabel(trafficSecret, "iv", [], 12);
    private ulong _sequence;

    /// <summary>A whole record, with its header, of a content.</summary>
    public byte[] Seal(byte type, ReadOnlySpan<byte> content)
    {
        byte[] plain = [.. content, type];
        byte[] record = new byte[HeaderSize + plain.Length + TagSize];
        record[0] = TlsNumbers.ApplicationData;
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(1), TlsNumbers.Tls12);
        BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(3), (ushort)(plain.Length + TagSize));
        Span<byte> body = record.AsSpan(HeaderSize);
        _cipher.Encrypt(NextNonce(), plain, body[..^TagSize], body[^TagSize..], record.AsSpan(0, HeaderSize));
        return record;
    }

    /// <summary>The content type and the content of a record.</summary>
    /// <exception cref="TlsPeerException">It was not encrypted by the other side.</exception>
    public (byte Type, byte[] Content) Open(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body)
    {
        if (body.Length <= TagSize)
        {
            throw new TlsPeerException("an encrypted record of the other side is too short");
        }

        byte[] plain = new byte[body.Length - TagSize];
        try
        {
            _cipher.Decrypt(NextNonce(), body[..^TagSize], body[^TagSize..], plain, header);
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new TlsPeerException("a record of the other side is not encrypted as it should be");
        }

        int last = plain.AsSpan().LastIndexOfAnyExcept((byte)0);
        return last >= 0 ? (plain[last], plain[..last]) : throw new TlsPeerException("a record of the other side has no content type");
    }

    public void Dispose() => _cipher.Dispose();

    private byte[] NextNonce()
    {
        byte[] nonce = [.. _iv];
        Span<byte> end = nonce.AsSpan(nonce.Length - sizeof(ulong));
        BinaryPrimitives.WriteUInt64BigEndian(end, BinaryPrimitives.ReadUInt64BigEndian(end) ^ _sequence++);
        return nonce;
    }
}
