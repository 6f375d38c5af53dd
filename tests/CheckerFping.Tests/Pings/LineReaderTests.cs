using System.Text;
using Mandos.CheckerFping.Pings;

namespace CheckerFping.Tests.Pings;

public sealed class LineReaderTests
{
    [Fact]
    public void Read_CutAnywhere_GivesTheLines()
    {
        int seed = Random.Shared.Next();
        Random random = new(seed);
        for (int i = 0; i < 200; i++)
        {
            string[] lines = [.. Enumerable.Range(0, random.Next(5)).Select(
                _ => new string('x', random.Next(3) == 0 ? PingLimits.Line + random.Next(-2, 3) : random.Next(20)))];
            byte[] bytes = Encoding.ASCII.GetBytes(string.Concat(lines.Select(static line => line + "\n")) + "not ended");
            List<string> read = [];
            LineReader reader = new(line => read.Add(line.ToString()));

            for (int at = 0; at < bytes.Length;)
            {
                int count = random.Next(1, bytes.Length - at + 1);
                reader.Read(bytes.AsSpan(at, count));
                at += count;
            }

            Assert.True(read.SequenceEqual(lines.Where(static line => line.Length <= PingLimits.Line)), $"seed {seed}, case {i}");
            Assert.Equal(bytes.Length, reader.Count);
        }
    }

    [Fact]
    public void Read_NotAscii_IsNoLetterOfAHost()
    {
        string? read = null;
        new LineReader(line => read = line.ToString()).Read([0xC3, 0xA4, (byte)'a', 0, (byte)'\n']);
        Assert.Equal("\u00C3\u00A4a\0", read);
    }
}
