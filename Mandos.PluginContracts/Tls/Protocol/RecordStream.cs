using System.Buffers.Binary;

namespace Mandos.PluginContracts.Tls.Protocol;

/// <summary>Records on a connection (RFC 8446 section 5).</summary>
/// <param name="stream">The connection.</param>
internal sealed class RecordStream(Stream stream) : IDisposable
{
    private RecordProtection? _reading;
    private RecordProtection? _writing;

    // Handshake messages may be parted among records, and share them.
    private byte[] _handshake = [];

    /// <summary>From now on, reads are decrypted with this secret.</summary>
    public void ProtectReading(byte[] secret) => Replace(ref _reading, secret);

    /// <summary>From now on, writes are encrypted with this secret.</summary>
    public void ProtectWriting(byte[] secret) => Replace(ref _writing, secret);

    /// <summary>Writes a content as one record, however long.</summary>
    public async Task WriteAsync(byte type, byte[] content, CancellationToken cancellationToken)
    {
        byte[] record = _writing?.Seal(type, content)
            ?? new WireWriter().Byte(type).UInt16(TlsNumbers.Tls12).Vector(2, writer => writer.Bytes(content)).ToArray();
        await WriteRawAsync(record, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes bytes that are no record of this class' making.</summary>
    public async Task WriteRawAsync(byte[] bytes, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a handshake message with its header; it has to be of one type.</summary>
    public async Task<byte[]> ReadHandshakeAsync(byte type, CancellationToken cancellationToken)
    {
        const int headerSize = 4;
        while (true)
        {
            if (_handshake.Length >= headerSize)
            {
                int end = headerSize + (int)(BinaryPrimitives.ReadUInt32BigEndian(_handshake) & 0xffffff);
                if (_handshake.Length >= end)
                {
                    byte[] message = _handshake[..end];
                    _handshake = _handshake[end..];
                    return message[0] == type
                        ? message
                        : throw new TlsPeerException($"the other side sent handshake message {message[0]} in place of {type}");
                }
            }

            (byte contentType, byte[] content) = await ReadAsync(cancellationToken).ConfigureAwait(false);
            if (contentType != TlsNumbers.Handshake)
            {
                throw new TlsPeerException(contentType == TlsNumbers.Alert && content.Length == 2
                    ? $"the other side sent alert {content[1]} in the handshake"
                    : $"the other side sent content type {contentType} in the handshake");
            }

            _handshake = [.. _handshake, .. content];
        }
    }

    /// <summary>Reads a record, which is decrypted if it was encrypted. A change_cipher_spec has no meaning (section 5).</summary>
    /// <exception cref="EndOfStreamException">The connection was closed.</exception>
    public async Task<(byte Type, byte[] Content)> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            byte[] header = new byte[5];
            await stream.ReadExactlyAsync(header, cancellationToken).ConfigureAwait(false);
            int length = BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(3));
            if (length > TlsNumbers.LongestPlainText + (_reading is null ? 0 : TlsNumbers.LongestExpansion))
            {
                throw new TlsPeerException("a record of the other side is too long");
            }

            byte[] body = new byte[length];
            await stream.ReadExactlyAsync(body, cancellationToken).ConfigureAwait(false);
            if (header[0] != TlsNumbers.ChangeCipherSpec)
            {
                return _reading?.Open(header, body) ?? (header[0], body);
            }
        }
    }

    public void Dispose()
    {
        _reading?.Dispose();
        _writing?.Dispose();
    }

    private static void Replace(ref RecordProtection? protection, byte[] secret)
    {
        protection?.Dispose();
        protection = new RecordProtection(secret);
    }
}
