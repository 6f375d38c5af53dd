using System.Globalization;
using Mandos.Abstractions.Clients;
using Mandos.EndToEnd.Tests.Harness;

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
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith());
        await server.Control.DisableAsync("client", Cancellation);

        await RestartAsync(server, orderly);

        await _client.RequireRefusalAsync(server);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_AfterChangingSettings_KeepsThem(bool orderly)
    {
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith());
        ClientChange change = ClientChange.Of(ClientSetting.Host, "elsewhere").With(ClientSetting.Timeout, TimeSpan.FromMinutes(42)).With(ClientSetting.ApprovedByDefault, false);
        await server.Control.ChangeAsync("client", change, Cancellation);

        await RestartAsync(server, orderly);

        var settings = (await server.Control.GetClientAsync("client", Cancellation))!.Settings;
        Assert.Equal(("elsewhere", TimeSpan.FromMinutes(42)), (settings.Host, settings.Timeout));
        Assert.False(settings.ApprovedByDefault);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_AfterReplacingSecret_GivesNewOne(bool orderly)
    {
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith());
        var secret = "another secret"u8.ToArray();
        await server.Control.SetSecretAsync("client", secret, Cancellation);
        await _client.RequireSecretAsync(server, secret);

        await RestartAsync(server, orderly);

        await _client.RequireSecretAsync(server, secret);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_AfterRemoving_KeepsClientAway(bool orderly)
    {
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith());
        await server.Control.RemoveAsync("client", Cancellation);

        await RestartAsync(server, orderly);

        Assert.Empty(await server.Control.GetClientsAsync(Cancellation));
        await _client.RequireRefusalAsync(server);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Restart_FileCutShortOnce_KeepsClientDisabledAndSaysSo(bool orderly)
    {
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith());
        var other = new TestClient("other");
        server.AddClient(other.StanzaWith());
        var file = await File.ReadAllTextAsync(server.ClientsFile, Cancellation);
        await RestartAsync(server, orderly);
        await server.Control.DisableAsync("other", Cancellation);

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
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith("timeout = PT10M"));
        ClientChange change = ClientChange.Of(ClientSetting.Timeout, TimeSpan.FromMinutes(42)).With(ClientSetting.Host, "elsewhere");
        await server.Control.ChangeAsync("client", change, Cancellation);
        await server.StopAsync();

        await File.WriteAllTextAsync(server.ClientsFile, _client.StanzaWith("timeout = PT20M"), Cancellation);
        await server.SteerAsync();

        var settings = (await server.Control.GetClientAsync("client", Cancellation))!.Settings;
        Assert.Equal((TimeSpan.FromMinutes(20), "elsewhere"), (settings.Timeout, settings.Host));
    }

    [Fact]
    public async Task Restart_WithoutRestore_ForgetsChanges()
    {
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith());
        await server.Control.DisableAsync("client", Cancellation);
        await server.StopAsync();

        server.Arguments.Add("--no-restore");
        await server.SteerAsync();

        await _client.RequireSecretAsync(server);
    }

    [Fact]
    public async Task Kill_DuringChanges_LosesNothingThatWasAcknowledged()
    {
        await using var server = await TestServer.StartSteeredAsync(_client.StanzaWith());
        var number = 0;
        var acknowledged = 0;
        for (var round = 0; round < Kills; round++)
        {
            var host = (await server.Control.GetClientAsync("client", Cancellation))!.Settings.Host;
            var found = host.Length == 0 ? 0 : int.Parse(host, CultureInfo.InvariantCulture);
            Assert.InRange(found, acknowledged, number);
            acknowledged = found;

            var changes = ChangeAsync();
            var enough = found + 5 + (round % 7);
            await Patience.UntilAsync("some changes are saved", () => changes.IsCompleted || acknowledged >= enough);
            await server.KillAsync();
            await Assert.ThrowsAnyAsync<IOException>(() => changes);
            await server.SteerAsync();
        }

        async Task ChangeAsync()
        {
            while (true)
            {
                number++;
                await server.Control.ChangeAsync("client", ClientChange.Of(ClientSetting.Host, number.ToString(CultureInfo.InvariantCulture)), Cancellation);
                acknowledged = number;
            }
        }
    }

    private static async Task RestartAsync(TestServer server, bool orderly)
    {
        await (orderly ? server.StopAsync() : server.KillAsync());
        await server.SteerAsync();
    }
}
