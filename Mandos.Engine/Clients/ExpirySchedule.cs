using Mandos.Abstractions.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Clients;

/// <summary>Moves the moment at which a client is disabled, on both clocks.</summary>
/// <remarks>
/// A gap, in which the server did not run, is not the client's silence. It does not count, and after it there is time for a check and
/// another, as at a start; the latter once until the client is seen alive again. So a client that is gone stays enabled no longer
/// than its timeout and two intervals of the time in which the server runs, however often it is stopped.
/// </remarks>
internal sealed class ExpirySchedule(EngineClock clock, DeadlineQueue deadlines)
{
    /// <summary>
    /// How long before an expiry the loop wakes to notice a gap. A gap that ends less than the longest delay after that leaves the rest to a
    /// check that runs.
    /// </summary>
    internal static readonly TimeSpan Lead = TimeSpan.FromSeconds(5);

    /// <summary>Has the client expire after a delay.</summary>
    /// <returns>The state to give to <c>ClientJournal</c>.</returns>
    public ClientSnapshot Set(Client client, ClientSnapshot state, TimeSpan fromNow)
    {
        client.ExpiryDue = clock.After(fromNow);
        client.LostBefore = deadlines.Lost;
        client.IsPutOff = false;
        client.ExpiresItself = EngineClock.Add(clock.UtcNow, fromNow);
        return Schedule(client, state);
    }

    /// <summary>Has an enabled client expire when it does by itself, or when a reboot is not expected any more, whichever is later.</summary>
    /// <inheritdoc cref="Set"/>
    public ClientSnapshot Schedule(Client client, ClientSnapshot state)
    {
        deadlines.Schedule(client.Expiry, client.LastDue);
        return state with { Expires = client.LastDue > client.ExpiryDue ? state.ExpectedReboot?.Until : client.ExpiresItself };
    }

    /// <summary>Has a client whose expiry is due expire later, if there were gaps since it was set.</summary>
    /// <returns>The state to give to <c>ClientJournal</c>; null if it is to expire now.</returns>
    public ClientSnapshot? PutOff(Client client)
    {
        TimeSpan left = EngineClock.Add(End(client, out bool forChecks), -clock.Now);
        if (left <= TimeSpan.Zero)
        {
            return null;
        }

        bool isPutOff = client.IsPutOff || forChecks;
        ClientSnapshot next = Set(client, client.Snapshot, left);
        client.IsPutOff = isPutOff;
        return next;
    }

    /// <summary>Moves the expiry of an enabled client by the difference between its timeout and the one that it had.</summary>
    /// <inheritdoc cref="Set"/>
    public ClientSnapshot Move(Client client, ClientSnapshot state, TimeSpan oldTimeout)
    {
        TimeSpan timeout = state.Settings.Timeout;
        if (client.Expiry.Due is null || client.ExpiryDue == TimeSpan.MaxValue)
        {
            // It lay beyond all time, so a difference says nothing; count from now.
            return Set(client, state, timeout);
        }

        TimeSpan left = EngineClock.Add(End(client, out _), -clock.Now);
        return Set(client, state, EngineClock.Add(left, timeout - oldTimeout));
    }

    /// <summary>Whether an enabled client's expiry has come.</summary>
    public bool IsPast(Client client)
        => client.Expiry.Due is not null && !(client.RebootDue > clock.Now) && End(client, out _) <= clock.Now;

    /// <summary>Has the client not expire.</summary>
    /// <inheritdoc cref="Set"/>
    public ClientSnapshot Clear(Client client, ClientSnapshot state)
    {
        deadlines.Cancel(client.Expiry);
        client.ExpiresItself = null;
        return state with { Expires = null };
    }

    /// <summary>When a client expires by itself, the gaps since this was set considered.</summary>
    private TimeSpan End(Client client, out bool forChecks)
    {
        TimeSpan lost = deadlines.Lost - client.LostBefore;
        TimeSpan end = EngineClock.Add(client.ExpiryDue, lost);
        TimeSpan checks = EngineClock.Add(EngineClock.Add(deadlines.LostUntil, client.Settings.Interval), client.Settings.Interval);
        forChecks = lost > TimeSpan.Zero && !client.IsPutOff && checks > end;
        return forChecks ? checks : end;
    }
}
