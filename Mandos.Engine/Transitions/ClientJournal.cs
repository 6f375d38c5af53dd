using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;
using Mandos.Engine.Clients;
using Mandos.Engine.Control;
using Mandos.Engine.Persistence;

namespace Mandos.Engine.Transitions;

/// <summary>The only way to change a client's visible state: makes sure that subscribers and the state store hear of it.</summary>
internal sealed class ClientJournal(EventHub events, IStateKeeper keeper, ClientCounts counts)
{
    /// <summary>Replaces a client's state and tells which properties that changed, in the order of their events.</summary>
    public void Update(Client client, ClientSnapshot next, params ReadOnlySpan<ClientProperty> changed)
    {
        UpdateTransient(client, next, changed);
        if (!client.IsRemoved)
        {
            keeper.Changed(client);
        }
    }

    /// <summary>As <see cref="Update"/>, for what lives no longer than the server and so is not saved.</summary>
    public void UpdateTransient(Client client, ClientSnapshot next, params ReadOnlySpan<ClientProperty> changed)
    {
        client.Snapshot = next;
        counts.Update(client);
        if (client.IsRemoved || !events.HasSubscribers)
        {
            return;
        }

        foreach (ClientProperty property in changed)
        {
            events.Publish(new ClientPropertyChanged(next, property));
        }
    }

    /// <summary>Begins to save what has changed of a client, without the wait for more changes.</summary>
    public void SaveNow(Client client) => _ = keeper.FlushAsync(client.Name);

    /// <summary>Tells subscribers of something that happened to a client.</summary>
    public void Publish(Client client, Func<ClientSnapshot, ClientEvent> create)
    {
        if (!client.IsRemoved && events.HasSubscribers)
        {
            events.Publish(create(client.Snapshot));
        }
    }
}
