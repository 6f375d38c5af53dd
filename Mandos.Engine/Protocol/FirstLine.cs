using System.Buffers;
using System.Text;
using Mandos.Engine.Outcomes;

namespace Mandos.Engine.Protocol;

/// <summary>The line by which a peer names the protocol version, before TLS.</summary>
internal static class FirstLine
{
    /// <summary>Longest part of a line that is shown in the log.</summary>
    private const int ShownLength = 32;

    /// <summary>The first byte of TLS, which no line that names a version begins with.</summary>
    private const byte TlsHandshakeRecord = 0x16;

    /// <summary>Reads the line.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="takesTls">Whether a peer may begin with TLS; it sends no line then.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The line, without its newline, or null if the peer has begun with TLS; and the bytes that belong to TLS already.</returns>
    /// <exception cref="ProtocolException">The line is too long, or the peer ended the connection before its end.</exception>
    public static async ValueTask<(byte[]? Line, byte[] After)> ReadAsync(Stream stream, bool takesTls, CancellationToken cancellationToken)
    {
        // A peer that is silent costs no buffer.
        try
        {
            await stream.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new ProtocolException(Outcome.PeerGone, e.Message) { IsSilent = true };
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(ProtocolLimits.FirstLineLength);
        try
        {
            int length = 0;
            while (length < ProtocolLimits.FirstLineLength)
            {
                int read = await stream.ReadAsync(
                    buffer.AsMemory(length, ProtocolLimits.FirstLineLength - length), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new ProtocolException(Outcome.PeerGone, length == 0
                        ? "the peer closed without sending the protocol version"
                        : "the peer closed in the middle of the first line") { IsSilent = length == 0 };
                }

                if (takesTls && length == 0 && buffer[0] == TlsHandshakeRecord)
                {
                    return (null, buffer.AsSpan(0, read).ToArray());
                }

                int newline = buffer.AsSpan(length, read).IndexOf((byte)'\n');
                length += read;
                if (newline >= 0)
                {
                    int end = length - read + newline;
                    return (buffer.AsSpan(0, end).ToArray(), buffer.AsSpan(end + 1, length - end - 1).ToArray());
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        throw new ProtocolException(
            Outcome.BadFirstLine, $"the first line is longer than {ProtocolLimits.FirstLineLength} bytes");
    }

    /// <summary>Whether a line names the version that we speak: its first field, white space apart, is <c>1</c>.</summary>
    public static bool IsSupported(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> whiteSpace = " \t\r\v\f"u8;
        line = line.TrimStart(whiteSpace);
        int end = line.IndexOfAny(whiteSpace);
        return (end < 0 ? line : line[..end]).SequenceEqual("1"u8);
    }

    /// <summary>A line in a form that is safe to log.</summary>
    public static string Show(ReadOnlySpan<byte> line)
    {
        var text = new StringBuilder();
        foreach (byte b in line[..Math.Min(line.Length, ShownLength)])
        {
            text = b is >= 0x20 and < 0x7f and not (byte)'\\' ? text.Append((char)b) : text.Append($"\\x{b:x2}");
        }

        return line.Length > ShownLength ? text.Append('…').ToString() : text.ToString();
    }
}
