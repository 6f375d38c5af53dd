using System.Text;
using CsCheck;
using Mandos.Engine.Protocol;
using Mandos.Engine.Tests.Support;

namespace Mandos.Engine.Tests.Protocol;

public sealed class FirstLineTests
{
    [Theory]
    [InlineData("1", true)]
    [InlineData("1\r", true)]
    [InlineData(" \t1 more\r", true)]
    [InlineData("1\v2", true)]
    [InlineData("", false)]
    [InlineData(" ", false)]
    [InlineData("2", false)]
    [InlineData("11", false)]
    [InlineData("1.0", false)]
    [InlineData("-1", false)]
    [InlineData("GET / HTTP/1.1", false)]
    [InlineData("1\0", false)]
    public void IsSupported_Line_TakesVersion1Alone(string line, bool supported)
        => Assert.Equal(supported, FirstLine.IsSupported(Encoding.ASCII.GetBytes(line)));

    [Fact]
    public async Task ReadAsync_AnySplit_GivesLineAndRest()
    {
        await Gen.Select(Gen.Byte[32, 126].Array[0, 100], Gen.Byte.Array[0, 20], Gen.Int[1, 30]).SampleAsync(
            async (line, after, piece) =>
        {
            byte[] all = [.. line, (byte)'\n', .. after];
            await using var stream = new FakePeerStream();
            foreach (byte[] part in all.Chunk(piece))
            {
                stream.Send(part);
            }

            (byte[]? gotLine, byte[] rest) = await FirstLine.ReadAsync(stream, takesTls: false, CancellationToken.None);
            Assert.Equal(line, gotLine);
            var tls = new PrefixedStream(rest, stream);
            byte[] gotAfter = new byte[after.Length];
            await tls.ReadExactlyAsync(gotAfter);
            Assert.Equal(after, gotAfter);
        }, iter: 300);
    }

    [Fact]
    public async Task ReadAsync_TlsWhereItIsAwaited_GivesAllOfItAndNoLine()
    {
        await using var stream = new FakePeerStream();
        byte[] hello = [0x16, 3, 1, (byte)'\n', 7];
        stream.Send(hello);

        (byte[]? line, byte[] after) = await FirstLine.ReadAsync(stream, takesTls: true, CancellationToken.None);

        Assert.Null(line);
        Assert.Equal(hello, after);
    }

    [Theory]
    [InlineData(true, new byte[] { (byte)'1', 0x16, (byte)'\r', (byte)'\n' })]
    [InlineData(false, new byte[] { 0x16, 3, (byte)'\n' })]
    public async Task ReadAsync_NoTlsOrNotAwaited_GivesTheLineAsEver(bool takesTls, byte[] sent)
    {
        await using var stream = new FakePeerStream();
        stream.Send(sent);

        (byte[]? line, byte[] after) = await FirstLine.ReadAsync(stream, takesTls, CancellationToken.None);

        Assert.Equal(sent[..^1], line);
        Assert.Empty(after);
    }

    [Fact]
    public async Task ReadAsync_LongestLine_IsTaken()
    {
        await using var stream = new FakePeerStream();
        stream.Send([.. Enumerable.Repeat((byte)' ', ProtocolLimits.FirstLineLength - 2), (byte)'1', (byte)'\n']);

        (byte[]? line, byte[] after) = await FirstLine.ReadAsync(stream, takesTls: false, CancellationToken.None);

        Assert.True(FirstLine.IsSupported(line));
        Assert.Empty(after);
    }

    [Fact]
    public async Task ReadAsync_OneByteMore_IsRefusedWithoutWaitingForMore()
    {
        await using var stream = new FakePeerStream();
        stream.Send(new byte[ProtocolLimits.FirstLineLength]);

        ProtocolException e = await Assert.ThrowsAsync<ProtocolException>(
            async () => await FirstLine.ReadAsync(stream, takesTls: false, CancellationToken.None));

        Assert.Contains("longer than 128 bytes", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "without sending")]
    [InlineData("1", "in the middle")]
    public async Task ReadAsync_PeerCloses_IsRefused(string sent, string reason)
    {
        await using var stream = new FakePeerStream();
        if (sent.Length > 0)
        {
            stream.Send(Encoding.ASCII.GetBytes(sent));
        }

        stream.End();

        ProtocolException e = await Assert.ThrowsAsync<ProtocolException>(
            async () => await FirstLine.ReadAsync(stream, takesTls: false, CancellationToken.None));
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Show_AnyBytes_IsOneShortLineOfPlainText()
    {
        Gen.Byte.Array[0, 200].Sample(static bytes =>
        {
            string shown = FirstLine.Show(bytes);
            Assert.All(shown, static c => Assert.True(c is >= ' ' and < '\x7f' or '…'));
            Assert.True(shown.Length <= 4 * 32 + 1);
        });
        Assert.Equal(@"a\x0a\x1b\x5c", FirstLine.Show("a\n\x1b\\"u8));
    }
}
