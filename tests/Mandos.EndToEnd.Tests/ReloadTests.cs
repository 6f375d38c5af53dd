using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Control;

namespace Mandos.EndToEnd.Tests;

/// <summary>The files change while the server runs.</summary>
public sealed class ReloadTests
{
    private readonly TestClient _first = new("first");
    private readonly TestClient _second = new("second");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task HangUp_EditedFiles_TakesUpWhatHasChanged()
    {
        await using var server = new TestServer("--debug");
        server.AddClient(_first.StanzaWith());
        await server.StartAsync();
        await _second.RequireRefusalAsync(server);

        server.AddClient(_second.StanzaWith());
        await ReloadAsync(server, "2 clients, 1 added, 0 removed, 0 changed");
        await _second.RequireSecretAsync(server);

        await File.WriteAllTextAsync(server.ClientsFile, _second.StanzaWith("enabled = False"), Cancellation);
        await ReloadAsync(server, "1 clients, 0 added, 1 removed, 1 changed");
        await _first.RequireRefusalAsync(server);
        await _second.RequireRefusalAsync(server);

        Directory.CreateDirectory(Path.Combine(server.ConfigDirectory, "clients.d"));
        await File.WriteAllTextAsync(
            Path.Combine(server.ConfigDirectory, "clients.d", "first.conf"), _first.StanzaWith() + "\n", Cancellation);
        await ReloadAsync(server, "2 clients, 1 added, 0 removed, 0 changed");
        await _first.RequireSecretAsync(server);
        await server.StopAsync();
    }

    [Fact]
    public async Task HangUp_BadFileInBetween_KeepsWhatIsInForce()
    {
        await using var server = await TestServer.StartSteeredAsync(_first.StanzaWith());
        await server.Control.ChangeAsync("first", ClientChange.Of(ClientSetting.Host, "by-hand"), Cancellation);
        var before = await server.Control.GetClientAsync("first", Cancellation);

        await File.WriteAllTextAsync(
            server.ClientsFile,
            "[DEFAULT]\ninterval = never\n[first]\nkey_id = x\n" + _second.StanzaWith("enabled = maybe"),
            Cancellation);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("ERROR", "The configuration was not taken up");

        Assert.Equal(1, server.Log.Count("ERROR", "clients.conf:2: interval: "));
        Assert.Equal(1, server.Log.Count("ERROR", "clients.conf:4: key_id: is not 64 hexadecimal digits"));
        Assert.Equal(1, server.Log.Count("ERROR", "clients.conf:8: enabled: "));
        var refusal = await Assert.ThrowsAsync<TestControlException>(() => server.Control.ReloadAsync(Cancellation));
        Assert.Equal(nameof(ConfigurationException), refusal.ExceptionType);
        Assert.Equivalent(before, Assert.Single(await server.Control.GetClientsAsync(Cancellation)), strict: true);
        await _first.RequireSecretAsync(server);

        await File.WriteAllTextAsync(server.ClientsFile, _first.StanzaWith() + "\n" + _second.StanzaWith(), Cancellation);
        await ReloadAsync(server, "2 clients, 1 added, 0 removed, 0 changed");
        await _second.RequireSecretAsync(server);
        Assert.Equal("by-hand", (await server.Control.GetClientAsync("first", Cancellation))!.Settings.Host);
    }

    [Fact]
    public async Task HangUp_ClientsFileGone_ForgetsNoDisabledClient()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        server.AddClient(_first.StanzaWith());
        var directory = Directory.CreateDirectory(Path.Combine(server.ConfigDirectory, "clients.d"));
        await File.WriteAllTextAsync(Path.Combine(directory.FullName, "second.conf"), _second.StanzaWith(), Cancellation);
        await server.SteerAsync();
        await server.Control.DisableAsync("first", Cancellation);
        var aside = server.ClientsFile + ".aside";

        File.Move(server.ClientsFile, aside);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("ERROR", "The configuration was not taken up");
        File.Move(aside, server.ClientsFile);
        await ReloadAsync(server, "2 clients, 0 added, 0 removed, 0 changed");

