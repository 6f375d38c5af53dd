using Mandos.Abstractions.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Clients;

/// <summary>
/// How many clients there are in each state, and how many expire soon. Each is counted when it changes, so that who asks looks at none. Thread-safe.
/// </summary>
internal sealed class ClientCounts
{
    /// <summary>A client expires soon when less than this part of its timeout is left.</summary>
    internal const int SoonPart = 4;

    /// <summary>How exactly it is known since when clients expire soon: there is a count for each such time.</summary>
    internal static readonly TimeSpan Step = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly int[] _states = new int[Enum.GetValues<ClientState>().Length];

    /// <summary>How many clients expire soon from a time on, in <see cref="Step"/>s of the engine's clock.</summary>
    private readonly Dictionary<int, int> _soon = [];

    /// <summary>How many of these do already: those up to <see cref="_reached"/>.</summary>
    private int _expiring;
    private int _reached = int.MinValue;

    private int _expectedReboots;
    private int _rotations;

    /// <summary>Clients of which a reboot is expected.</summary>
    public int ExpectedReboots => Volatile.Read(ref _expectedReboots);

    /// <summary>Clients that have a next key.</summary>
    public int Rotations => Volatile.Read(ref _rotations);

    private int _unproven;

    /// <summary>Enabled clients that have not booted with their present keys, secrets and hosts.</summary>
    public int Unproven => Volatile.Read(ref _unproven);

    /// <summary>Counts a client. Called on the engine loop.</summary>
    public void Add(Client client) => Move(client, Place.Of(client));

    /// <summary>Counts a client where it is now, if it is counted at all. Called on the engine loop.</summary>
    public void Update(Client client)
    {
        if (client.CountedIn is not null)
        {
            Move(client, Place.Of(client));
        }
    }

    /// <summary>Counts a client no longer. Called on the engine loop.</summary>
    public void Remove(Client client) => Move(client, null);

    /// <summary>All states, by the names that docs/metrics.md gives.</summary>
    public IEnumerable<(string State, int Count)> States()
    {
        lock (_lock)
        {
            return [.. Enum.GetValues<ClientState>().Select(state => (state.ToString().ToLowerInvariant(), _states[(int)state]))];
        }
    }

    /// <summary>How many clients expire soon, to within a <see cref="Step"/>.</summary>
    /// <param name="now">Now, on the engine's clock.</param>
    public int Expiring(TimeSpan now)
    {
        int step = (int)Math.Min(Math.Floor(now / Step), Place.Never - 1);
        lock (_lock)
        {
            // Only what was reached since the last time, so that the engine does not have to wait for it
            _expiring += step - (long)_reached > _soon.Count
                ? _soon.Sum(one => one.Key > _reached && one.Key <= step ? one.Value : 0)
                : Enumerable.Range(_reached + 1, Math.Max(0, step - _reached)).Sum(reached => _soon.GetValueOrDefault(reached));
            _reached = Math.Max(_reached, step);
            return _expiring;
        }
    }

    private void Move(Client client, Place? to)
    {
        Place? from = client.CountedIn;
        if (from == to)
        {
            return;
        }

        client.CountedIn = to;
        lock (_lock)
        {
            Add(from, -1);
            Add(to, 1);
        }
    }

    private void Add(Place? place, int count)
    {
        if (place is not { } known)
        {
            return;
        }

        _states[(int)known.State] += count;
        _unproven += known.IsUnproven ? count : 0;
        _expectedReboots += known.ExpectsReboot ? count : 0;
        _rotations += known.HasNextKey ? count : 0;
        if (known.SoonFrom == Place.Never)
        {
            return;
        }

        _expiring += known.SoonFrom <= _reached ? count : 0;
        int sum = _soon.GetValueOrDefault(known.SoonFrom) + count;
        if (sum == 0)
        {
            _soon.Remove(known.SoonFrom);
        }
        else
        {
            _soon[known.SoonFrom] = sum;
        }
    }

    /// <summary>How a client stands.</summary>
    internal enum ClientState : byte
    {
        /// <summary>Enabled, and its last check succeeded.</summary>
        Alive,

        /// <summary>Enabled, and its last check did not succeed.</summary>
        Failing,

        /// <summary>Enabled, and no check of it has ended.</summary>
        Unchecked,

        Disabled,
    }

    /// <summary>Where a client is counted.</summary>
    /// <param name="State">Its state.</param>
    /// <param name="SoonFrom">From when on it expires soon, in <see cref="Step"/>s of the engine's clock, or <see cref="Never"/>.</param>
    /// <param name="ExpectsReboot">Whether a reboot of it is expected.</param>
    /// <param name="IsUnproven">Whether it is enabled, and has not booted with its present key, secret and host.</param>
    /// <param name="HasNextKey">Whether it has a next key.</param>
    internal readonly record struct Place(ClientState State, int SoonFrom, bool ExpectsReboot, bool IsUnproven, bool HasNextKey)
    {
        public const int Never = int.MaxValue;
        private const int Earliest = int.MinValue + 1; // after what is reached at first

        public static Place Of(Client client)
        {
            ClientSnapshot snapshot = client.Snapshot;
            bool hasNextKey = snapshot.Rotation?.NextKeyId is not null;
            if (!snapshot.Enabled)
            {
                return new Place(ClientState.Disabled, Never, ExpectsReboot: false, IsUnproven: false, hasNextKey);
            }

            double steps = Math.Ceiling(EngineClock.Add(client.LastDue, -(snapshot.Settings.Timeout / SoonPart)) / Step);
            return new Place(
                snapshot.LastCheckerStatus switch
                {
                    0 => ClientState.Alive,
                    ClientSnapshot.NotCheckedYet => ClientState.Unchecked,
                    _ => ClientState.Failing,
                },
                steps < Never ? (int)Math.Max(steps, Earliest) : Never,
                snapshot.ExpectedReboot is not null,
                snapshot.ProvenAt is null,
                hasNextKey);
        }
    }
}
