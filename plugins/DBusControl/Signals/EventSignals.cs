using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.DBusControl.Clients;

namespace Mandos.DBusControl.Signals;

/// <summary>Tells the bus what happens in the server, and keeps the table of clients as the bus knows them.</summary>
/// <param name="paths">The paths of the clients that are there.</param>
/// <param name="clients">The table.</param>
/// <param name="signals">Sends signals.</param>
internal sealed class EventSignals(ObjectPaths paths, ClientTable clients, SignalWriter signals)
{
    /// <summary>Tells of an event.</summary>
    public void Tell(ServerEvent serverEvent)
    {
        switch (serverEvent)
        {
            case ClientNotFound e:
                signals.ClientNotFound(e.KeyId, e.Address);
                break;
            case ClientAdded { Client: { } client }:
                string added = paths.Assign(client.Name);
                clients.Set(added, client);
                signals.ClientAdded(added, client);
                break;
            case ClientRemoved { Client: { } client } when paths.Find(client.Name) is { } removed:
                paths.Release(client.Name);
                Remove(removed, client);
                break;
            case ClientEvent e when paths.Find(e.Client.Name) is { } path:
                clients.Set(path, e.Client);
                Tell(path, e);
                break;
        }
    }

    /// <summary>Tells of all differences between a client as the bus knows it, if it does, and as it is.</summary>
    public void BringUpToDate(ClientSnapshot client)
    {
        string path = paths.Assign(client.Name);
        if (clients.TryGet(path, out ClientSnapshot? known) && known.Id != client.Id)
        {
            Remove(path, known);
            known = null;
        }

        clients.Set(path, client);
        if (known is null)
        {
            signals.ClientAdded(path, client);
            return;
        }

        if (!known.Requests.SequenceEqual(client.Requests))
        {
            signals.RequestsChanged(path, client);
        }

        foreach (ClientPropertyInfo property in ClientProperties.All.Concat(ClientProperties.Extensions))
        {
            if (property.Value is { } value && !Equals(value(known), value(client)))
            {
                signals.PropertyChanged(path, client, property);
            }
        }
    }

    /// <summary>Forgets a client that is gone, or will be.</summary>
    public void Remove(string path, ClientSnapshot client)
    {
        if (clients.Remove(path))
        {
            signals.ClientRemoved(path, client);
        }
    }

    private void Tell(string path, ClientEvent clientEvent)
    {
        switch (clientEvent)
        {
            case ClientPropertyChanged e when e.Property == ClientProperty.Requests:
                signals.RequestsChanged(path, clientEvent.Client);
                break;
            case ConflictingRequests e:
                signals.ConflictingRequests(path, e.Addresses);
                break;
            case AnomalyNoticed e:
                signals.AnomalyNoticed(path, e);
                break;
            case ClientPropertyChanged e when ClientProperties.Of(e.Property) is { } property:
                signals.PropertyChanged(path, e.Client, property);
                break;
            case CheckerStarted e:
                signals.CheckerStarted(path, e.Description);
                break;
            case CheckerCompleted e:
                signals.CheckerCompleted(path, e.Result, e.Description);
                break;
            case GotSecret:
                signals.GotSecret(path);
                break;
            case Rejected e:
                signals.Rejected(path, e.Reason);
                break;
            case RebootExpectationEnded e:
                signals.RebootEnded(path, e.Ending);
                break;
            case Rehearsed e:
                signals.Rehearsed(path, e.Request.Peer.Address, e.Problem);
                break;
            case KeyPromoted e:
                signals.KeyPromoted(path, e.RetiredKeyId, e.IsTried);
                break;
            case NeedApproval e:
                signals.NeedApproval(path, e.TimeLeft, e.ApprovedByDefault);
                break;
        }
    }
}
