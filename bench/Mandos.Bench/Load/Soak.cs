using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Mandos.Bus;
using Mandos.TestKit;
using Mandos.TestKit.Daemons;
using Mandos.TestKit.Peers;
using Tmds.DBus.Protocol;

namespace Mandos.Bench.Load;

/// <summary>
/// The published server for hours with all that it does going on: checks of 10,000 clients, secrets, reloads, changes by D-Bus, approvals and scrapes.
/// It looks at what grows, at checks that are missing, and at secrets that are late.
/// </summary>
internal sealed class Soak : IAsyncDisposable
{
    private const int Clients = 10_000;

    /// <summary>Clients that fetch secrets.</summary>
    private const int Fetchers = 64;

    /// <summary>Clients whose checks a shell makes.</summary>
    private const int ByShell = 500;

    /// <summary>Seconds between two checks of a client.</summary>
    private const int Interval = 60;

    private static readonly TimeSpan _late = TimeSpan.FromSeconds(1);

    private readonly PeerKeyPair[] _keys = [.. Enumerable.Range(0, Fetchers + 1).Select(static _ => PeerKeyPair.Create(PeerKeyKind.Ed25519))];
    private readonly string[] _others = [.. Enumerable.Range(0, Clients - Fetchers - 1).Select(static _ => Convert.ToHexString(RandomNumberGenerator.GetBytes(32)))];
    private readonly IPEndPoint _metrics = new(IPAddress.Loopback, FreePort.Find());
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private readonly List<Sample> _samples = [];
    private readonly string _programs = DefaultChecks.CopyFping();
    private DBusDaemon _bus = null!;
    private ServerUnderTest _server = null!;
    private BusConnection _caller = null!;
    private long _secrets;
    private long _longest;
    private long _approvals;
    private long _commands;
    private long _reloads;
    private long _signals;

    private Soak()
    {
    }

    /// <param name="args">How many hours, by default 8.</param>
    /// <returns>0 if nothing failed, was missing or was late.</returns>
    public static async Task<int> RunAsync(string[] args)
    {
        TimeSpan time = TimeSpan.FromHours(args.Length > 0 ? double.Parse(args[0], CultureInfo.InvariantCulture) : 8);
        await using var soak = new Soak();
        await soak.StartAsync();
        await soak.RunAsync(time);
        return soak.Report();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _caller.DisposeAsync();
        await _server.DisposeAsync();
        await _bus.DisposeAsync();
        _stop.Dispose();
        Directory.Delete(_programs, recursive: true);
    }

