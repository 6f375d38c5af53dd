using Org.BouncyCastle.Tls;

namespace Mandos.Fuzz.Targets;

/// <summary>One thing that a peer does otherwise than it should.</summary>
/// <param name="Kind">What.</param>
/// <param name="Index">To which message or record.</param>
/// <param name="Offset">Where in it, modulo its length.</param>
/// <param name="Value">A byte.</param>
internal sealed record TlsDamage(TlsDamageKind Kind, int Index, int Offset, byte Value)
{
    /// <summary>Bytes of an input for each.</summary>
    public const int Bytes = 5;

    private static readonly byte[][] _records =
    [
        [20, 3, 3, 0, 1, 1],
        [21, 3, 3, 0, 2, (byte)AlertLevel.warning, (byte)AlertDescription.user_canceled],
        [21, 3, 3, 0, 2, (byte)AlertLevel.warning, (byte)AlertDescription.no_renegotiation],
        [21, 3, 3, 0, 2, (byte)AlertLevel.warning, (byte)AlertDescription.close_notify],
        [21, 3, 3, 0, 2, (byte)AlertLevel.fatal, (byte)AlertDescription.handshake_failure],
        [22, 3, 3, 0, 4, (byte)HandshakeType.hello_request, 0, 0, 0],
        [22, 3, 3, 0, 0],
        [23, 3, 3, 0, 0],
        [23, 3, 3, 0, 1, 0],
        [24, 3, 3, 0, 3, 1, 0, 0],
        [22, 3, 3, 0xFF, 0xFF],
    ];

    private static readonly byte[][] _messages =
    [
        [(byte)HandshakeType.hello_request, 0, 0, 0],
        [(byte)HandshakeType.key_update, 0, 0, 1, 1],
        [(byte)HandshakeType.new_session_ticket, 0, 0, 13, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1, 7, 0],
        [(byte)HandshakeType.certificate_request, 0, 0, 3, 0, 0, 0],
        [(byte)HandshakeType.certificate_request, 0, 0, 8, 1, 64, 0, 2, 4, 3, 0, 0],
        [(byte)HandshakeType.finished, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
        [(byte)HandshakeType.certificate, 0, 0, 3, 0, 0, 0],
        [(byte)HandshakeType.certificate, 0, 0, 4, 0, 0, 0, 0],
        [(byte)HandshakeType.server_hello_done, 0, 0, 0],
        [(byte)HandshakeType.encrypted_extensions, 0, 0, 2, 0, 0],
        [(byte)HandshakeType.supplemental_data, 0, 0, 3, 0, 0, 0],
        [(byte)HandshakeType.certificate_status, 0, 0, 4, 1, 0, 0, 0],
        [(byte)HandshakeType.end_of_early_data, 0, 0, 0],
        [(byte)HandshakeType.client_hello, 0, 0, 0],
    ];

    /// <summary>The record that <see cref="Value"/> names.</summary>
    public byte[] Record => [.. _records[Value % _records.Length]];

    /// <summary>Reads the damages that an input describes; any bytes describe some.</summary>
    public static IReadOnlyList<TlsDamage> Read(ReadOnlySpan<byte> data)
    {
        List<TlsDamage> damages = [];
        for (; data.Length >= Bytes; data = data[Bytes..])
        {
            damages.Add(new((TlsDamageKind)(data[0] % Enum.GetValues<TlsDamageKind>().Length), data[1] % 8, (data[2] << 8) | data[3], data[4]));
        }

        return damages;
    }

    /// <summary>Damages a key before it is presented.</summary>
    public static byte[] OfKey(IReadOnlyList<TlsDamage> damages, byte[] key)
    {
        foreach (TlsDamage damage in damages)
        {
            int at = damage.Offset % Math.Max(key.Length, 1);
            key = damage.Kind switch
            {
                TlsDamageKind.ChangeKeyByte when key.Length > 0 => [.. key[..at], damage.Value, .. key[(at + 1)..]],
                TlsDamageKind.CutKey => key[..at],
                TlsDamageKind.ExtendKey => [.. key, .. new byte[damage.Value]],
                _ => key,
            };
        }

        return key;
    }

    public bool IsOfMessage(int index) => Kind <= TlsDamageKind.InsertMessage && index == Index;

    public bool IsOfRecord(int index) => Kind is >= TlsDamageKind.DropRecord and <= TlsDamageKind.Cut && index == Index;

    /// <summary>Damages a message.</summary>
    /// <param name="parts">What will be sent.</param>
    /// <param name="heldBack">What will be sent after the next message.</param>
    public void Apply(List<byte[]> parts, ref byte[]? heldBack)
    {
        byte[] current = parts.Count > 0 ? parts[^1] : [];
        switch (Kind)
        {
            case TlsDamageKind.DropMessage:
                parts.Clear();
                break;
            case TlsDamageKind.RepeatMessage:
                parts.Add([.. current]);
                break;
            case TlsDamageKind.HoldMessageBack:
                parts.Clear();
                heldBack ??= current;
                break;
            case TlsDamageKind.ChangeMessageByte when current.Length > 0:
                current[Offset % current.Length] = Value;
                break;
            case TlsDamageKind.CutMessage when current.Length > 4:
                parts[^1] = WithLength(current[..(4 + (Offset % (current.Length - 4)))]);
                break;
            case TlsDamageKind.ExtendMessage when current.Length >= 4:
                parts[^1] = WithLength([.. current, .. new byte[1 + Value]]);
                break;
            case TlsDamageKind.ChangeMessageLength when current.Length >= 4:
                (current[1], current[2], current[3]) = (0, (byte)(Offset >> 8), (byte)Offset);
                break;
            case TlsDamageKind.InsertMessage:
                parts.Insert(0, [.. _messages[Value % _messages.Length]]);
                break;
            default:
                break;
        }
    }

    private static byte[] WithLength(byte[] message)
    {
        TlsUtilities.WriteUint24(message.Length - 4, message, 1);
        return message;
    }
}
