using System.Diagnostics;
using System.Globalization;
using Mandos.Abstractions.Persistence;
using Mandos.PluginContracts.Samples;
using Mandos.StateSqlite;
using Mandos.TestKit;

namespace StateSqlite.Tests;

/// <summary>A server is killed while it saves.</summary>
/// <remarks>The server is played by this executable itself; see <see cref="Program"/>.</remarks>
public sealed class CrashTests : IDisposable
{
    /// <summary>The argument, followed by a directory, that makes this executable a server which does nothing but save.</summary>
    internal const string SaveForever = "--save-forever";

    private const int Clients = 50;

    private readonly StateDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task SaveAsync_ProcessKilled_WholeBatchesAndAllThatWereReportedAreThere()
    {
        long saved = 0;
        for (int round = 0; round < 5; round++)
        {
            using var server = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [SaveForever, _directory.Path])
            {
                RedirectStandardOutput = true,
            })!;
            for (int line = 0; line < (7 * round) + 1; line++)
            {
                string? generation = await server.StandardOutput.ReadLineAsync(StateDirectory.Token);
                saved = long.Parse(generation!, CultureInfo.InvariantCulture);
            }

            server.Kill();
            string rest = await server.StandardOutput.ReadToEndAsync(StateDirectory.Token);
            saved = rest.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(long.Parse).LastOrDefault(saved);
            await server.WaitForExitAsync(StateDirectory.Token);

            IReadOnlyList<StoredClient> loaded = await _directory.LoadAsync();
            Assert.Equal(Clients, loaded.Count);
            long generationFound = Assert.Single(loaded.Select(Generation).Distinct());
            Assert.InRange(generationFound, saved, saved + 1);
        }
    }

    internal static async Task SaveForeverAsync(string directory)
    {
        var store = new SqliteStateStore(new TestPluginContext(directory));
        long generation = (await store.LoadAsync(default)).Select(Generation).FirstOrDefault();
        while (true)
        {
            generation++;
            await store.SaveAsync([.. Enumerable.Range(0, Clients).Select(number => Client(number, generation))], [], default);
            Console.WriteLine(generation.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static StoredClient Client(int number, long generation) => SampleClients.Stored(number) with
    {
        Client = SampleClients.Snapshot(number) with { Created = new DateTimeOffset(generation, TimeSpan.Zero) },
    };

    private static long Generation(StoredClient client) => client.Client!.Created.UtcTicks;
}
