using Mandos.Abstractions.Sharing;
using Mandos.Engine.Scheduling;
using Microsoft.Extensions.Logging;

namespace Mandos.Engine.Sharing;

/// <summary>
/// Decides when a committed command holds everywhere: when all servers have confirmed it, or those that have not have lost their permission since.
/// Used on the engine loop alone, unless a member says otherwise.
/// </summary>
internal sealed partial class Acknowledgements(EngineServices services, Guid self)
{
    /// <summary>How long a command waits before that is worth a message.</summary>
    private static readonly TimeSpan _notable = TimeSpan.FromSeconds(1);

    private readonly ILogger _logger = services.Logger;
    private readonly List<Waiter> _waiting = [];
    private string _missing = "";
    private volatile Waiting? _longest;

    /// <summary>Whether what is decided is still to be kept on this machine. Thread-safe.</summary>
    public Func<bool> IsBehind { get; set; } = static () => false;

    /// <summary>The last revision for which somebody waits, and until when at most; null if nobody waits. Thread-safe.</summary>
    public Waiting? Longest => _longest;

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
        TimeSpan limit = committed + SharedStateTiming.Acknowledgement;
        services.Deadlines.Schedule(waiter.Limit, limit);
        _longest = new Waiting(
            Math.Max(revision, _longest?.Revision ?? 0), limit > _longest?.Until ? limit : _longest?.Until ?? limit);
    }

    /// <summary>Takes up who has confirmed what.</summary>
    public void Update(IReadOnlyList<SharedServer> servers)
    {
        for (int i = _waiting.Count - 1; i >= 0; i--)
        {
            Waiter waiter = _waiting[i];
            if (servers.All(server => HasConfirmed(server, waiter.Revision)))
            {
                End(waiter);
            }
        }

        NoteMissing(servers);
    }

    /// <summary>Says once for whom commands wait, if they wait long.</summary>
    private void NoteMissing(IReadOnlyList<SharedServer> servers)
    {
        string missing = Since is { } since && services.Clock.Now - since >= _notable
            ? string.Join(", ", servers.Where(server => _waiting.Exists(waiter => !HasConfirmed(server, waiter.Revision)))
                .Select(static server => server.Identity.Name).Order(StringComparer.Ordinal))
            : "";
        if (missing.Length > 0 && missing != _missing)
        {
            LogWaits(missing, SharedStateTiming.Acknowledgement.TotalSeconds);
        }

        _missing = missing;
    }

    /// <summary>Ends the wait of a command that holds everywhere, by the time that has passed.</summary>
    public void End(Waiter waiter)
    {
        _waiting.Remove(waiter);
        _longest = _waiting.Count == 0 ? null : _longest; // what confirms the last one confirms all
        services.Deadlines.Cancel(waiter.Limit);
        waiter.End(null);
    }

    /// <summary>
    /// Whether all of a server's processes have confirmed a revision. One that has just registered may have taken the place of one that
    /// still has a permission.
    /// Thread-safe.
    /// </summary>
    public bool HasConfirmed(SharedServer server, long revision)
        => server.SinceJoined >= SharedStateTiming.Acknowledgement && (server.Identity.Id == self ? !IsBehind() : server.Confirmed >= revision);

    /// <summary>What is waited for.</summary>
    /// <param name="Revision">The revision that all servers have to confirm.</param>
    /// <param name="Until">When that is over at the latest, whoever has confirmed it.</param>
    public sealed record Waiting(long Revision, TimeSpan Until);
}
