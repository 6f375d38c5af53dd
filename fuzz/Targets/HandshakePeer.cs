using Mandos.TestKit.Peers;
using Org.BouncyCastle.Tls;

namespace Mandos.Fuzz.Targets;

/// <summary>A peer that makes a real handshake, except for what damages tell it to do otherwise. It answers at once.</summary>
/// <param name="way">The way.</param>
/// <param name="damages">What it does otherwise.</param>
internal class HandshakePeer(TlsWay way, IReadOnlyList<TlsDamage> damages) : PeerStream([], int.MaxValue)
{
    /// <summary>Enough records for us to notice that they are too many.</summary>
    private const int FloodedRecords = 12_000;

    private readonly Queue<byte> _toSend = new();
    private readonly TlsServerProtocol _protocol = Begin(way, damages);

    private int _records;
    private byte[]? _heldBack;
    private bool _isCut;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count = Math.Min(buffer.Length, _toSend.Count);
        for (int i = 0; i < count; i++)
        {
            buffer.Span[i] = _toSend.Dequeue();
        }

        return new(count);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            if (!_protocol.IsClosed)
            {
                _protocol.OfferInput(buffer.ToArray());
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or ArgumentException)
        {
            // It stumbles over its own damage.
        }

        byte[] output = new byte[_protocol.GetAvailableOutputBytes()];
        _protocol.ReadOutput(output, 0, output.Length);
        foreach (byte value in Send(output))
        {
            _toSend.Enqueue(value);
        }

        return default;
    }

    /// <summary>Sends records.</summary>
    /// <param name="records">Whole ones, as they should be.</param>
    /// <returns>As they are.</returns>
    protected virtual byte[] Send(byte[] records)
    {
        List<byte> sent = [];
        for (int at = 0; at + 5 <= records.Length && !_isCut;)
        {
            int length = 5 + ((records[at + 3] << 8) | records[at + 4]);
            byte[] record = records.AsSpan(at, Math.Min(length, records.Length - at)).ToArray();
            at += length;
            foreach (byte[] part in Damage(record))
            {
                sent.AddRange(part);
            }

            _records++;
        }

        return [.. sent];
    }

    private static TlsServerProtocol Begin(TlsWay way, IReadOnlyList<TlsDamage> damages)
    {
        TlsServerProtocol protocol = way.Options.OpenPgpMessage is { } message
            ? new OpenPgpProtocol(TlsDamage.OfKey(damages, message), damages)
            : new RawKeyProtocol(damages);
        protocol.Accept(new Server(way.Options, TlsDamage.OfKey(damages, way.Options.Key.SubjectPublicKeyInfo.ToArray())));
        return protocol;
    }

    private List<byte[]> Damage(byte[] record)
    {
        List<byte[]> parts = [record];
        foreach (TlsDamage damage in damages.Where(damage => damage.IsOfRecord(_records)))
        {
            byte[] current = parts.Count > 0 ? parts[^1] : [];
            switch (damage.Kind)
            {
                case TlsDamageKind.DropRecord:
                    parts.Clear();
                    break;
                case TlsDamageKind.RepeatRecord:
                    parts.Add([.. current]);
                    break;
                case TlsDamageKind.HoldRecordBack when _heldBack is null:
                    _heldBack = record;
                    return [];
                case TlsDamageKind.ChangeRecordByte when current.Length > 0:
                    current[damage.Offset % current.Length] = damage.Value;
                    break;
                case TlsDamageKind.InsertRecord:
                    parts.Insert(0, damage.Record);
                    break;
                case TlsDamageKind.SplitRecord when current.Length > 6:
                    int first = 1 + (damage.Offset % (current.Length - 6));
                    parts[^1] = [.. current[..3], (byte)(first >> 8), (byte)first, .. current[5..(5 + first)]];
                    int rest = current.Length - 5 - first;
                    parts.Add([.. current[..3], (byte)(rest >> 8), (byte)rest, .. current[(5 + first)..]]);
                    break;
                case TlsDamageKind.Flood when damage.Value < 16:
                    byte[] unit = damage.Record;
                    parts.Insert(0, [.. Enumerable.Repeat(unit, FloodedRecords).SelectMany(static bytes => bytes)]);
                    break;
                case TlsDamageKind.Cut when current.Length > 0:
                    parts[^1] = current[..(damage.Offset % current.Length)];
                    _isCut = true;
                    break;
                default:
                    break;
            }
        }

        if (_heldBack is { } held && held != record)
        {
            parts.Add(held);
            _heldBack = null;
        }

        return parts;
    }

    private sealed class Server(PeerOptions options, byte[] presented) : RawKeyServer(options)
    {
        protected override Certificate Certificate => new(
            CertificateType.RawPublicKey, IsTls13 ? [] : null, [new CertificateEntry(new EncodedCertificate(presented), null)]);
    }

    private sealed class RawKeyProtocol(IReadOnlyList<TlsDamage> damages) : TlsServerProtocol
    {
        private readonly DamagedMessages _messages = new(damages);

        protected override void SafeWriteRecord(short type, byte[] buf, int offset, int len)
            => _messages.Write(type, buf.AsSpan(offset, len), message => base.SafeWriteRecord(type, message, 0, message.Length));
    }

    private sealed class OpenPgpProtocol(byte[] certificateMessage, IReadOnlyList<TlsDamage> damages) : OpenPgpServerProtocol(certificateMessage)
    {
        private readonly DamagedMessages _messages = new(damages);

        protected override void SafeWriteRecord(short type, byte[] buf, int offset, int len)
            => _messages.Write(type, buf.AsSpan(offset, len), message => base.SafeWriteRecord(type, message, 0, message.Length));
    }

    /// <summary>Damages messages before they are encrypted.</summary>
    private sealed class DamagedMessages(IReadOnlyList<TlsDamage> damages)
    {
        private int _messages;
        private byte[]? _heldBack;

        public void Write(short type, ReadOnlySpan<byte> message, Action<byte[]> write)
        {
            List<byte[]> parts = [message.ToArray()];
            byte[]? before = _heldBack;
            if (type == ContentType.handshake)
            {
                foreach (TlsDamage damage in damages.Where(damage => damage.IsOfMessage(_messages)))
                {
                    damage.Apply(parts, ref _heldBack);
                }

                _messages++;
                if (before is not null)
                {
                    parts.Add(before);
                    _heldBack = null;
                }
            }

            foreach (byte[] part in parts)
            {
                write(part);
            }
        }
    }
}
