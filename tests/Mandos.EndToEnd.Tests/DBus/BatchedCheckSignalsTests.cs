using System.Text.RegularExpressions;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Daemons;

namespace Mandos.EndToEnd.Tests.DBus;

/// <summary>A check that shares a run of the real fping with others has the signals of one that has a shell of its own.</summary>
public sealed partial class BatchedCheckSignalsTests : IDisposable
{
    private readonly DirectoryInfo _programs = Directory.CreateTempSubdirectory("mandos-test-");

    public void Dispose() => _programs.Delete(recursive: true);

    [Fact]
    public async Task Check_OfABatch_HasTheSignalsOfASingleOne()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "only root can give fping its right");
        string runs = InstallFping();
        string[] hosts = ["127.0.0.1", "127.0.0.2", "240.0.0.1"];
        DBusDaemon bus = await DBusDaemon.StartAsync();
        var server = new TestServer("--debug") { Bus = bus, Wrapper = ["env", $"PATH={_programs.FullName}:/usr/bin:/bin"] };

        // No check starts by itself. Two blanks make another command of the default one.
        await using ServerOnBus scene = await ServerOnBus.StartAsync(bus, server, hosts.SelectMany((host, i) => (string[])
        [
            new TestClient($"batched{i}").StanzaWith("interval = P10D", "timeout = P10D", $"host = {host}"),
            new TestClient($"single{i}").StanzaWith("interval = P10D", "timeout = P10D", $"host = {host}", "checker = fping -q  -- %(host)s"),
        ]));

        await scene.Peer.RequireAsync(
            "/", BusPeer.ServerExtension, "ChangeClients",
            $"([{string.Join(", ", hosts.Select(static (_, i) => $"objectpath '/clients/batched{i}'"))}], 'CheckerRunning', <true>)");
        for (int i = 0; i < hosts.Length; i++)
        {
            await scene.Peer.RequireAsync($"/clients/single{i}", BusPeer.ClientInterface, "StartChecker");
        }

        await scene.Peer.WaitForAsync($"{BusPeer.OldClientInterface}.CheckerCompleted", count: 2 * hosts.Length);
        for (int i = 0; i < hosts.Length; i++)
        {
            string[] single = Signals(scene, $"single{i}");
            Assert.Contains(single, static signal => signal.Contains("CheckerStarted", StringComparison.Ordinal));
            Assert.Equal(single, Signals(scene, $"batched{i}"));
        }

        Assert.Contains(await File.ReadAllLinesAsync(runs, TestContext.Current.CancellationToken), line => hosts.All(line.Contains));
    }

    /// <summary>What a client's signals say, without what has to be different.</summary>
    private static string[] Signals(ServerOnBus scene, string client)
        => [.. scene.Peer.Signals.Where(signal => signal.Path == $"/clients/{client}")
            .Select(signal => Times().Replace(signal.ToString(), "TIME").Replace(client, "CLIENT").Replace("-q  --", "-q --"))];

    [GeneratedRegex(@"\d{4}-\d\d-\d\dT[\d:.]+")]
    private static partial Regex Times();

    /// <summary>Puts fping, with its right, where the server finds it.</summary>
    /// <returns>The file that gets the arguments of each run.</returns>
    private string InstallFping()
    {
        const UnixFileMode All = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        _programs.UnixFileMode |= UnixFileMode.OtherExecute;
        string real = Path.Combine(_programs.FullName, "real-fping");
        File.Copy(Path.Combine(Repository.Peers, "usr", "bin", "fping"), real);
        File.SetUnixFileMode(real, File.GetUnixFileMode(real) | UnixFileMode.SetUser);
        string runs = Path.Combine(_programs.FullName, "runs");
        File.WriteAllText(runs, "");
        File.SetUnixFileMode(runs, All | UnixFileMode.OtherWrite);
        string script = Path.Combine(_programs.FullName, "fping");
        File.WriteAllText(script, $"#!/bin/sh\necho \"$*\" >>{runs}\nexec {real} \"$@\"\n");
        File.SetUnixFileMode(script, All);
        return runs;
    }
}
