using Mandos.Engine.Protocol;

namespace Mandos.Fuzz.Targets;

/// <summary>What a peer sends first: the line is found wherever the network cuts it, and nothing of what follows is lost.</summary>
/// <remarks>The first byte says in pieces of how many bytes the others come.</remarks>
internal static class FirstLineTarget
{
    public static void Fuzz(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty)
        {
            return;
        }

        byte[] sent = data[1..].ToArray();
        using PeerStream stream = new(sent, Math.Max((int)data[0], 1));
        (byte[]? line, byte[] after) read;
        try
        {
            read = PeerStream.Completed(FirstLine.ReadAsync(stream, takesTls: data[0] >= 128, CancellationToken.None));
        }
        catch (ProtocolException e)
        {
            Expect.IsFitForTheLog(e.Message);
            Expect.That(!sent.AsSpan(0, Math.Min(sent.Length, ProtocolLimits.FirstLineLength)).Contains((byte)'\n'), "a line was overlooked");
            return;
        }

        if (read.line is null)
        {
            Expect.That(sent[0] == 0x16 && data[0] >= 128 && read.after.AsSpan().SequenceEqual(sent.AsSpan(0, stream.Sent)), "what is no TLS is taken for it");
            return;
        }

        byte[] all = [.. read.line, (byte)'\n', .. read.after, .. sent.AsSpan(stream.Sent)];
        Expect.That(all.AsSpan().SequenceEqual(sent), "bytes are lost or added");
        Expect.That(!read.line.Contains((byte)'\n') && read.line.Length < ProtocolLimits.FirstLineLength, "the line is too long");
        Expect.IsFitForTheLog("'" + FirstLine.Show(read.line));
        bool isOne = System.Text.Encoding.Latin1.GetString(read.line)
            .Split([' ', '\t', '\r', '\v', '\f'], StringSplitOptions.RemoveEmptyEntries) is ["1", ..];
        Expect.That(FirstLine.IsSupported(read.line) == isOne, "another version than the line says");
    }

    public static IReadOnlyList<byte[]> Seeds() =>
    [
        [1, .. "1\r\n"u8], [200, .. "1\r\n\x16\x03\x03"u8], [3, .. "1 2 3\n"u8], [50, .. " \t1\v\f\r\n"u8], [255, .. "2\r\n"u8],
        [9, .. "GET / HTTP/1.1\r\nHost: a\r\n\r\n"u8], [128, .. new byte[126], (byte)'\n'], [128, .. new byte[127], (byte)'\n'],
        [128, .. new byte[128], (byte)'\n'], [77],
        [128, 0x16, 3, 1, 2, 0, 1, 0], [200, 0x16, .. "\n"u8], [1, 0x16, .. "\n"u8],
    ];
}
