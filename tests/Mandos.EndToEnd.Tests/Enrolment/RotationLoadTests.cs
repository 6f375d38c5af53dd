using System.Globalization;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.EndToEnd.Tests.Web;
using Mandos.TestKit.Peers;
using static Mandos.EndToEnd.Tests.Enrolment.SiteCtl;

namespace Mandos.EndToEnd.Tests.Enrolment;

/// <summary>
/// Many clients get new keys, and ask with both all the while, and the server is killed again and again. <c>MANDOS_ROTATIONS</c> says how many;
/// tests/rotations takes a thousand.
/// </summary>
public sealed class RotationLoadTests(ITestOutputHelper output)
{
    private const int FewClients = 24;
    private const int Workers = 8;

    private int _fetches;
    private int _broken;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Rotate_ManyClientsUnderLoadWithCrashes_NoneIsEverWithoutAKeyThatWorks()
    {
        int count = int.Parse(Environment.GetEnvironmentVariable("MANDOS_ROTATIONS") is { Length: > 0 } text ? text : $"{FewClients}", CultureInfo.InvariantCulture);
        int kills = count < 100 ? 2 : 8;
        TestClient[] olds = [.. Enumerable.Range(0, count).Select(static i => new TestClient($"c{i}") { Secret = SecretOf(i, 0) })];
        TestClient[] news = [.. Enumerable.Range(0, count).Select(static i => new TestClient($"c{i}") { Secret = SecretOf(i, 1) })];
        await using WebSite site = await WebSite.StartAsync(new TestServer("--debug") { IsQuiet = true }, []);
        string directory = Path.Combine(site.Server.ConfigDirectory, "clients.d");
        Directory.CreateDirectory(directory);
        foreach (TestClient client in olds)
        {
            await File.WriteAllTextAsync(
                Path.Combine(directory, client.Name + ".conf"), client.StanzaWith("checker = true", $"interval = {(count < 100 ? "3s" : "20s")}", "timeout = 1d") + "\n", Cancellation);
        }

        await RequireAsync(site, "", "--reload");
        long begun = TimeProvider.System.GetTimestamp();
        await RequireAsync(site, string.Concat(news.Select(static client => client.StanzaWith() + "\n")), "--rotate");
        output.WriteLine($"{count} clients have next keys after {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s");

        int left = count;
        Task work = Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(
            async () =>
            {
                for (int i = worker; i < count; i += Workers)
                {
                    await RotateAsync(site.Server, olds[i], news[i]);
                    Interlocked.Decrement(ref left);
                }
            },
            Cancellation)));
        for (int i = 0; i < kills && !work.IsCompleted; i++)
        {
            int before = Volatile.Read(ref left);
            await Patience.UntilAsync("some of the clients are done", () => work.IsCompleted || before - Volatile.Read(ref left) >= count / (kills + 1));
            await site.Server.KillAsync();
            await site.Server.StartAsync();
        }

        await work;
        await RequirePromotedAsync(site, olds, news);
        output.WriteLine($"all are promoted after {TimeProvider.System.GetElapsedTime(begun).TotalSeconds:0.0} s, {_fetches} requests, {_broken} of them while the server was killed");
        await RequireAsync(site, "", "--tidy");
        await site.Server.KillAsync();
        await site.Server.StartAsync();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Workers, CancellationToken = Cancellation }, async (i, _) =>
        {
            await olds[i].RequireRefusalAsync(site.Server);
            await news[i].RequireSecretAsync(site.Server);
        });
        Assert.DoesNotContain(Directory.GetFiles(directory), static file => File.ReadAllText(file).Contains("next_", StringComparison.Ordinal));
    }

    /// <summary>An OpenPGP message as one that is encrypted.</summary>
    private static byte[] SecretOf(int client, int key) => [0xC1, 5, 3, (byte)key, (byte)client, (byte)(client >> 8), 7, 0xD2, 3, 1, 0, 0];

    /// <summary>The machine boots a few times with the old key, and then with the new one: it gets its secret each time.</summary>
    private async Task RotateAsync(TestServer server, TestClient old, TestClient next)
    {
        Assert.Equal(old.Secret, await FetchAsync(server, old));
        Assert.Equal(next.Secret, await FetchAsync(server, next));
        Assert.Equal(old.Secret, await FetchAsync(server, old) is { Length: > 0 } secret ? secret : old.Secret); // none if a check has come just now
        Assert.Equal(next.Secret, await FetchAsync(server, next));
    }

    /// <summary>Asks until the server answers, which is killed now and then.</summary>
    private async Task<byte[]> FetchAsync(TestServer server, TestClient client)
    {
        byte[] answer = [];
        await Patience.UntilAsync($"the server answers {client.Name}", async () =>
        {
            Interlocked.Increment(ref _fetches);
            try
            {
                PeerOutcome outcome = await client.FetchAsync(server);
                answer = outcome.Secret;
                if (outcome.Ending == PeerEnding.CloseNotify)
                {
                    return true;
                }
            }
            catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException)
            {
                // as below
            }

            Interlocked.Increment(ref _broken); // it was killed
            return false;
        });
        return answer;
    }

    /// <summary>Waits for all; a promotion that a kill has undone is made good by another boot, as a machine does in the end.</summary>
    private async Task RequirePromotedAsync(WebSite site, TestClient[] olds, TestClient[] news)
    {
        await Patience.UntilAsync("all are promoted", async () =>
        {
            string[] lines = (await RequireAsync(site, "", "--rotation")).Split('\n');
            foreach (int i in Enumerable.Range(0, olds.Length).Where(i => lines.Any(line =>
                line.StartsWith($"c{i} ", StringComparison.Ordinal) && line.Contains("waits for a boot", StringComparison.Ordinal))))
            {
                Assert.Equal(news[i].Secret, await FetchAsync(site.Server, news[i]));
            }

            return lines.Count(static line => line.Contains("its file can be tidied", StringComparison.Ordinal)) == olds.Length;
        });
        for (int i = 0; i < olds.Length; i++)
        {
            Assert.Empty(await FetchAsync(site.Server, olds[i]));
        }
    }
}
