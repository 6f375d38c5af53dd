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

    /// <summary>Moves the expiry of an enabled client by a difference, which may be negative.</summary>
    /// <inheritdoc cref="Set"/>
    public ClientSnapshot Move(Client client, ClientSnapshot state, TimeSpan difference)
    {
        TimeSpan due = EngineClock.Add(client.Expiry.Due ?? clock.Now, difference);
        return Set(client, state, due - clock.Now);
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
