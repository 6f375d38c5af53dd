using Mandos.Abstractions.Sharing;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>
/// Decides when a committed command holds everywhere: when all servers have confirmed it, or those that have not have lost their permission since.
/// Used on the engine loop alone.
/// </summary>
internal sealed class Acknowledgements(EngineServices services, Guid self)
{
    private readonly List<Waiter> _waiting = [];
    private IReadOnlyList<SharedServer> _servers = [];

    /// <summary>Whether what is decided is still to be kept on this machine.</summary>
    public Func<bool> IsBehind { get; set; } = static () => false;

    /// <summary>Whether anybody waits.</summary>
    public bool Any => _waiting.Count > 0;

    /// <summary>The names of the servers for which somebody waits.</summary>
    public IEnumerable<string> Missing => _waiting.Count == 0 ? []
        : _servers.Where(server => !HasConfirmed(server, _waiting.Max(static waiter => waiter.Revision))).Select(static server => server.Identity.Name);

    /// <summary>When the first of them began to wait.</summary>
    public TimeSpan? Since => _waiting.Count == 0 ? null : _waiting.Min(static waiter => waiter.Since);

    /// <summary>Has a command wait until it holds everywhere.</summary>
    /// <param name="waiter">The command.</param>
    /// <param name="revision">Where it is committed.</param>
    /// <param name="committed">A time at which it was committed for sure.</param>
    public void Add(Waiter waiter, long revision, TimeSpan committed)
    {
        waiter.Revision = revision;
        _waiting.Add(waiter);
        services.Deadlines.Schedule(waiter.Limit, committed + SharedStateTiming.Acknowledgement);
    }

    /// <summary>Takes up who has confirmed what.</summary>
    public void Update(IReadOnlyList<SharedServer> servers)
    {
        _servers = servers;
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            Waiter waiter = _waiting[i];
            if (servers.All(server => HasConfirmed(server, waiter.Revision)))
            {
                End(waiter);
            }
        }
    }

    /// <summary>Ends the wait of a command that holds everywhere, by the time that has passed.</summary>
    public void End(Waiter waiter)
    {
        _waiting.Remove(waiter);
        services.Deadlines.Cancel(waiter.Limit);
        waiter.End(null);
    }

    /// <summary>
    /// Whether all of a server's processes have confirmed a revision. One that has just registered may have taken the place of one that
    /// still has a permission.
    /// </summary>
    private bool HasConfirmed(SharedServer server, long revision)
        => server.SinceJoined >= SharedStateTiming.Acknowledgement && (server.Identity.Id == self ? !IsBehind() : server.Confirmed >= revision);
}
