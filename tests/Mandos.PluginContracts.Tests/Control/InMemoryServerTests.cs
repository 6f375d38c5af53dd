using System.Threading.Channels;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;
using Mandos.PluginContracts.Samples;
using Microsoft.Extensions.Time.Testing;

namespace Mandos.PluginContracts.Tests.Control;

public sealed class InMemoryServerTests
{
    private static readonly CommandSource _source = new("test");

    private readonly FakeTimeProvider _time = new();
    private readonly ClientSnapshot _client = SampleClients.Snapshot(1) with { Id = 1 };
    private readonly InMemoryServer _server;

    public InMemoryServerTests() => _server = new InMemoryServer([_client], _time);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Command_Always_TellsWhoGaveItAndWhetherItIsDurable()
    {
        Assert.True((await _server.DisableAsync(_client.Name, _source, Token)).IsDurable);

        _server.SaveProblem = "the disk is full";
        CommandResult result = await _server.ReloadAsync(_source with { User = "uid 0" }, Token);

        Assert.False(result.IsDurable);
        Assert.EndsWith(": the disk is full", result.Problem, StringComparison.Ordinal);
        Assert.Equal([_source, _source with { User = "uid 0" }], _server.Sources);
    }

    [Fact]
    public async Task DisableAsync_EnabledClient_ChangesItWithEvents()
    {
        using ServerSubscription subscription = await _server.SubscribeAsync(Token);
        Assert.Equal([_client], subscription.Clients);

        await _server.DisableAsync(_client.Name, _source, Token);

        ClientSnapshot disabled = _client with { Enabled = false, Expires = null };
        Assert.Equal(disabled, await _server.GetClientAsync(_client.Name, Token));
        Assert.Equal(
            [
                new ClientPropertyChanged(disabled, ClientProperty.Enabled),
                new ClientPropertyChanged(disabled, ClientProperty.Expires),
            ],
            Events(subscription));
    }

    [Fact]
    public async Task EnableAsync_DisabledClient_ExpiresAfterItsTimeout()
    {
        await _server.DisableAsync(_client.Name, _source, Token);
        await _server.EnableAsync(_client.Name, _source, Token);

        ClientSnapshot? client = await _server.GetClientAsync(_client.Name, Token);

        Assert.True(client!.Enabled);
        Assert.Equal(_time.GetUtcNow() + client.Settings.Timeout, client.Expires);
    }

    [Fact]
    public async Task ReloadAsync_Failure_ThrowsItAndIsNotCounted()
    {
        await _server.ReloadAsync(_source, Token);
        _server.Failure = new ConfigurationException(["clients.conf:1: bad"]);

        await Assert.ThrowsAsync<ConfigurationException>(() => _server.ReloadAsync(_source, Token));

        Assert.Equal(1, _server.Reloads);
    }

    [Fact]
    public async Task EnableAsync_EnabledClient_ChangesNothing()
    {
        using ServerSubscription subscription = await _server.SubscribeAsync(Token);

        await _server.EnableAsync(_client.Name, _source, Token);

        Assert.Empty(Events(subscription));
    }

    [Fact]
    public async Task ChangeAsync_BadDuration_ChangesNothing()
    {
        var change = ClientChange.Of(ClientSetting.Host, "other").With(ClientSetting.Interval, TimeSpan.Zero);

        await Assert.ThrowsAsync<ArgumentException>(() => _server.ChangeAsync(_client.Name, change, _source, Token));

        Assert.Equal(_client, await _server.GetClientAsync(_client.Name, Token));
    }

    [Fact]
    public async Task ChangeAsync_SomeSettings_GivesAnEventForEachThatIsNew()
    {
        using ServerSubscription subscription = await _server.SubscribeAsync(Token);

        await _server.ChangeAsync(
            _client.Name, ClientChange.Of(ClientSetting.Host, _client.Settings.Host).With(ClientSetting.Checker, "true").With(ClientSetting.Timeout, TimeSpan.FromDays(1)),
            _source, Token);

        Assert.Equal(
            [ClientSetting.Checker, ClientSetting.Timeout],
            Events(subscription).Cast<ClientPropertyChanged>().Select(changed => changed.Property));
    }

    [Fact]
    public async Task Commands_UnknownClient_Throw()
    {
        await Assert.ThrowsAsync<UnknownClientException>(() => _server.RemoveAsync("nobody", _source, Token));
        await Assert.ThrowsAsync<UnknownClientException>(() => _server.EnableAsync("nobody", _source, Token));
        Assert.Null(await _server.GetClientAsync("nobody", Token));
    }

    [Fact]
    public async Task Commands_ForOneWhoseNameAnotherHasNow_DoNotMeetIt()
    {
        await _server.RemoveAsync(_client, _source, Token);
        _server.Add(_client);

        await Assert.ThrowsAsync<UnknownClientException>(() => _server.DisableAsync(_client, _source, Token));
        await Assert.ThrowsAsync<UnknownClientException>(() => _server.RemoveAsync(_client, _source, Token));

        Assert.True((await _server.GetClientAsync(_client.Name, Token))!.Enabled);
    }

    [Fact]
    public async Task ApproveAsyncAndSetSecretAsync_Called_AreKept()
    {
        await _server.ApproveAsync(_client.Name, false, _source, Token);
        await _server.SetSecretAsync(_client.Name, new byte[] { 1, 2 }, _source, Token);

        Assert.Equal([(_client.Name, false)], _server.Approvals);
        Assert.Equal(new byte[] { 1, 2 }, _server.Secret(_client.Name)!.Value.ToArray());
    }

    [Fact]
    public async Task RemoveAsync_Client_IsGoneWithAnEvent()
    {
        using ServerSubscription subscription = await _server.SubscribeAsync(Token);

        await _server.RemoveAsync(_client.Name, _source, Token);

        Assert.Empty(await _server.GetClientsAsync(Token));
        Assert.Equal([new ClientRemoved(_client, RemovalReason.Command)], Events(subscription));
    }

    [Fact]
    public async Task Overflow_Subscriber_HasToSubscribeAnew()
    {
        using ServerSubscription subscription = await _server.SubscribeAsync(Token);

        _server.Overflow();

        var closed = await Assert.ThrowsAsync<ChannelClosedException>(async () => await subscription.Events.ReadAsync(Token));
        Assert.IsType<SubscriptionOverflowException>(closed.InnerException);
    }

    private static List<ServerEvent> Events(ServerSubscription subscription)
    {
        List<ServerEvent> events = [];
        while (subscription.Events.TryRead(out ServerEvent? e))
        {
            events.Add(e);
        }

        return events;
    }
}
