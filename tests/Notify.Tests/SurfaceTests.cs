using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.PluginContracts.Control;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Notify.Tests.Support;

namespace Notify.Tests;

/// <summary>Events of a server, told to targets that live, hang and die.</summary>
public sealed class SurfaceTests : IAsyncDisposable
{
    private const string Key = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private readonly Rig _rig = new();
    private readonly WebTarget _web = new();
    private readonly WebTarget _other = new();

    public async ValueTask DisposeAsync()
    {
        await _rig.DisposeAsync();
        await _web.DisposeAsync();
        await _other.DisposeAsync();
    }

    [Fact]
    public async Task Run_TenThousandEventsAndDeadTargets_TellsTheOthersOfAll()
    {
        _other.Answer = static _ => null; // hangs
        Hook("good", _web).With("ntfy.hangs.url", $"{_other.Url}/topic").With("ntfy.dead.url", $"http://localhost:{FreePort.Find()}/topic");
        await _rig.StartAsync();
        for (int id = 1; id <= 10_000; id++)
        {
            _rig.GetSecret(id);
        }

        await Patience.UntilAsync("a summary is told", () => Told(_web).Any(json => (string)json["type"]! == "summary"));
        await _rig.StopAsync();

        JsonNode[] told = Told(_web);
        Assert.Equal(10_000, told.Sum(json => (long?)json["data"]!["count"] ?? 1));
        Assert.InRange(told.Length, 2, 20);
        int singles = told.Count(json => (string)json["type"]! == "got_secret");
        Assert.Equal(Enumerable.Range(1, singles), told.Take(singles).Select(json => (int)json["data"]!["request"]!["id"]!));
        Assert.InRange(_other.Connections, 1, 10);
    }

    [Fact]
    public async Task Run_EventsAndClientsOfATarget_AreAllThatItIsTold()
    {
        Hook("some", _web).With("webhook.some.clients.1", "web*").With("webhook.some.events.1", "got_secret").With("webhook.some.events.2", "disabled");
        Hook("all", _other).With("webhook.all.events", "got_secret");
        await _rig.StartAsync();
        ClientSnapshot web = Rig.Client with { Name = "web1" };
        _rig.Wait(1, web);
        _rig.Server.Publish(new GotSecret(Rig.Client, Rig.Request(2)));
        _rig.Server.Publish(new GotSecret(web, Rig.Request(3)));
        _rig.Server.Publish(new ClientPropertyChanged(web with { Enabled = false }, ClientProperty.Enabled));

        await Patience.UntilAsync("both are told", () => _web.Requests.Count == 2 && _other.Requests.Count == 2);
        await _rig.StopAsync();

        Assert.Equal([("got_secret", "web1"), ("disabled", "web1")], Told(_web).Select(TypeAndClient));
        Assert.Equal([("got_secret", "orchid"), ("got_secret", "web1")], Told(_other).Select(TypeAndClient));
    }

    [Fact]
    public async Task Run_RequestsThatWaitAlready_AreToldOnce()
    {
        ClientSnapshot waiting = Rig.Client with { Requests = [Rig.Request(3)] };
        await using var rig = new Rig { Server = new InMemoryServer([waiting]) };
        rig.With("webhook.a.url", _web.Url).WithSecret("webhook.a.secret_file", Key);
        await rig.StartAsync();
        await Patience.UntilAsync("it is told", () => _web.Requests.Count == 1);

        rig.Server.Overflow();
        await Patience.UntilAsync("it listens again", () => rig.Server.Subscriptions == 1);
        rig.Wait(4);
        await Patience.UntilAsync("it is told of the rest", () => _web.Requests.Count == 3);
        await rig.StopAsync();

        Assert.Equal(
            [("need_approval", 3), ("events_lost", null), ("need_approval", (int?)4)],
            Told(_web).Select(json => ((string)json["type"]!, (int?)json["data"]!["request"]?["id"])));
    }

    [Fact]
    public async Task Run_Start_IsToldToWhoWantsIt()
    {
        await Hook("a", _web).With("webhook.a.events", "server_started").With("server_name", "cellar").StartAsync();

        await Patience.UntilAsync("it is told", () => _web.Requests.Count == 1);

        JsonNode json = Told(_web)[0];
        Assert.Equal(("server_started", "cellar", 1), ((string)json["type"]!, (string)json["data"]!["server"]!, (int)json["data"]!["clients"]!));
    }

    [Fact]
    public async Task Run_Trial_TellsNobody()
    {
        _rig.Context.IsTrial = true;
        await Hook("a", _web).With("webhook.a.events", "got_secret").StartAsync();
        _rig.GetSecret();

        await Patience.UntilAsync("it is told nobody", () => _rig.Log.Contains("Target webhook a was told “got_secret”", StringComparison.Ordinal));
        await _rig.StopAsync();

        Assert.Equal(0, _web.Connections);
    }

    [Fact]
    public async Task Stop_WhatIsNotToldYet_IsTold()
    {
        await Hook("a", _web).StartAsync();
        for (int id = 1; id <= 100; id++)
        {
            _rig.GetSecret(id);
        }

        await _rig.StopAsync();

        Assert.Equal(100, Told(_web).Sum(json => (long?)json["data"]!["count"] ?? 1));
    }

    private Rig Hook(string name, WebTarget target) => _rig.With($"webhook.{name}.url", target.Url).WithSecret($"webhook.{name}.secret_file", Key);

    private static JsonNode[] Told(WebTarget target) => [.. target.Requests.Select(request => request.Json)];

    private static (string Type, string Client) TypeAndClient(JsonNode json) => ((string)json["type"]!, (string)json["data"]!["client"]!["name"]!);
}
