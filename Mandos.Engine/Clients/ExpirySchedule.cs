using Mandos.Abstractions.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Clients;

/// <summary>Moves the moment at which a client is disabled, on both clocks.</summary>
internal sealed class ExpirySchedule(EngineClock clock, DeadlineQueue deadlines)
{
    /// <summary>Has the client expire after a delay.</summary>
    /// <returns>The state to give to <see cref="ClientJournal"/>.</returns>
    public ClientSnapshot Set(Client client, ClientSnapshot state, TimeSpan fromNow)
    {
        deadlines.Schedule(client.Expiry, clock.After(fromNow));
        return state with { Expires = EngineClock.Add(clock.UtcNow, fromNow) };
    }

    /// <summary>Moves the expiry of an enabled client by the difference between its timeout and the one that it had.</summary>
    /// <inheritdoc cref="Set"/>
    public ClientSnapshot Move(Client client, ClientSnapshot state, TimeSpan oldTimeout)
    {
        TimeSpan timeout = state.Settings.Timeout;
        if (client.Expiry.Due is not { } due || due == TimeSpan.MaxValue)
        {
            // It lay beyond all time, so a difference says nothing; count from now.
            return Set(client, state, timeout);
        }

        TimeSpan left = EngineClock.Add(due, -clock.Now);
        return Set(client, state, EngineClock.Add(left, timeout - oldTimeout));
    }

    /// <summary>Whether an enabled client's expiry has come.</summary>
    public bool IsPast(Client client) => client.Expiry.Due <= clock.Now;

    /// <summary>Has the client not expire.</summary>
    /// <inheritdoc cref="Set"/>
    public ClientSnapshot Clear(Client client, ClientSnapshot state)
    {
        deadlines.Cancel(client.Expiry);
        return state with { Expires = null };
    }
}
