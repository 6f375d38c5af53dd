using Mandos.Abstractions.Sharing;

namespace Mandos.Engine.Tests.SharedModel;

/// <summary>What was committed of each client, and what was acknowledged: it finds what must never be.</summary>
internal sealed class CommitLog
{
    private readonly List<Entry> _entries = [];
    private readonly Dictionary<string, SharedControl?> _last = [];
    private readonly Dictionary<string, long> _forbidden = [];
    private readonly Dictionary<string, TimeSpan> _deniedUntil = [];

    /// <summary>Where each client was last enabled by a person.</summary>
    private readonly Dictionary<string, long> _enabled = [];

    /// <summary>When a client was last enabled by a person, by server and client.</summary>
    private readonly Dictionary<(Guid Server, string Client), int> _given = [];
    private int _orders;

    /// <summary>Enables that were given and not seen committed.</summary>
    private readonly HashSet<(Guid Server, string Client)> _open = [];

    /// <summary>Tells which of two commands was given first.</summary>
    public int Order => _orders;

    /// <summary>How many disables, denials and removals were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>How many secrets were written.</summary>
    public int Written { get; private set; }

    /// <summary>Notes that a person enables a client at a server.</summary>
    public void GiveEnable(Guid server, string client)
    {
        _given[(server, client)] = ++_orders;
        _open.Add((server, client));
    }

    /// <summary>Notes how a client stands in the store.</summary>
    public void Start(string client, SharedControl? control) => _last.TryAdd(client, control);

    /// <summary>Notes a change of control.</summary>
    /// <param name="server">Which server made it.</param>
    /// <param name="client">The client.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="control">The control from then on.</param>
    /// <param name="isExpiry">Whether it is by expiry.</param>
    /// <param name="isDue">Whether the expiry was due by the store's clock.</param>
    public void Commit(Guid server, string client, long revision, SharedControl? control, bool isExpiry, bool isDue)
    {
        SharedControl? before = _last.GetValueOrDefault(client);
        bool was = before is { Enabled: true, IsRemoved: false }, will = control is { Enabled: true, IsRemoved: false };
        if (!was && will && before is not null)
        {
            Require(_open.Remove((server, client)), $"S2: {client} became enabled at revision {revision}, though nobody enabled it");
            _enabled[client] = revision;
        }

        Require(!isExpiry || isDue, $"S2: {client} was disabled at revision {revision} by an expiry that is not due");
        _last[client] = control;
        _entries.Add(new Entry(server, client, revision, will));
        if (_entries.Count > 2000)
        {
            _entries.RemoveRange(0, 1000);
        }
    }

    /// <summary>Notes that a disable or a removal was acknowledged.</summary>
    /// <param name="server">Where it was given.</param>
    /// <param name="client">The client.</param>
    /// <param name="given">What the store had when it was given.</param>
    /// <param name="order">What <see cref="Order"/> was then.</param>
    public void Acknowledge(Guid server, string client, long given, int order)
    {
        if (_given.GetValueOrDefault((server, client)) > order)
        {
            return; // a person has taken it back there meanwhile, perhaps before it was committed
        }

        Entry? entry = _entries.Find(entry => entry.Server == server && entry.Client == client && !entry.IsEnabled && entry.Revision > given);
        Require(
            entry is not null,
            $"S1: a disable of {client}, given at revision {given}, was acknowledged by {server} and never committed; committed were: "
                + string.Join(", ", _entries.Where(entry => entry.Client == client).TakeLast(8)));
        _forbidden[client] = Math.Max(_forbidden.GetValueOrDefault(client), entry!.Revision);
        Acknowledged++;
    }

    /// <summary>Notes that a denial was acknowledged.</summary>
    public void AcknowledgeDenial(string client, TimeSpan until)
    {
        _deniedUntil[client] = until > _deniedUntil.GetValueOrDefault(client, TimeSpan.MinValue) ? until : _deniedUntil[client];
        Acknowledged++;
    }

    /// <summary>Notes that a byte of a secret is handed to the kernel.</summary>
    public void Write(string client, string server, TimeSpan now)
    {
        Written++;
        long forbidden = _forbidden.GetValueOrDefault(client);
        Require(
            forbidden == 0 || _enabled.GetValueOrDefault(client) > forbidden,
            $"S1: {server} writes the secret of {client}, whose disable at revision {forbidden} was acknowledged");
        Require(
            _deniedUntil.GetValueOrDefault(client, TimeSpan.MinValue) < now,
            $"S1: {server} writes the secret of {client}, whose denial was acknowledged and holds");
    }

    public static void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(otherwise);
        }
    }

    private sealed record Entry(Guid Server, string Client, long Revision, bool IsEnabled);
}
