using System.Collections.Concurrent;
using System.Globalization;

namespace Mandos.EndToEnd.Tests.Sharing.Faults;

/// <summary>Three servers on a PostgreSQL with a standby, clients that ask them all the time, and persons who decide about these.</summary>
internal sealed class FaultSite : IAsyncDisposable
{
    private const int ServerCount = 3;
    private const int ShownEvents = 60;
    private const int MostAgain = 5;

    /// <summary>How long a client may have to ask until a server that sees the store gives it its secret; a real one is patient.</summary>
    private static readonly TimeSpan _serviceLimit = TimeSpan.FromSeconds(45);

    private readonly ConcurrentQueue<string> _events = new();
    private readonly CancellationTokenSource _end = new();
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly Random _random;
    private List<Task> _asking = [];
    private int _asked;
    private int _given;

    private FaultSite(int seed, FaultNetwork network, FaultDatabases databases) => (_random, Network, Databases) = (new Random(seed), network, databases);

    public FaultNetwork Network { get; }

    public FaultDatabases Databases { get; }

    public IReadOnlyList<SharingServer> Servers { get; private set; } = [];

    public IReadOnlyList<RecordedClient> Clients { get; } =
        [.. Enumerable.Range(0, 6).Select(number => new RecordedClient(string.Create(CultureInfo.InvariantCulture, $"client{number}"), isByDenial: number >= 4))];

    /// <summary>What happened.</summary>
    public FaultTally Tally { get; } = new();

    public static async Task<FaultSite> StartAsync(int seed, Harness.StockClient stock)
    {
        FaultNetwork network = await FaultNetwork.CreateAsync(ServerCount, FaultDatabases.Hosts);
        FaultDatabases? databases = null;
        try
        {
            databases = await FaultDatabases.StartAsync(network);
            var site = new FaultSite(seed, network, databases) { Stock = stock };
            await site.StartServersAsync();
            return site;
        }
        catch
        {
            if (databases is not null)
            {
                await databases.DisposeAsync();
            }

            await network.DisposeAsync();
            throw;
        }
    }

    private Harness.StockClient Stock { get; init; } = null!;

    /// <summary>Measures how long a person waits who disables a client: with all servers alive, and with one killed.</summary>
    /// <param name="all">How often with all alive.</param>
    /// <param name="oneDead">How often at each other one with one killed. Each takes 12.5 s; one server answers one caller's commands in turn.</param>
    public async Task MeasureAsync(int all, int oneDead)
    {
        // The servers before those that have just started may have a permission still.
        await Task.Delay(Abstractions.Sharing.SharedStateTiming.Acknowledgement + TimeSpan.FromSeconds(1), TimeProvider.System);
        await MeasureAsync(Clients[0], all, Servers, Tally.AllAlive);
        await Servers[0].Server.KillAsync();
        await Task.WhenAll(Servers.Skip(1).Zip(Clients, (server, client) => MeasureAsync(client, oneDead, [server], Tally.OneDead)));
        await Servers[0].StartAsync();
    }

    /// <summary>Has faults happen at the same time, persons decide meanwhile, and clients ask; all is mended in the end.</summary>
    public async Task GoThroughAsync(IReadOnlyList<Fault> faults)
    {
        List<int> free = [.. Enumerable.Range(0, ServerCount)];
        List<Task> broken = [];
        var decided = new TaskCompletionSource();
        bool insists = _random.Next(3) > 0;
        foreach (Fault fault in faults)
        {
            int server = free[_random.Next(free.Count)];
            if (!fault.IsOfDatabase)
            {
                free.Remove(server);
            }

            Tally.Count(fault.Name);
            TimeSpan delay = TimeSpan.FromSeconds(_random.NextDouble());
            TimeSpan time = TimeSpan.FromSeconds(fault.Seconds.Least + (_random.NextDouble() * (fault.Seconds.Most - fault.Seconds.Least)));
            broken.Add(BreakAsync(fault, server, delay, time, insists && fault.MayOutlast ? decided.Task : Task.CompletedTask));
        }

        List<Task> decisions = [];
        foreach (RecordedClient client in Pick(Clients.Where(static client => client.IsEntitled), 1, 2))
        {
            int server = insists && free.Count > 0 ? free[_random.Next(free.Count)] : _random.Next(ServerCount);
            decisions.Add(ForbidAsync(client, Servers[server], TimeSpan.FromSeconds(_random.NextDouble() * 3), insists));
        }

        foreach (RecordedClient client in Pick(Clients.Where(static client => client.IsForbidden), 0, 1))
        {
            decisions.Add(DecideAsync(client, Servers[_random.Next(ServerCount)], allow: true, TimeSpan.FromSeconds(_random.NextDouble() * 3)));
        }

        if (free.Count > 0 && !faults.Any(static fault => fault.IsOfDatabase))
        {
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System); // all that breaks has broken
            await ServeAllAsync([.. free.Select(server => Servers[server])], "while a server sees the store");
        }

