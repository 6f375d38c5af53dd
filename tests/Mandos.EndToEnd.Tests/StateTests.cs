using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Control;

namespace Mandos.EndToEnd.Tests;

/// <summary>Changes at run time survive the server, however it ends.</summary>
public sealed class StateTests
{
    private readonly TestClient _client = new("client");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>How often the server is killed in the test of that; more if the environment variable says so.</summary>
    private static int Kills
        => int.Parse(Environment.GetEnvironmentVariable("MANDOS_TEST_KILLS") ?? "20", CultureInfo.InvariantCulture);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_AfterDisabling_KeepsClientDisabled(bool orderly)
    {
        await using var server = await StartServerAsync();
        await SteerAsync(server, control => control.DisableAsync("client", Cancellation));

        await RestartAsync(server, orderly);

        await _client.RequireRefusalAsync(server);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_AfterChangingSettings_KeepsThem(bool orderly)
    {
        await using var server = await StartServerAsync();
        ClientChange change = ClientChange.Of(ClientSetting.Host, "elsewhere").With(ClientSetting.Timeout, TimeSpan.FromMinutes(42)).With(ClientSetting.ApprovedByDefault, false);
        await SteerAsync(server, control => control.ChangeAsync("client", change, Cancellation));

        await RestartAsync(server, orderly);

        await SteerAsync(server, async control =>
        {
            var settings = (await control.GetClientAsync("client", Cancellation))!.Settings;
            Assert.Equal(("elsewhere", TimeSpan.FromMinutes(42)), (settings.Host, settings.Timeout));
            Assert.False(settings.ApprovedByDefault);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_AfterReplacingSecret_GivesNewOne(bool orderly)
    {
        await using var server = await StartServerAsync();
        var secret = "another secret"u8.ToArray();
        await SteerAsync(server, control => control.SetSecretAsync("client", secret, Cancellation));
        await _client.RequireSecretAsync(server, secret);

        await RestartAsync(server, orderly);

        await _client.RequireSecretAsync(server, secret);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_AfterRemoving_KeepsClientAway(bool orderly)
    {
        await using var server = await StartServerAsync();
        await SteerAsync(server, control => control.RemoveAsync("client", Cancellation));

        await RestartAsync(server, orderly);

        await SteerAsync(server, async control => Assert.Empty(await control.GetClientsAsync(Cancellation)));
        await _client.RequireRefusalAsync(server);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_FileCutShortOnce_KeepsClientDisabledAndSaysSo(bool orderly)
    {
        await using var server = await StartServerAsync();
        var other = new TestClient("other");
        server.AddClient(other.StanzaWith());
        var file = await File.ReadAllTextAsync(server.ClientsFile, Cancellation);
        await RestartAsync(server, orderly);
        await SteerAsync(server, control => control.DisableAsync("other", Cancellation));

        await File.WriteAllTextAsync(server.ClientsFile, _client.StanzaWith() + "\n", Cancellation);
        await RestartAsync(server, orderly);
        await server.Log.WaitForAsync("WARNING", "Client other: is gone from the configuration. It was disabled");
        await File.WriteAllTextAsync(server.ClientsFile, file, Cancellation);
        await RestartAsync(server, orderly);

        await other.RequireRefusalAsync(server);
        await _client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Restart_AfterEditingFile_PrefersFile()
    {
        await using var server = await StartServerAsync("timeout = PT10M");
        ClientChange change = ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromMinutes(42)).With(ClientSetting.Host, "elsewhere");
        await SteerAsync(server, control => control.ChangeAsync("client", change, Cancellation));
        await server.StopAsync();

        await File.WriteAllTextAsync(server.ClientsFile, _client.StanzaWith("timeout = PT20M"), Cancellation);
        await server.StartAsync();

        await SteerAsync(server, async control =>
        {
            var settings = (await control.GetClientAsync("client", Cancellation))!.Settings;
            Assert.Equal((TimeSpan.FromMinutes(20), "elsewhere"), (settings.Timeout, settings.Host));
        });
    }

    [Fact]
    public async Task Restart_WithoutRestore_ForgetsChanges()
    {
        await using var server = await StartServerAsync();
        await SteerAsync(server, control => control.DisableAsync("client", Cancellation));
        await server.StopAsync();

        server.Arguments.Add("--no-restore");
        await server.StartAsync();

        await _client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Kill_DuringChanges_LosesNothingThatWasAcknowledged()
    {
        await using var server = await StartServerAsync();
        var number = 0;
        var acknowledged = 0;
        for (var round = 0; round < Kills; round++)
        {
            using (var control = await server.ConnectControlAsync())
            {
                var host = (await control.GetClientAsync("client", Cancellation))!.Settings.Host;
                var found = host.Length == 0 ? 0 : int.Parse(host, CultureInfo.InvariantCulture);
                Assert.InRange(found, acknowledged, number);
                acknowledged = found;

                var changes = ChangeAsync(control);
                var enough = found + 5 + (round % 7);
                await Patience.UntilAsync("some changes are saved", () => changes.IsCompleted || acknowledged >= enough);
                await server.KillAsync();
                await Assert.ThrowsAnyAsync<IOException>(() => changes);
            }

            await server.StartAsync();
        }

        async Task ChangeAsync(TestControlClient control)
        {
            while (true)
            {
                number++;
                await control.ChangeAsync("client", ClientChange.Of(ClientSetting.Host, number.ToString(CultureInfo.InvariantCulture)), Cancellation);
                acknowledged = number;
            }
        }
    }

    private static async Task SteerAsync(TestServer server, Func<TestControlClient, Task> command)
    {
        using var control = await server.ConnectControlAsync();
        await command(control);
    }

    private static async Task RestartAsync(TestServer server, bool orderly)
    {
        await (orderly ? server.StopAsync() : server.KillAsync());
        await server.StartAsync();
    }

    private async Task<TestServer> StartServerAsync(params string[] options)
    {
        var server = new TestServer("--debug") { Steered = true };
        server.AddClient(_client.StanzaWith(options));
        await server.StartAsync();
        return server;
    }
}
