using Mandos.Abstractions.Persistence;
using Mandos.Abstractions.Sharing;
using Mandos.Engine.Clients;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Sharing;

/// <summary>How commands are sent, one of a client at a time, and what comes of them.</summary>
internal sealed partial class SharedKeeper
{
    private void PumpSoon()
    {
        if (_pumpDue.Due is null)
        {
            _services.Deadlines.Schedule(_pumpDue, _clock.After(GatherTime));
        }
    }

    private void Pump()
    {
        if (!_isReady || _applying is not null) // what is half applied must not be sent
        {
            return;
        }

        while (_running < MostCommands && _queue.TryDequeue(out SharedEntry? entry)) // a command that ends goes on
        {
            _dirty.Remove(entry.Name);
            if (!entry.IsRunning && entry.Command is null) // else it is looked at again when that ends
            {
                Send(entry);
            }
        }
    }

    private void Enqueue(SharedEntry entry)
    {
        if (_dirty.Add(entry.Name))
        {
            _queue.Enqueue(entry);
        }
    }

    private void Send(SharedEntry entry)
    {
        Refresh(entry);
        ControlAspects decided = DecidedOf(entry);
        if (entry.IsForgotten && entry.Local is not Client)
        {
            Execute(entry, Command(entry, null), ControlAspects.None);
        }
        else if (entry.Base is null && entry.Local is not null && entry.Waiters is null)
        {
            Files.Review(entry); // a new client goes with its files' row
        }
        else if (entry.Local is { } local && (decided != ControlAspects.None || entry.Base is null))
        {
            SharedControl here = ClientControl.Of(local, _clock);
            bool movesExpiry = local is Client { Snapshot.Enabled: true } && (entry.Base is not { Enabled: true } before
                || !before.Settings.Timeout.Equals(here.Settings.Timeout));
            Execute(entry, Command(entry, entry.Base is { } stored ? ClientControl.Merge(stored with { Verdict = here.Verdict }, here, stored, decided) : here) with
            {
                ExpiresIn = movesExpiry ? EngineClock.Add(((Client)local).ExpiryDue, -_clock.Now) : null,
                File = FileRows.IsNew(entry) ? Files.RowOf(entry) : null,
            }, decided);
        }
        else if (entry is { IsDue: true, Base: { Enabled: true } stored, Local: Client client })
        {
            SharedVerdict? verdict = ClientControl.Of(client, _clock).Verdict;
            Execute(entry, Command(entry, stored with { Enabled = false, Verdict = verdict is { Approved: false } ? verdict : null }) with
            {
                OnlyIfExpired = true,
            }, ControlAspects.None);
        }
        else
        {
            (entry.IsDue, entry.IsForgotten) = (false, false);
            Review(entry);
        }
    }

    private static ControlCommand Command(SharedEntry entry, SharedControl? control) => new()
    {
        Id = Guid.NewGuid(),
        Client = entry.Name,
        ExpectedRevision = entry.Base is null ? 0 : entry.Revision,
        Control = control,
    };

    private void Execute(SharedEntry entry, ControlCommand command, ControlAspects decided)
    {
        (entry.Command, entry.Sent, entry.Decided) = (command, decided, ControlAspects.None);
        entry.IsRunning = true;
        _running++;
        _calls.Call(
            token => _store.ExecuteAsync(command, token), CallTime,
            result => Executed(entry, command, result), error => NotExecuted(entry, error));
    }

    private void Executed(SharedEntry entry, ControlCommand command, ControlResult result)
    {
        EndCall(entry);
        switch (result.Outcome)
        {
            case ControlOutcome.Committed:
                Committed(entry, command, result.Revision);
                break;
            case ControlOutcome.Unknown:
                NoteUnknown(entry);
                SyncSoon();
                break;
            default:
                long before = entry.Revision;
                Withdraw(entry);
                if (command.OnlyIfExpired)
                {
                    NotExpired(entry);
                }

                if (result.Current is { } current)
                {
                    TakeUp(current);
                }
                else if (result.Outcome == ControlOutcome.Conflict)
                {
                    (entry.Base, entry.IsForgotten) = (null, false); // the store does not have it any more
                }

                Review(entry);
                if (entry.Revision == before)
                {
                    _services.Deadlines.Schedule(_pumpDue, _clock.After(RetryTime)); // nothing is new, so that at once it would be the same
                    return;
                }

                break;
        }

        Pump();
    }

    private void Committed(SharedEntry entry, ControlCommand command, long revision)
    {
        (entry.Command, entry.Sent, entry.UnknownSince, _refusal) = (null, ControlAspects.None, null, null);
        entry.File = command.File ?? entry.File;
        entry.IsForgotten &= command.Control is not null && entry.Local is not Client;

        if (revision > entry.Revision)
        {
            (entry.Base, entry.Revision) = (command.Control, revision);
            if (command.OnlyIfExpired && entry.Local is Client { Snapshot.Enabled: true } client)
            {
                WhileApplying(entry, () => Expire(client));
            }
        }

        entry.IsDue &= !command.OnlyIfExpired;
        Review(entry);
        SyncSoon(); // to confirm it, and to see who else has
    }

    private void NotExecuted(SharedEntry entry, Exception error)
    {
        EndCall(entry);
        switch (error)
        {
            case ServerFencedException fenced:
                Withdraw(entry);
                Fenced(fenced);
                return;
            case StateStoreException:
                _problem = error.Message;
                if (entry.Command is { OnlyIfExpired: false } && _refusal != error.Message)
                {
                    _refusal = error.Message;
                    LogNotTaken(entry.Name, error.Message);
                }

                Withdraw(entry);
                break;
            default:
                NoteUnknown(entry); // a fault, or no answer in time: it may be committed
                break;
        }

        if (entry.IsDue && entry.Command is null)
        {
            NotExpired(entry);
        }

        Review(entry);
        _services.Deadlines.Schedule(_pumpDue, _clock.After(RetryTime));
    }

    /// <summary>Looks up, after a sync that came back clean, whether a command was committed.</summary>
    private void LookUp(SharedEntry entry)
    {
        ControlCommand command = entry.Command!;
        entry.IsRunning = true;
        _running++;
        _calls.Call(
            token => _store.FindCommandAsync(command.Id, token), CallTime,
            revision =>
            {
                EndCall(entry);
                if (revision is { } committed)
                {
                    Committed(entry, command, committed);
                }
                else
                {
                    Withdraw(entry);
                    Review(entry);
                }

                Pump();
            },
            _ => EndCall(entry)); // the next sync has it looked up again
    }

    private void NoteUnknown(SharedEntry entry)
    {
        entry.UnknownSince = _clock.Now;
        _unknown.Add(entry);
    }

    private void EndCall(SharedEntry entry)
    {
        entry.IsRunning = false;
        _running--;
    }

    /// <summary>Takes back a command that was not committed: what it was to decide is still to be sent.</summary>
    private static void Withdraw(SharedEntry entry)
    {
        entry.Decided |= entry.Sent;
        (entry.Command, entry.Sent, entry.UnknownSince) = (null, ControlAspects.None, null);
    }

    private void NotExpired(SharedEntry entry)
    {
        entry.IsDue = false;
        if (entry.Local is Client client)
        {
            RetryExpiry(client);
        }

        SyncSoon();
    }
}