        Task all = Task.WhenAll(decisions);
        await all.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        decided.SetResult();
        await Task.WhenAll([all, .. broken]);
        await SettleAsync();
        await ServeAllAsync(Servers, "after all was mended");
        await Task.WhenAll(Clients.Where(static client => client.IsForbidden).SelectMany(client => Servers.Select(server => AskAsync(client, server))));
        if (_random.Next(4) == 0)
        {
            int server = _random.Next(ServerCount);
            await Stock.RequirePasswordAsync(Servers[server].Server.EndPoint, FaultNetwork.InterfaceTo(server), Network.Router);
            Tally.NoteStock();
        }

        foreach (RecordedClient client in Pick(Clients.Where(static client => !client.IsEntitled), 1, 2))
        {
            await DecideAsync(client, Servers[_random.Next(ServerCount)], allow: true, TimeSpan.Zero);
        }

        await RequireSoundAsync();
    }

    /// <summary>What has happened of late.</summary>
    public string Describe() => string.Join('\n', _events);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await Task.WhenAll(_asking).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        (Tally.Asked, Tally.Given) = (_asked, _given);
        foreach (SharingServer server in Servers)
        {
            await server.DisposeAsync();
        }

        await Databases.DisposeAsync();
        await Network.DisposeAsync();
        _end.Dispose();
    }

    /// <summary>Has the servers' logs left out of the test's output.</summary>
    public void BeQuiet()
    {
        foreach (SharingServer server in Servers)
        {
            server.Server.IsQuiet = true;
        }
    }

    private async Task StartServersAsync()
    {
        List<SharingServer> servers = [];
        Servers = servers;
        for (int number = 0; number < ServerCount; number++)
        {
            var place = new SharingPlace(FaultDatabases.HostList)
            {
                Address = FaultNetwork.ServerAddress(number),
                Namespace = Network.ServerNamespace(number),
                RootCertificate = Databases.RootCertificate,
                Credentials = Databases.Credentials,
            };
            servers.Add(await SharingServer.PrepareAsync(
                string.Create(CultureInfo.InvariantCulture, $"server{number}"), place,
                [.. Clients.Select(static client => client.Stanza), Stock.StanzaWith("checker = true", "timeout = P10D")]));
        }

        await Task.WhenAll(servers.Select(static server => server.StartAsync()));
        await ServeAllAsync(Servers, "after the start");
        _asking = [.. Clients.Select(client => KeepAskingAsync(client, new Random(_random.Next())))];
    }

    private async Task BreakAsync(Fault fault, int server, TimeSpan delay, TimeSpan time, Task outlasted)
    {
        string what = fault.IsOfDatabase ? fault.Name : $"{fault.Name} ({Servers[server].Name})";
        await Task.Delay(delay, TimeProvider.System);
        Note($"{what}{(time > TimeSpan.Zero ? $", for {time.TotalSeconds:F1} s" : "")}");
        Func<Task> mend = await fault.BreakAsync(this, server);
        await Task.Delay(time, TimeProvider.System);
        await outlasted;
        await mend();
        Note($"mended: {what}");
    }

    /// <summary>Commands whose person was told that they are not sure to hold are given again, where they were given, until they are.</summary>
    private async Task SettleAsync()
    {
        long start = TimeProvider.System.GetTimestamp();
        while (Clients.FirstOrDefault(static client => client.Unsure.Count > 0) is { } client)
        {
            await DecideAsync(client, client.Unsure[0], allow: true, TimeSpan.Zero);
            Require(TimeProvider.System.GetElapsedTime(start) < _serviceLimit, $"no command about {client.Name} succeeds though all is mended");
        }
    }

    /// <summary>A person forbids a client, and tries again a few times, if they insist, until they are told that it holds.</summary>
    private async Task ForbidAsync(RecordedClient client, SharingServer server, TimeSpan delay, bool insists)
    {
        await DecideAsync(client, server, allow: false, delay);
        for (int again = 0; insists && !client.IsForbidden && again < MostAgain; again++)
        {
            await DecideAsync(client, server, allow: false, TimeSpan.FromSeconds(1));
        }
    }

    private async Task DecideAsync(RecordedClient client, SharingServer server, bool allow, TimeSpan delay)
    {
        await Task.Delay(delay, TimeProvider.System);
        string what = $"{(allow ? "allow" : "forbid")} {client.Name} at {server.Name}";
        Note(what);
        long start = TimeProvider.System.GetTimestamp();
        bool isSure = allow ? await client.AllowAsync(server) : await client.ForbidAsync(server);
        TimeSpan time = TimeProvider.System.GetElapsedTime(start);
        Tally.NoteDecision(isSure);
        Note($"{what}: {(isSure ? "holds" : "is not sure to hold")}, after {time.TotalSeconds:F2} s");
        if (!isSure)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
        else if (!allow)
        {
            await Task.WhenAll(Servers.Select(each => AskAsync(client, each))); // at once, while one that is cut off may not know
        }
    }

    private async Task MeasureAsync(RecordedClient client, int count, IReadOnlyList<SharingServer> servers, List<TimeSpan> times)
    {
        for (int i = 0; i < count; i++)
        {
            long start = TimeProvider.System.GetTimestamp();
            Require(await client.ForbidAsync(servers[i % servers.Count]), "a disable fails though nothing is broken");
            TimeSpan time = TimeProvider.System.GetElapsedTime(start);
            lock (times)
            {
                times.Add(time);
            }

            await Task.WhenAll(Servers.Where(static server => !server.Server.HasEnded).Select(server => AskAsync(client, server)));
            Require(await client.AllowAsync(servers[i % servers.Count]), "an enable fails though nothing is broken");
        }
    }

    /// <summary>Has each client that is to have its secret ask each of some servers, again and again, until that gives it: one that never does is of no use.</summary>
    private Task ServeAllAsync(IReadOnlyList<SharingServer> servers, string when)
        => Task.WhenAll(Clients.SelectMany(client => servers.Select(server => ServeAsync(client, server, when))));

    private async Task ServeAsync(RecordedClient client, SharingServer server, string when)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (client.IsEntitled)
        {
            if (await AskAsync(client, server))
            {
                Tally.NoteWait(TimeProvider.System.GetElapsedTime(start));
                return;
            }

            Require(!client.IsEntitled || TimeProvider.System.GetElapsedTime(start) < _serviceLimit,
                $"{client.Name}, which is entitled, has not got its secret from {server.Name} for {_serviceLimit.TotalSeconds:F0} s, {when}");
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System);
        }
    }

    private async Task KeepAskingAsync(RecordedClient client, Random random)
    {
        while (!_end.IsCancellationRequested)
        {
            TimeSpan pause = random.Next(5) == 0 ? TimeSpan.FromSeconds(random.NextDouble() * 2) : TimeSpan.Zero;
            await AskAsync(client, Servers[random.Next(ServerCount)], pause);
            await Task.Delay(TimeSpan.FromSeconds(0.2 + (random.NextDouble() * 0.8)), TimeProvider.System, _end.Token);
        }
    }

    private async Task<bool> AskAsync(RecordedClient client, SharingServer server, TimeSpan pause = default)
    {
        Interlocked.Increment(ref _asked);
        bool isGiven = await client.AskAsync(Network, server, pause, _end.Token);
        if (isGiven)
        {
            Interlocked.Increment(ref _given);
        }

        return isGiven;
    }

    /// <summary>No server has ended by itself, and nothing was given that was forbidden.</summary>
    private async Task RequireSoundAsync()
    {
        foreach (SharingServer server in Servers)
        {
            Require(!server.Server.HasEnded, $"{server.Name} has ended by itself");
        }

        foreach (Task asking in _asking.Where(static asking => asking.IsCompleted))
        {
            await asking;
        }
    }

    private List<RecordedClient> Pick(IEnumerable<RecordedClient> clients, int least, int most)
    {
        RecordedClient[] shuffled = [.. clients];
        _random.Shuffle(shuffled);
        return [.. shuffled.Take(_random.Next(least, most + 1))];
    }

    private void Note(string what)
    {
        _events.Enqueue($"{TimeProvider.System.GetElapsedTime(_start).TotalSeconds,8:F2} s  {what}");
        while (_events.Count > ShownEvents)
        {
            _events.TryDequeue(out _);
        }
    }

    private static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new ViolationException(otherwise);
        }
    }
}
