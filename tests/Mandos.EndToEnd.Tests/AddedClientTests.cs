using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.EndToEnd.Tests.Harness;
using Mandos.TestKit.Control;

namespace Mandos.EndToEnd.Tests;

/// <summary>A plugin adds clients, and Debian's own client is served.</summary>
public sealed class AddedClientTests(ClientKeys keys)
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task AddClient_ByAPlugin_IsServedUntilItIsRemoved(bool orderly)
    {
        await using var server = await TestServer.StartSteeredAsync();
        (NewClient client, byte[] secret) = Read(keys.First);

        await server.Control.AddClientAsync(client, secret, Cancellation);

        await server.Events.WaitForAsync<ClientAdded>(added => added.Client is { Name: "first", Origin: ClientOrigin.Command }, Cancellation);
        await keys.First.RequirePasswordAsync(server.EndPoint);
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(server.StateDirectory, "server.key")));

        await RestartAsync(server, orderly);
        await keys.First.RequirePasswordAsync(server.EndPoint);
        ClientSnapshot restored = (await server.Control.GetClientAsync("first", Cancellation))!;
        Assert.Equal(("cellar", ClientOrigin.Command), (restored.Settings.Location, restored.Origin));
        await server.Control.ReloadAsync(Cancellation);
        await keys.First.RequirePasswordAsync(server.EndPoint);

        await server.Control.RemoveAsync("first", Cancellation);
        await server.Events.WaitForAsync<ClientRemoved>(removed => removed.Reason == RemovalReason.Command, Cancellation);
        await RestartAsync(server, orderly);
        Assert.Empty(await server.Control.GetClientsAsync(Cancellation));
        Task<TestKit.CommandResult> asking = await AskInVainAsync(server, client);

        await server.Control.AddClientAsync(client, secret, Cancellation);
        Assert.Equal(keys.First.Password, (await asking).Output);
    }

    [Fact]
    public async Task AddClient_CheckerThatIsNotThere_IsRefused()
    {
        await using var server = await TestServer.StartSteeredAsync();
        (NewClient client, byte[] secret) = Read(keys.First);
        client = client with { Settings = client.Settings with { CheckerPlugin = "nosuch" } };

        var refusal = await Assert.ThrowsAsync<TestControlException>(() => server.Control.AddClientAsync(client, secret, Cancellation));

        Assert.Equal(nameof(ArgumentException), refusal.ExceptionType);
        Assert.Contains("there is no checker “nosuch”", refusal.Message, StringComparison.Ordinal);
        Assert.Null(await server.Control.GetClientAsync("first", Cancellation));
    }

    [Fact]
    public async Task Start_ServerKeyDamaged_ServesTheOthersAndSaysSo()
    {
        await using var server = await TestServer.StartSteeredAsync(keys.Second.Stanza);
        (NewClient client, byte[] secret) = Read(keys.First);
        await server.Control.AddClientAsync(client, secret, Cancellation);
        var path = Path.Combine(server.StateDirectory, "server.key");
        var key = await File.ReadAllBytesAsync(path, Cancellation);
        await server.StopAsync();
        await File.WriteAllBytesAsync(path, key[..31], Cancellation);

        await server.SteerAsync();

        await keys.Second.RequirePasswordAsync(server.EndPoint);
        Task<TestKit.CommandResult> asking = await AskInVainAsync(server, client);
        await server.Log.WaitForAsync("ERROR", $"are not served (first): {path}: the server key is damaged");
        await server.StopAsync();
        await File.WriteAllBytesAsync(path, key, Cancellation);
        await server.SteerAsync();
        Assert.Equal(keys.First.Password, (await asking).Output);
    }

    /// <summary>Has the client ask until it is refused; it goes on asking until it gets its password.</summary>
    private async Task<Task<TestKit.CommandResult>> AskInVainAsync(TestServer server, NewClient client)
    {
        Task<TestKit.CommandResult> asking = keys.First.FetchAsync(server.EndPoint);
        await server.Log.WaitForAsync("INFO", $"Client not found for key ID {client.Settings.KeyId!.ToUpperInvariant()}");
        Assert.False(asking.IsCompleted);
        return asking;
    }

    private static async Task RestartAsync(TestServer server, bool orderly)
    {
        await (orderly ? server.StopAsync() : server.KillAsync());
        await server.SteerAsync();
    }

    /// <summary>What <c>mandos-keygen --password</c> has printed for clients.conf, for a command.</summary>
    private static (NewClient Client, byte[] Secret) Read(StockClient client)
    {
        string Value(string option) => client.Stanza.Split('\n').Select(static line => line.Split('=', 2))
            .First(line => line[0].Trim() == option)[1].Trim();
        var base64 = string.Concat(client.Stanza[client.Stanza.IndexOf("secret", StringComparison.Ordinal)..].Split('\n').Skip(1).Select(static line => line.Trim()));
        return (
            new NewClient
            {
                Name = client.Name,
                Settings = new ClientSettings { KeyId = Value("key_id"), Host = "::1", Location = "cellar" },
            },
            Convert.FromBase64String(base64));
    }
}
