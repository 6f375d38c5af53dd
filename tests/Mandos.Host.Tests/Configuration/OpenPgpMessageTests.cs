using System.Diagnostics;
using Mandos.Host.Configuration;
using Mandos.TestKit;

namespace Mandos.Host.Tests.Configuration;

public sealed class OpenPgpMessageTests : IDisposable
{
    private const string KeyPacket = "C1020000";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>What GnuPG makes is good, and is found to be cut short wherever it is cut.</summary>
    [Theory]
    [InlineData("--symmetric")]
    [InlineData("--symmetric", "--armor")]
    [InlineData("--symmetric", "--rfc2440")]
    [InlineData("--store", "--compress-algo=none")]
    [InlineData("--store", "--compress-algo=zlib")]
    public async Task FindFault_MessagesOfGnuPG_AreGoodUntilTheyAreCut(params string[] options)
    {
        string text = _directory.Write("text", new string('x', 20_000));
        string file = _directory.PathOf("message");
        string home = Directory.CreateDirectory(_directory.PathOf("home"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        // From standard input it does not know the length, and writes partial ones.
        foreach (string input in new[] { text, $"- < {text}" })
        {
            string command = $"gpg --homedir {home} --batch --quiet --yes --pinentry-mode loopback --passphrase x {string.Join(' ', options)} -o {file} {input}";
            using Process gpg = Process.Start("/bin/sh", ["-c", command]);
            await gpg.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.Equal(0, gpg.ExitCode);
            byte[] message = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);

            Assert.Null(OpenPgpMessage.FindFault(message));
            // Compressed data of the older form goes on to the end, whatever that is.
            if (!options.Contains("--compress-algo=zlib"))
            {
                Assert.All(Enumerable.Range(0, message.Length - 30), length => Assert.NotNull(OpenPgpMessage.FindFault(message.AsSpan(0, length))));
            }
        }
    }

    [Theory]
    [InlineData("", "is empty")]
    [InlineData("73656372657421", "is not OpenPGP data")]
    [InlineData("A301", null)] // compressed, of no stated length
    [InlineData("CB0162", null)]
    [InlineData(KeyPacket + "D2020102", null)]
    [InlineData(KeyPacket, "is cut short: its 4 bytes hold OpenPGP keys only")]
    [InlineData(KeyPacket + "D203FFFF", "is cut short: an OpenPGP packet in it is longer")]
    [InlineData(KeyPacket + "D2", "is cut short")]
    [InlineData("D2C0", "is cut short")]
    [InlineData("D2FF000000", "is cut short")]
    [InlineData("D2FFFFFFFFFF", "is cut short")]
    [InlineData("D2E10102", "is cut short")]
    [InlineData("D2E1010201AA", null)]
    [InlineData("86FFFFFFFF", "is cut short")]
    [InlineData("D202010299", "has something else behind its OpenPGP data")]
    [InlineData("D2020102333333", "has something else behind its OpenPGP data")]
    [InlineData("FF0100", "is not OpenPGP data")]
    public void FindFault_Packets_AreCounted(string hex, string? expected)
    {
        string? fault = OpenPgpMessage.FindFault(Convert.FromHexString(hex));
        Assert.True(expected is null ? fault is null : fault?.StartsWith(expected, StringComparison.Ordinal), fault);
    }

    [Fact]
    public void FindFault_RandomBytes_EndsWhateverTheyAre()
    {
        Random random = new(1);
        for (int i = 0; i < 100_000; i++)
        {
            byte[] bytes = new byte[random.Next(100)];
            random.NextBytes(bytes);
            _ = OpenPgpMessage.FindFault(bytes);
        }

        Assert.Equal("has something else behind its OpenPGP data", OpenPgpMessage.FindFault([.. Enumerable.Repeat(new byte[] { 0xCB, 0 }, 2000).SelectMany(packet => packet)]));
    }
}
