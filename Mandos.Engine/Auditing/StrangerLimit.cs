using System.Net;
using System.Net.Sockets;
using Mandos.Engine.Outcomes;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Auditing;

/// <summary>
/// Decides which connections of strangers have a record each; otherwise anybody who can reach the server could fill its disk. The others are
/// counted, by where they come from and what became of them, and have a record together. Thread-safe.
/// </summary>
internal sealed class StrangerLimit : IDisposable
{
    /// <summary>How many of one kind from one network are told of at once: more than a person tries by hand.</summary>
    internal const int OfNetwork = 50;

    /// <summary>How many of one kind are told of at once, wherever they come from.</summary>
    internal const int OfAll = 200;

    /// <summary>How many networks are kept apart; the others count as one. Some 200 bytes each.</summary>
    internal const int MaxNetworks = 1000;

    /// <summary>How many networks have a summary of their own, those with the most connections; the others have one of each kind.</summary>
    internal const int MaxSummaries = 10;

    /// <summary>After what time a network may be told of once more.</summary>
    private static readonly TimeSpan _networkPause = TimeSpan.FromSeconds(30);

    /// <summary>After what time one more is told of, wherever it comes from: some 3 MB a day of each kind.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly EngineClock _clock;
    private readonly Action<AuditSummary, LogLevel> _tell;
    private readonly ITimer _timer;
    private readonly Dictionary<Kind, Bucket> _networks = [];
    private readonly Dictionary<Kind, Bucket> _kinds = [];
    private TimeSpan? _since;

    /// <param name="clock">The time.</param>
    /// <param name="tell">Gets each summary, with the level of the log.</param>
    public StrangerLimit(EngineClock clock, Action<AuditSummary, LogLevel> tell)
    {
        (_clock, _tell) = (clock, tell);
        _timer = clock.TimeProvider.CreateTimer(_ => Flush(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>How long connections are counted until they are told of.</summary>
    internal static TimeSpan Period { get; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether a connection has a record of its own; otherwise it is counted.</summary>
    /// <param name="address">Where it comes from.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="level">The level at which the log would tell of it.</param>
    public bool Admits(IPAddress address, Outcome reason, LogLevel level)
    {
        IPAddress network = NetworkOf(address);
        lock (_lock)
        {
            TimeSpan now = _clock.Now;
            Kind everywhere = new(null, reason, level);
            Kind here = new(network, reason, level);
            if (!_networks.TryGetValue(here, out Bucket? bucket))
            {
                bucket = Add(_networks, _networks.Count < MaxNetworks ? here : everywhere, OfNetwork, now);
            }

            Bucket kind = Add(_kinds, everywhere, OfAll, now);
            bucket.Fill(now, _networkPause, OfNetwork);
            kind.Fill(now, _pause, OfAll);
            if (bucket.Left > 0 && kind.Left > 0)
            {
                bucket.Left--;
                kind.Left--;
                return true;
            }

            bucket.Counted++;
            if (_since is null)
            {
                _since = now;
                _timer.Change(Period, Timeout.InfiniteTimeSpan);
            }

            return false;
        }
    }

    /// <summary>Tells of all that was counted.</summary>
    public void Flush()
    {
        List<(AuditSummary Summary, LogLevel Level)> summaries = [];
        lock (_lock)
        {
            TimeSpan now = _clock.Now;
            TimeSpan duration = now - (_since ?? now);
            _since = null;
            var counted = _networks.Where(static pair => pair.Value.Counted > 0).OrderByDescending(static pair => pair.Value.Counted).ToList();
            foreach ((Kind kind, Bucket bucket) in counted.Where(static pair => pair.Key.Network is not null).Take(MaxSummaries))
            {
                summaries.Add((Summarize(kind.Network, 1, kind.Reason, bucket.Counted, duration), kind.Level));
                bucket.Counted = 0;
            }

            foreach (var kind in counted.Where(static pair => pair.Value.Counted > 0).GroupBy(static pair => (pair.Key.Reason, pair.Key.Level)))
            {
                long count = kind.Sum(static pair => pair.Value.Counted);
                summaries.Add((Summarize(null, kind.Count(), kind.Key.Reason, count, duration), kind.Key.Level));
                foreach ((_, Bucket bucket) in kind)
                {
                    bucket.Counted = 0;
                }
            }

            foreach ((Kind key, Bucket bucket) in _networks)
            {
                bucket.Fill(now, _networkPause, OfNetwork);
                if (bucket.Left == OfNetwork)
                {
                    _networks.Remove(key);
                }
            }
        }

        summaries.ForEach(summary => _tell(summary.Summary, summary.Level));
    }

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private static Bucket Add(Dictionary<Kind, Bucket> buckets, Kind key, int room, TimeSpan now)
    {
        if (!buckets.TryGetValue(key, out Bucket? bucket))
        {
            buckets[key] = bucket = new Bucket { Left = room, FilledAt = now };
        }

        return bucket;
    }

    private AuditSummary Summarize(IPAddress? network, int networks, Outcome reason, long count, TimeSpan duration) => new()
    {
        Time = _clock.UtcNow,
        Network = network is null ? null : new IPNetwork(network, network.AddressFamily == AddressFamily.InterNetwork ? 32 : 64),
        Networks = networks,
        Outcome = reason,
        Count = count,
        Duration = duration,
    };

    /// <summary>An IPv4 address; of an IPv6 address its /64, within which anybody has as many as he likes.</summary>
    internal static IPAddress NetworkOf(IPAddress address)
    {
        if (address.AddressFamily == AddressFamily.InterNetwork)
        {
            return address;
        }

        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    /// <summary>What connections have in common that are counted together.</summary>
    /// <remarks>No tuple: a dictionary with those for keys is compiled at each start.</remarks>
    /// <param name="Network">Where they come from: the network's first address; null: anywhere.</param>
    /// <param name="Reason">Why they ended.</param>
    /// <param name="Level">The level at which the log would tell of them.</param>
    private sealed record Kind(IPAddress? Network, Outcome Reason, LogLevel Level)
    {
        /// <inheritdoc/>
        public bool Equals(Kind? other) => other is not null && Reason == other.Reason && Level == other.Level && Equals(Network, other.Network);

        /// <inheritdoc/>
        public override int GetHashCode() => ((int)Reason * 397) ^ ((int)Level * 31) ^ (Network?.GetHashCode() ?? 0);
    }

    /// <summary>What may be told of, and what was not.</summary>
    private sealed class Bucket
    {
        public int Left { get; set; }

        public TimeSpan FilledAt { get; set; }

        public long Counted { get; set; }

        /// <summary>Adds what has become allowed since the last time.</summary>
        public void Fill(TimeSpan now, TimeSpan pause, int room)
        {
            long more = (long)((now - FilledAt) / pause);
            FilledAt = Left + more >= room ? now : FilledAt + more * pause;
            Left = (int)Math.Min(room, Left + more);
        }
    }
}