    private async Task StartAsync()
    {
        _bus = await DBusDaemon.StartAsync(DBusDaemon.OpenRules + DBusDaemon.UsualLimits);
        _server = await ServerUnderTest.StartAsync(
            Repository.Root, Files(0), busAddress: _bus.Address, prepare: (start, directory) =>
            {
                start.Environment["PATH"] = $"{_programs}:{start.Environment["PATH"]}";
                File.WriteAllText(
                    Path.Combine(directory, "plugins.yaml"),
                    $"plugins:\n  WebControl:\n    settings: {{socket: {directory}/state/web.sock, metrics: \"{_metrics}\"}}\n");
            });
        _caller = new BusConnection(new BusOptions(_bus.Address));
        await _caller.ConnectAsync(CancellationToken.None);
        await _caller.AddMatchAsync(
            new MatchRule { Type = MessageType.Signal, Interface = "org.freedesktop.DBus.Properties" }, _ => Interlocked.Increment(ref _signals));
        while (await _caller.GetNameOwnerAsync("se.bsnet.fukt.Mandos") is null)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System);
        }
    }

    /// <summary>The clients' file, of which an edit changes something.</summary>
    private string Files(long edit)
    {
        var text = new StringBuilder($"[DEFAULT]\ninterval = PT{Interval}S\ntimeout = PT10M\n");
        for (int i = 0; i < Clients; i++)
        {
            string key = i <= Fetchers ? _keys[i].KeyId : _others[i - Fetchers - 1];
            string options = i == Fetchers ? "approval_delay = PT1M\napproved_by_default = False\n" : i % (Clients / ByShell) == 0 ? "checker = true\n" : "";
            text.Append(ServerUnderTest.Section($"client{i}", key, options).Replace($"host = client{i}.example.org", $"host = 127.{1 + (i / 62500)}.{i / 250 % 250}.{1 + (i % 250)}"));
        }

        // Some settings change with each edit, and some clients come and go
        for (int i = 0; i < 10; i++)
        {
            text.Append(ServerUnderTest.Section(
                $"guest{(edit + i) % 20}", Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"guest{(edit + i) % 20}"))),
                $"host = 127.0.0.1\nextended_timeout = PT{10 + (edit % 7)}M\n").Replace($"host = guest{(edit + i) % 20}.example.org\n", ""));
        }

        return text.ToString();
    }

    private async Task RunAsync(TimeSpan time)
    {
        Console.WriteLine(
            $"{"minutes",8} {"RSS MB",8} {"files",6} {"threads",8} {"state MB",9} {"checks/s",9} {"secrets",9} {"longest s",10} {"approved",9} {"commands",9} {"reloads",8} {"signals",10} {"disabled",9}");
        Task[] work =
        [
            .. Enumerable.Range(0, 4).Select(i => RepeatAsync("a secret", TimeSpan.FromMilliseconds(100), () => FetchAsync(i))),
            RepeatAsync("an approval", TimeSpan.FromSeconds(5), ApproveAsync),
            RepeatAsync("a change by D-Bus", TimeSpan.FromSeconds(1), ChangeAsync),
            RepeatAsync("a reload", TimeSpan.FromMinutes(1), ReloadAsync),
        ];
        long start = Stopwatch.GetTimestamp();
        TimeSpan between = time < TimeSpan.FromMinutes(30) ? TimeSpan.FromSeconds(15) : TimeSpan.FromMinutes(1);
        (double Checks, TimeSpan At) before = (await ChecksAsync(), TimeSpan.Zero);
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            await Task.Delay(between, TimeProvider.System);
            TimeSpan at = Stopwatch.GetElapsedTime(start);
            double checks = await ChecksAsync();
            var sample = new Sample(
                at, _server.ResidentBytes / 1e6, _server.Descriptors, _server.Threads, _server.StateBytes / 1e6, (checks - before.Checks) / (at - before.At).TotalSeconds);
            before = (checks, at);
            _samples.Add(sample);
            double disabledNow = await MetricAsync("mandos_clients{state=\"disabled\"}");
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{at.TotalMinutes,8:F1} {sample.Megabytes,8:F1} {sample.Files,6} {sample.Threads,8} {sample.StateMegabytes,9:F2} {sample.Checks,9:F1} {_secrets,9} {Interlocked.Exchange(ref _longest, 0) / 1e3,10:F3} {_approvals,9} {_commands,9} {_reloads,8} {Interlocked.Read(ref _signals),10} {disabledNow,9}"));
        }

        await _stop.CancelAsync();
        await Task.WhenAll(work);
        double disabled = await MetricAsync("mandos_clients{state=\"disabled\"}");
        double failing = await MetricAsync("mandos_clients{state=\"failing\"}");
        if (disabled + failing > 0)
        {
            _failures.Enqueue($"{disabled} clients are disabled, and the last check of {failing} failed");
        }
    }

    /// <summary>Does something again and again; what goes wrong is told in the end.</summary>
    private async Task RepeatAsync(string what, TimeSpan pause, Func<Task> work)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(pause, TimeProvider.System, _stop.Token);
                await work();
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // One that fails is counted, and the others go on
                _failures.Enqueue($"{what}: {e.Message}");
            }
        }
    }

    private async Task FetchAsync(int index)
    {
        PeerKeyPair key = _keys[(index + (4 * RandomNumberGenerator.GetInt32(Fetchers / 4))) % Fetchers];
        long start = Stopwatch.GetTimestamp();
        Require(await MandosPeer.FetchAsync(_server.EndPoint, new PeerOptions(key), CancellationToken.None));
        TimeSpan took = Stopwatch.GetElapsedTime(start);
        Interlocked.Increment(ref _secrets);
        _longest = Math.Max(_longest, (long)took.TotalMilliseconds);
        if (took > _late)
        {
            _failures.Enqueue($"a secret took {took.TotalSeconds:F3} s");
        }
    }

    private async Task ApproveAsync()
    {
        Task<PeerOutcome> peer = MandosPeer.FetchAsync(_server.EndPoint, new PeerOptions(_keys[Fetchers]), CancellationToken.None);
        string path = $"/clients/client{Fetchers}";
        while (!peer.IsCompleted && !await GetAsync(path, "ApprovalPending", static value => value.GetBool()))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System);
        }

        await _caller.CallAsync(Call(path, "se.recompile.Mandos.Client", "Approve", "b", (ref writer) => writer.WriteBool(true)));
        Require(await peer);
        Interlocked.Increment(ref _approvals);
    }

    private async Task ChangeAsync()
    {
        string path = $"/clients/client{RandomNumberGenerator.GetInt32(Clients)}";
        ulong value = (ulong)RandomNumberGenerator.GetInt32(1000, 100_000);
        await _caller.CallAsync(Call(path, "org.freedesktop.DBus.Properties", "Set", "ssv", (ref writer) =>
        {
            writer.WriteString("se.recompile.Mandos.Client");
            writer.WriteString("ApprovalDuration");
            writer.WriteVariantUInt64(value);
        }));
        if (await GetAsync(path, "ApprovalDuration", static found => found.GetUInt64()) != value)
        {
            throw new InvalidOperationException("the value is not what it was set to");
        }

        Interlocked.Increment(ref _commands);
    }

    private Task ReloadAsync()
    {
        if (_reloads % 2 == 0)
        {
            _server.Configure(Files(_reloads)); // every other one finds nothing new
        }

        _server.HangUp();
        _reloads++;
        return Task.CompletedTask;
    }

    private static void Require(PeerOutcome outcome)
    {
        if (!outcome.Secret.AsSpan().SequenceEqual(ServerUnderTest.Secret))
        {
            throw new InvalidOperationException($"no secret: {outcome.Ending} {outcome.Detail}");
        }
    }

    private Task<T> GetAsync<T>(string path, string property, Func<VariantValue, T> read) => _caller.CallAsync(
        Call(path, "org.freedesktop.DBus.Properties", "Get", "ss", (ref writer) =>
        {
            writer.WriteString("se.recompile.Mandos.Client");
            writer.WriteString(property);
        }),
        message => read(message.GetBodyReader().ReadVariantValue()), CancellationToken.None);

    private MessageBuffer Call(string path, string interfaceName, string member, string signature, BodyWriter body)
    {
        MessageWriter writer = _caller.GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader("se.recompile.Mandos", path, interfaceName, member, signature);
            body(ref writer);
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }

    private Task<double> ChecksAsync() => MetricAsync("mandos_checks_total{");

    /// <summary>The sum of the samples whose lines begin with a text.</summary>
    private async Task<double> MetricAsync(string start)
    {
        using var http = new HttpClient();
        string text = await http.GetStringAsync(new Uri($"http://{_metrics}/metrics"));
        return text.Split('\n').Where(line => line.StartsWith(start, StringComparison.Ordinal))
            .Sum(static line => double.Parse(line[(line.LastIndexOf(' ') + 1)..], CultureInfo.InvariantCulture));
    }

    /// <summary>Says what has grown after the first half hour, or the first quarter of a shorter run, and what went wrong.</summary>
    private int Report()
    {
        TimeSpan whole = _samples[^1].At;
        TimeSpan settled = whole / 4 < TimeSpan.FromMinutes(30) ? whole / 4 : TimeSpan.FromMinutes(30);
        Sample[] rest = [.. _samples.Where(sample => sample.At > settled)];
        Sample[] first = [.. rest.Take(Math.Max(1, rest.Length / 4))];
        Sample[] last = [.. rest.TakeLast(Math.Max(1, rest.Length / 4))];
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"\nafter the first {settled.TotalMinutes:F1} minutes, medians of the first and of the last quarter:"));
        foreach ((string name, Func<Sample, double> value) in (ReadOnlySpan<(string, Func<Sample, double>)>)
            [
                ("resident memory, MB", static sample => sample.Megabytes), ("open files", static sample => sample.Files),
                ("threads", static sample => sample.Threads), ("state on disk, MB", static sample => sample.StateMegabytes),
                ("checks a second", static sample => sample.Checks),
            ])
        {
            (double before, double after) = (Median(first.Select(value)), Median(last.Select(value)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {name,-22} {before,10:F2} {after,10:F2} {after - before,10:+0.00;-0.00}"));
        }

        // A client that comes or goes has a check less or more
        double due = (double)Clients / Interval;
        double done = rest.Average(static sample => sample.Checks);
        if (done < 0.99 * due)
        {
            _failures.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{done:F2} checks a second of the {due:F2} that were due"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{_secrets} secrets, {_approvals} approvals, {_commands} changes, {_reloads} reloads, {done:F2} checks a second of {due:F2}; failures: {_failures.Count}"));
        foreach (IGrouping<string, string> failure in _failures.GroupBy(static failure => failure).Take(20))
        {
            Console.WriteLine($"  {failure.Count()} x {failure.Key}");
        }

        return _failures.IsEmpty ? 0 : 1;
    }

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }

    private sealed record Sample(TimeSpan At, double Megabytes, int Files, int Threads, double StateMegabytes, double Checks);
}