        await _first.RequireRefusalAsync(server);
        await _second.RequireSecretAsync(server);
    }

    [Fact]
    public async Task HangUp_ClientsDirectoryGone_KeepsEverythingAsItWas()
    {
        await using var server = new TestServer("--debug") { Steered = true };
        server.AddClient(_first.StanzaWith());
        var directory = Directory.CreateDirectory(Path.Combine(server.ConfigDirectory, "clients.d")).FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "second.conf"), _second.StanzaWith(), Cancellation);
        await server.SteerAsync();
        await server.Control.DisableAsync("second", Cancellation);

        Directory.Move(directory, directory + ".aside");
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("ERROR", "clients.d: cannot be read: no such directory");
        await server.Log.WaitForAsync("ERROR", "The configuration was not taken up");
        Directory.Move(directory + ".aside", directory);
        await ReloadAsync(server, "2 clients, 0 added, 0 removed, 0 changed");

        await _first.RequireSecretAsync(server);
        await _second.RequireRefusalAsync(server);
    }

    /// <summary>Whatever a file lacked once, or now calls by another name.</summary>
    [Fact]
    public async Task HangUp_DisabledClientGoneAndBackUnderAnotherName_GetsNothing()
    {
        await using var server = await TestServer.StartSteeredAsync(_first.StanzaWith(), _second.StanzaWith());
        await server.Control.DisableAsync("second", Cancellation);

        await File.WriteAllTextAsync(server.ClientsFile, _first.StanzaWith() + "\n", Cancellation);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("WARNING", "Client second: is gone from the configuration. It was disabled");
        var renamed = _second.StanzaWith().Replace("[second]", "[renamed]", StringComparison.Ordinal);
        server.AddClient(renamed);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("WARNING", "Client renamed: is back in the configuration, which it left as “second” at");

        await _second.RequireRefusalAsync(server);
        await server.Control.EnableAsync("renamed", Cancellation);
        await _second.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Reload_WhileConnectionsWait_KeepsThoseWhoseClientsStay()
    {
        await using var server = await TestServer.StartSteeredAsync(
            _first.StanzaWith("approval_delay = PT1H"), _second.StanzaWith("approval_delay = PT1H"));
        var stays = _first.RequireSecretAsync(server);
        await server.Events.WaitForAsync<NeedApproval>(need => need.Client.Name == "first", Cancellation);
        var leaves = _second.RequireRefusalAsync(server);
        await server.Events.WaitForAsync<NeedApproval>(need => need.Client.Name == "second", Cancellation);

        await File.WriteAllTextAsync(server.ClientsFile, _first.StanzaWith("approval_delay = PT2H"), Cancellation);
        await server.Control.ReloadAsync(Cancellation);

        await leaves;
        await server.Events.WaitForAsync<ClientRemoved>(gone => gone.Client.Name == "second", Cancellation);
        Assert.Equal(1, (await server.Control.GetClientAsync("first", Cancellation))!.ApprovalsPending);
        await server.Control.ApproveAsync("first", Cancellation);
        await stays;
    }

    [Fact]
    public async Task Reload_ManyTimesUnderLoad_LosesNoFetchAndNoHeldApproval()
    {
        const int Reloads = 100;
        const int Fetches = 10_000;
        await using var server = new TestServer("--debuglevel", "ERROR", "--foreground") { Steered = true };
        var clients = Enumerable.Range(0, 16).Select(i => new TestClient($"client{i}")).ToArray();
        var stanzas = string.Join('\n', clients.Select(client => client.StanzaWith("checker = true")));
        string Configuration(int reload) => string.Join(
            '\n', "[DEFAULT]", $"host = host{reload}", $"interval = PT{60 + reload}S", stanzas, _first.StanzaWith("approval_delay = PT1H"),
            reload % 2 == 0 ? _second.StanzaWith("checker = true") : "");
        server.AddClient(Configuration(0));
        await server.SteerAsync();
        var held = _first.RequireSecretAsync(server);
        await server.Events.WaitForAsync<NeedApproval>(need => need.Client.Name == "first", Cancellation);

        var begun = 0;
        var fetching = Task.WhenAll(clients.Select(client => Task.Run(
            async () =>
            {
                while (Interlocked.Increment(ref begun) <= Fetches)
                {
                    await client.RequireSecretAsync(server);
                }
            },
            Cancellation)));
        for (var reload = 1; reload <= Reloads; reload++)
        {
            await Patience.UntilAsync("fetches go on", () => fetching.IsCompleted || begun >= reload * Fetches / Reloads);
            if (reload % 10 == 0)
            {
                await File.WriteAllTextAsync(server.ClientsFile, Configuration(reload) + "\n[DEFAULT]\nnonsense\n", Cancellation);
                await Assert.ThrowsAsync<TestControlException>(() => server.Control.ReloadAsync(Cancellation));
            }
            else
            {
                await File.WriteAllTextAsync(server.ClientsFile, Configuration(reload), Cancellation);
                await server.Control.ReloadAsync(Cancellation);
                Assert.Equal($"host{reload}", (await server.Control.GetClientAsync("client0", Cancellation))!.Settings.Host);
            }
        }

        await fetching; // each fetch has given the right secret, or this throws
        await server.Control.ApproveAsync("first", Cancellation);
        await held;
    }

    [Fact]
    public async Task Restart_AfterReload_KeepsWhatItChanged()
    {
        await using var server = await TestServer.StartSteeredAsync(_first.StanzaWith("host = one"));
        await File.WriteAllTextAsync(server.ClientsFile, _first.StanzaWith("host = two"), Cancellation);
        await server.Control.ReloadAsync(Cancellation);
        await server.Control.ChangeAsync("first", ClientChange.Of(ClientSetting.Host, "by-hand"), Cancellation);

        await server.KillAsync();
        await server.SteerAsync();

        Assert.Equal("by-hand", (await server.Control.GetClientAsync("first", Cancellation))!.Settings.Host);
    }

    [Fact]
    public async Task HangUp_ManyAtOnce_EndsWithTheLastFile()
    {
        await using var server = await TestServer.StartSteeredAsync();

        for (var i = 1; i <= 30; i++)
        {
            // Replaced as editors do it: a reload finds the one or the other, never a half
            var next = server.ClientsFile + ".new";
            await File.WriteAllTextAsync(next, _first.StanzaWith($"host = host{i}"), Cancellation);
            File.Move(next, server.ClientsFile, overwrite: true);
            await server.SignalAsync("HUP");
        }

        await server.Events.WaitForAsync<ClientEvent>(change => change.Client.Settings.Host == "host30", Cancellation);
        await _first.RequireSecretAsync(server);
        await server.StopAsync();
    }

    private static async Task ReloadAsync(TestServer server, string outcome)
    {
        var line = "Configuration re-read: " + outcome;
        var before = server.Log.Count("INFO", line);
        await server.SignalAsync("HUP");
        await server.Log.WaitForAsync("INFO", line, before + 1);
    }
}
