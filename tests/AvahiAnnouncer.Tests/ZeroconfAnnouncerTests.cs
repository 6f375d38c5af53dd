using System.Collections.Concurrent;
using System.Net.Sockets;
using AvahiAnnouncer.Tests.Support;
using Mandos.Abstractions.Announcing;
using Mandos.AvahiAnnouncer;
using Mandos.TestKit;
using Microsoft.Extensions.Time.Testing;
using Tmds.DBus.Protocol;

namespace AvahiAnnouncer.Tests;

/// <summary>The announcer on a real bus, with something on it that stands for Avahi.</summary>
public sealed class ZeroconfAnnouncerTests : IAsyncDisposable
{
    // Event IDs of the announcer's log.
    private const int Trouble = 4200;
    private const int SameTrouble = 4201;
    private const int NoAvahi = 4202;
    private const int HostCollision = 4204;
    private const int Renamed = 4206;
    private const int Retried = 4208;
    private const int Hidden = 4210;
    private const int Found = 4211;
    private const int AnnouncedAtLast = 4212;

    private static readonly ServiceDescription _service = new() { Name = "Mandos", Port = 4711 };

    private readonly TestBus _bus = new();
    private readonly FakeTimeProvider _time = new();
    private readonly TestPluginContext _context;
    private readonly Names _names = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    public ZeroconfAnnouncerTests() => _context = new TestPluginContext { TimeProvider = _time };

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Wait.UntilAsync("the announcer ends", () => _running.IsCompleted || Advance());
        _stop.Dispose();
        await _bus.DisposeAsync();
    }

    [Theory]
    [InlineData(null, AddressFamily.InterNetworkV6, "AddService -1 1 0 'Mandos' '_mandos._tcp' '' '' 4711 False")]
    [InlineData(null, AddressFamily.InterNetwork, "AddService -1 0 0 'Mandos' '_mandos._tcp' '' '' 4711 False")]
    [InlineData(7, AddressFamily.InterNetworkV6, "AddService 7 1 0 'Mandos' '_mandos._tcp' '' '' 4711 False")]
    public async Task Run_AvahiRuns_AddsServiceAsDescribed(int? networkInterface, AddressFamily family, string expected)
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        Start(_service with { InterfaceIndex = networkInterface, AddressFamily = family });
        await AnnouncedAsync("Mandos");

        Assert.Equal(["GetState", "EntryGroupNew", expected, "Commit"], avahi.Asked);
    }

    [Fact]
    public async Task Run_Cancelled_FreesGroup()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        Start();
        await AnnouncedAsync("Mandos");

        await StopAsync();

        Assert.Equal("Free", avahi.Asked.Last());
        Assert.Empty(Logged(Trouble, NoAvahi, AnnouncedAtLast));
    }

    [Fact]
    public async Task Run_CancelledAndAvahiHangs_Ends()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus, silent: "Free");
        Start();
        await AnnouncedAsync("Mandos");

        await _stop.CancelAsync();
        await Wait.UntilAsync("it is asked to free the group", () => avahi.Asked.Last() == "Free");
        await Wait.UntilAsync("the announcer ends", () => _running.IsCompleted || Advance());
        await _running;
    }

    [Fact]
    public async Task Run_NameTaken_TakesTheNextThatIsFree()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        avahi.Taken["Mandos"] = avahi.Taken["Mandos #2"] = true;
        Start();
        await AnnouncedAsync("Mandos #2 #2");

        Assert.Equal(
            ["GetAlternativeServiceName Mandos", "Reset", "GetAlternativeServiceName Mandos #2", "Reset"],
            avahi.Asked.Where(call => call.StartsWith("GetAlt", StringComparison.Ordinal) || call == "Reset"));
        Assert.Equal(2, Logged(Renamed).Length);
    }

    [Fact]
    public async Task Run_AvahiDoesNotGetDone_AsksAnewUntilItDoes()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        avahi.Stuck = 3;
        Start();
        await Wait.UntilAsync("it is announced", () => !_names.Reported.IsEmpty || Advance());

        Assert.Equal(3, avahi.Asked.Count(call => call == "Reset"));
        Assert.Equal(4, avahi.Asked.Count(call => call == "Commit"));
        Assert.Equal(3, Logged(Retried).Length);
    }

    [Fact]
    public async Task Run_AvahiDoesNotFindItself_SaysSoUntilItDoes()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        avahi.Hides = true;
        Start();
        await Wait.UntilAsync("it is looked for twice", () => avahi.Asked.Count(call => call == "ResolveService iisssiu") > 1 || Advance());
        Assert.Single(Logged(Hidden));
        Assert.Empty(Logged(Found));

        avahi.Hides = false;
        await Wait.UntilAsync("it is found", () => Logged(Found).Length == 1 || Advance());
    }

    [Fact]
    public async Task Run_NameTakenLater_TakesAnother()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        Start();
        await AnnouncedAsync("Mandos");
        avahi.ChangeGroup(3);
        await AnnouncedAsync("Mandos", "Mandos #2");
    }

    [Fact]
    public async Task Run_SignalsOfOthers_AreIgnored()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        using DBusConnection other = await _bus.ConnectAsync();
        Start();
        await AnnouncedAsync("Mandos");

        foreach (string? to in new[] { null, avahi.Asker })
        {
            FakeAvahi.Signal(other, avahi.Group, FakeAvahi.GroupInterface, 3, to);
            FakeAvahi.Signal(other, avahi.Group, FakeAvahi.GroupInterface, 4, to);
            FakeAvahi.Signal(other, "/", FakeAvahi.ServerInterface, 4, to);
        }

        // So that the bus has passed them on before what comes now.
        await other.ListServicesAsync();
        avahi.ChangeGroup(3);
        await AnnouncedAsync("Mandos", "Mandos #2");

        Assert.Equal(1, avahi.Asked.Count(call => call == "Reset"));
        Assert.DoesNotContain("Free", avahi.Asked);
    }

    [Fact]
    public async Task Run_Listening_HasTheBusKeepBroadcastsOfOthersAway()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        using DBusConnection other = await _bus.ConnectAsync();
        Start();
        await AnnouncedAsync("Mandos");

        MessageWriter writer = other.GetMessageWriter();
        writer.WriteMethodCallHeader(
            "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.Debug.Stats", "GetAllMatchRules");
        string[] rules = await other.CallMethodAsync(
            writer.CreateMessage(), (Message message, object? _) => ReadRules(message, avahi.Asker!));

        Assert.Equal(4, rules.Length); // three of ours, and one by which the library knows who has Avahi's name
        Assert.All(rules, rule => Assert.Contains("sender='org.freedesktop.", rule, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Run_HostNameCollides_AnnouncesAgainAfterwards()
    {
        await _bus.StartAsync();
        using FakeAvahi avahi = await FakeAvahi.StartAsync(_bus);
        Start();
        await AnnouncedAsync("Mandos");
        avahi.ChangeState(3);
        avahi.ChangeState(2);
        await AnnouncedAsync("Mandos", "Mandos");

        Assert.Equal(["Free", "EntryGroupNew"], avahi.Asked.Skip(4).Take(2));
        Assert.Single(Logged(HostCollision));
    }

    [Fact]
    public async Task Run_AvahiComesLaterAndAgain_AnnouncesEachTimeWithoutHavingItStarted()
    {
        await _bus.StartAsync();
        Start();
        await Wait.UntilAsync("that is logged", () => Logged(NoAvahi).Length == 1);
        using (await FakeAvahi.StartAsync(_bus))
        {
            await AnnouncedAsync("Mandos");
        }

        await Wait.UntilAsync("that is logged again", () => Logged(NoAvahi).Length == 2);
        using FakeAvahi second = await FakeAvahi.StartAsync(_bus);
        await AnnouncedAsync("Mandos", "Mandos");
        Assert.Empty(Logged(Trouble));
        Assert.Equal(2, Logged(AnnouncedAtLast).Length);
        Assert.False(File.Exists(_bus.ActivationMark));
    }

    [Fact]
    public async Task Run_BusComesLaterAndAgain_LogsAbsenceOnce()
    {
        Start();
        await Wait.UntilAsync("it is tried again and again", () => Logged(SameTrouble).Length >= 3 || Advance());
        Assert.Single(Logged(Trouble));

        await _bus.StartAsync();
        int errors;
        using (await FakeAvahi.StartAsync(_bus))
        {
            await Wait.UntilAsync("it is announced", () => _names.Reported.Count == 1 || Advance());
            errors = Logged(Trouble).Length;
            await _bus.KillAsync();
        }

        await Wait.UntilAsync("that is logged", () => Logged(Trouble).Length > errors);
        await _bus.StartAsync();
        using FakeAvahi second = await FakeAvahi.StartAsync(_bus);
        await Wait.UntilAsync("it is announced again", () => _names.Reported.Count == 2 || Advance());
    }

    [Theory]
    [InlineData("GetState")]
    [InlineData("EntryGroupNew")]
    [InlineData("AddService")]
    [InlineData("Commit")]
    public async Task Run_AnswerNeverComes_StartsOver(string method)
    {
        await _bus.StartAsync();
        using (await FakeAvahi.StartAsync(_bus, silent: method))
        {
            Start();
            await Wait.UntilAsync("the answer is missed", () => Logged(Trouble).Length > 0 || Advance());
        }

        using FakeAvahi sound = await FakeAvahi.StartAsync(_bus);
        await Wait.UntilAsync("it is announced", () => !_names.Reported.IsEmpty || Advance());
    }

    private void Start(ServiceDescription? service = null)
    {
        var announcer = new ZeroconfAnnouncer(_context) { Address = _bus.Address };
        _running = Task.Run(() => announcer.RunAsync(service ?? _service, _names, _stop.Token), CancellationToken.None);
    }

    private async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Wait.UntilAsync("the announcer ends", () => _running.IsCompleted);
        await _running;
    }

    private Task AnnouncedAsync(params string[] names)
        => Wait.UntilAsync($"announced as {string.Join(", ", names)}", () => _names.Reported.SequenceEqual(names));

    /// <summary>The rules of one connection, of those that the bus has.</summary>
    private static string[] ReadRules(Message message, string connection)
    {
        Reader reader = message.GetBodyReader();
        ArrayEnd end = reader.ReadDictionaryStart();
        while (reader.HasNext(end))
        {
            reader.AlignStruct();
            string name = reader.ReadString();
            string[] rules = reader.ReadArrayOfString();
            if (name == connection)
            {
                return rules;
            }
        }

        return [];
    }

    /// <summary>What was logged with one of these event IDs.</summary>
    private string[] Logged(params int[] events)
        => [.. _context.Logged.Where(record => events.Contains(record.Id.Id)).Select(record => record.Text)];

    /// <summary>Lets the clock go on, some twenty times as fast as the real one.</summary>
    private bool Advance()
    {
        _time.Advance(TimeSpan.FromSeconds(0.1));
        return false;
    }

    private sealed class Names : IProgress<string>
    {
        public ConcurrentQueue<string> Reported { get; } = new();

        public void Report(string value) => Reported.Enqueue(value);
    }
}
