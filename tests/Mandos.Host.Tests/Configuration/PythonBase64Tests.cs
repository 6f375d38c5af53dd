using System.Diagnostics;
using System.Security.Cryptography;
using Mandos.Host.Configuration;

namespace Mandos.Host.Tests.Configuration;

public sealed class PythonBase64Tests
{
    private const string Oracle = """
        import base64, sys
        for line in sys.stdin:
            try:
                print("=" + base64.b64decode(bytes.fromhex(line)).hex().upper())
            except ValueError:
                print("error")
        """;

    /// <summary>Python itself says what random sloppy texts mean.</summary>
    [Fact]
    public async Task TryDecode_RandomTexts_AgreesWithPython()
    {
        int seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        Random random = new(seed);
        bool stopsAtPadding = await StopsAtPaddingAsync();
        byte[][] texts = [.. Enumerable.Range(0, 20_000).Select(_ => RandomText(random, stopsAtPadding))];
        ProcessStartInfo start = new("/usr/bin/python3", ["-c", Oracle]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        using Process python = Process.Start(start)!;
        Task<string> answers = python.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await python.StandardInput.WriteAsync(string.Concat(texts.Select(text => Convert.ToHexString(text) + "\n")));
        python.StandardInput.Close();
        string[] expected = (await answers).TrimEnd('\n').Split('\n');

        Assert.Equal(expected, texts.Select(Decode));
        Assert.True(expected.Count(answer => answer == "error") is > 1000 and < 19_000, $"seed {seed}: all alike");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("aG")]
    [InlineData("aGF")]
    [InlineData("aGFs")]
    [InlineData("aGFsbG")]
    public void TryDecode_CutAnywhere_FitsIntoTheRoomForIt(string text)
        => Assert.Equal(
            text.Length % 4 == 0, PythonBase64.TryDecode(System.Text.Encoding.ASCII.GetBytes(text), new byte[PythonBase64.MaxLength(text.Length)], out _, out _));

    [Theory]
    [InlineData("c2Vz\n\t YW1l", false)]
    [InlineData("c2VzYQ==\n", false)]
    [InlineData("c2VzYQ=\n=", false)]
    [InlineData("\"c2VzYW1l\"", true)]
    [InlineData("c2VzYQ==\nnjUN", true)]
    [InlineData("c2VzYW1l\n=njUN", true)]
    [InlineData("c2VzYQ=a=", true)]
    public void TryDecode_SloppyText_SaysSo(string text, bool expected)
    {
        Assert.True(PythonBase64.TryDecode(System.Text.Encoding.ASCII.GetBytes(text), new byte[100], out _, out bool isSloppy));
        Assert.Equal(expected, isSloppy);
    }

    /// <summary>Whether Python stops at complete padding, as ours does. Python 3.13 goes on, so there texts have none.</summary>
    private static async Task<bool> StopsAtPaddingAsync()
    {
        using Process python = Process.Start("/usr/bin/python3", ["-c", "import sys; sys.exit(sys.version_info >= (3, 13))"]);
        await python.WaitForExitAsync(TestContext.Current.CancellationToken);
        return python.ExitCode == 0;
    }

    private static byte[] RandomText(Random random, bool mayHavePadding)
        => [.. random.GetItems(mayHavePadding ? "ABab09+/==\"\\ \n:-\xE9"u8 : "ABab09+/\"\\ \n:-\xE9"u8, random.Next(24))];

    private static string Decode(byte[] text)
    {
        byte[] bytes = new byte[text.Length];
        return PythonBase64.TryDecode(text, bytes, out int length, out _) ? $"={Convert.ToHexString(bytes, 0, length)}" : "error";
    }
}
