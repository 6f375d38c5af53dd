using System.Text;
using Mandos.Host.Logging;

namespace Mandos.Host.Tests.Logging;

public sealed class LineWriterTests
{
    [Fact]
    public void Dispose_LinesWaiting_WritesThemInOrder()
    {
        using var stream = new MemoryStream();
        using (var writer = new LineWriter(stream))
        {
            for (var i = 0; i < 5000; i++)
            {
                writer.Write($"line {i}");
            }
        }

        Assert.Equal(Enumerable.Range(0, 5000).Select(i => $"line {i}"), TextOf(stream).TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData(false, "(2 log lines were dropped here)")]
    [InlineData(true, "{\"dropped\":2}")]
    public void Write_StreamBlocked_DropsTheOldestAndSaysHowMany(bool isJson, string notice)
    {
        using var stream = new GatedStream();
        using (var writer = new LineWriter(stream, capacity: 3, isJson ? count => $"{{\"dropped\":{count}}}" : null))
        {
            writer.Write("stuck");
            stream.AwaitWriter();
            foreach (var line in new[] { "1", "2", "3", "4", "5" })
            {
                writer.Write(line);
            }

            stream.Open();
        }

        Assert.Equal($"stuck\n{notice}\n3\n4\n5\n", TextOf(stream));
    }

    [Fact]
    public void Write_StreamBroken_IsIgnored()
    {
        var stream = new MemoryStream();
        stream.Dispose();
        using var writer = new LineWriter(stream);
        writer.Write("lost");
        writer.Dispose();
        writer.Write("after the end");
    }

    private static string TextOf(MemoryStream stream) => Encoding.UTF8.GetString(stream.ToArray());
}
