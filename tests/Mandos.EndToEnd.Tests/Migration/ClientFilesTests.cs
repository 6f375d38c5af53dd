using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.Migration;

/// <summary>
/// Debian's server and ours read the same files, as people write them: who gets a secret there gets it here, but for named differences.
/// </summary>
public sealed class ClientFilesTests
{
    private const int ClientsPerFile = 25;

    private static readonly int _files = Number("MANDOS_TEST_CLIENT_FILES", 6);

    private static readonly int _firstSeed = Number("MANDOS_TEST_CLIENT_FILES_SEED", RandomNumberGenerator.GetInt32(int.MaxValue - 100_000));

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_SloppyFiles_WhoGetsASecretFromDebiansGetsItFromOurs()
    {
        await using var bus = await DBusDaemon.StartAsync();
        for (int i = 0; i < _files; i++)
        {
            await CompareAsync(bus, _firstSeed + i);
        }
    }

    private static async Task CompareAsync(DBusDaemon bus, int seed)
    {
        await using var stock = new TestServer("--foreground", "--no-dbus") { Bus = bus, Program = Repository.StockServer };
        await using var ours = new TestServer("--debug", "--no-dbus") { Bus = bus };
        Random random = new(seed);
        SloppyClients maker = new(random, ours.ConfigDirectory);
        List<SloppyClient> clients = [.. Enumerable.Range(0, ClientsPerFile).Select(_ => maker.Next())];
        // Only our server gets mistakes that stop Debian's.
        List<SloppyClient> withMistakes = [.. clients];
        for (int mistakes = random.Next(3); mistakes > 0; mistakes--)
        {
            withMistakes.Insert(random.Next(withMistakes.Count + 1), maker.NextMistake());
        }

        string end = random.Next(4) == 0 ? "\r\n" : "\n";
        await WriteAsync(stock, clients, end);
        await WriteAsync(ours, withMistakes, end);
        try
        {
            await Task.WhenAll(stock.StartAsync(), ours.StartAsync());
            List<string> differences = [];
            foreach (SloppyClient client in withMistakes)
            {
                byte[] expected = client.Meaning == Meaning.Mistake ? [] : (await client.Machine.FetchAsync(stock)).Secret;
                byte[] found = (await client.Machine.FetchAsync(ours)).Secret;
                bool isRight = client.Meaning switch
                {
                    Meaning.Same => found.SequenceEqual(expected),
                    Meaning.OursServes => expected.Length == 0,
                    _ => found.Length == 0,
                };
                if (!isRight)
                {
                    differences.Add($"{client.Meaning}: Debian's gives {expected.Length} bytes, ours {found.Length}:\n{client.Text}");
                }
            }

            Assert.True(differences.Count == 0, $"seed {seed}: {string.Join("\n\n", differences)}");
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Assert.Fail($"seed {seed}: {e.Message}\n{string.Join('\n', stock.Log.Lines.TakeLast(5))}\n{await File.ReadAllTextAsync(ours.ClientsFile, Cancellation)}");
        }
    }

    private static async Task WriteAsync(TestServer server, IEnumerable<SloppyClient> clients, string end)
    {
        string text = "[DEFAULT]\nchecker = true\n" + string.Concat(clients.Select(client => client.Text + "\n"));
        byte[] bytes = Encoding.UTF8.GetBytes(text.Replace("\n", end, StringComparison.Ordinal));
        // U+FFFF stands for a byte that is not UTF-8.
        await File.WriteAllBytesAsync(server.ClientsFile, [.. Replace(bytes)], Cancellation);

        static IEnumerable<byte> Replace(byte[] bytes)
        {
            for (int i = 0; i < bytes.Length; i++)
            {
                bool isMark = bytes[i] == 0xEF && bytes[i + 1] == 0xBF && bytes[i + 2] == 0xBF;
                yield return isMark ? (byte)0xE9 : bytes[i];
                i += isMark ? 2 : 0;
            }
        }
    }

    private static int Number(string variable, int otherwise)
        => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
