using Mandos.Abstractions.Clients;
using Mandos.Engine.Clients;
using Mandos.Engine.Persistence;

namespace Mandos.Engine.Transitions;

/// <summary>What changes a client at one of several servers: what others have decided and seen, and what they decide together.</summary>
internal sealed partial class ClientTransitions
{
    /// <summary>By how much two servers may see an expiry differently without one taking it from the other.</summary>
    public static readonly TimeSpan SameTime = TimeSpan.FromMilliseconds(100);

    /// <summary>Sees to a client whose expiry has come, where several servers decide that together; null: it is disabled.</summary>
    public Action<Client>? OnDue { get; set; }

    /// <summary>Whether a client may get its secret as far as is known here: where servers share what they see, another may have seen it in time.</summary>
    public bool MayBeEntitled(Client client) => OnDue is null ? IsEntitled(client) : client.Snapshot.Enabled && !client.IsRemoved;

    /// <summary>Disables a client because its expiry has come for all servers.</summary>
    public void ExpireNow(Client client)
    {
        LogExpired(client.Name, LastCheck.Describe(client));
        Disable(client);
    }

    /// <summary>Has the expiry of an enabled client that is due looked at again.</summary>
    public void RetryExpiry(Client client, TimeSpan after)
    {
        if (client.Snapshot.Enabled && !client.IsRemoved && _expiry.IsPast(client))
        {
            _deadlines.Schedule(client.Expiry, _clock.After(after));
        }
    }

    /// <summary>Takes up when a client was seen, by whatever server, and until when that is good.</summary>
    /// <param name="client">The client.</param>
    /// <param name="due">When it expires, by the engine's monotonic clock; null if it does not.</param>
    /// <param name="checkedOk">When it was last seen alive.</param>
    /// <param name="status">How its last check ended.</param>
    public void TakeLiveness(Client client, TimeSpan? due, DateTimeOffset? checkedOk, int status)
    {
        ClientSnapshot next = client.Snapshot with { LastCheckerStatus = status };
        List<ClientProperty> changed = [.. StatusOf(client, next)];
        if (checkedOk is { } ok && (client.Snapshot.LastCheckedOk is not { } known || ok - known > SameTime))
        {
            client.Traces?.SecretsSinceAlive = 0;
            next = next with { LastCheckedOk = ok };
            changed.Add(ClientProperty.LastCheckedOk);
        }

        if (due is { } expiry && client.Snapshot.Enabled && (expiry - client.ExpiryDue).Duration() > SameTime)
        {
            next = _expiry.Set(client, next, expiry - _clock.Now);
            changed.Add(ClientProperty.Expires);
        }

        if (changed.Count > 0)
        {
            _journal.Update(client, next, [.. changed]);
        }
    }

    /// <summary>Takes up when a client was first known, and last enabled.</summary>
    public void TakeTimes(Client client, DateTimeOffset created, DateTimeOffset? lastEnabled)
    {
        if (client.Snapshot.Created != created || client.Snapshot.LastEnabled != lastEnabled)
        {
            _journal.Update(client, client.Snapshot with { Created = created, LastEnabled = lastEnabled }, ClientProperty.LastEnabled);
        }
    }

    /// <summary>Replaces a client's secret by one that was set at another server.</summary>
    /// <param name="client">The client.</param>
    /// <param name="encrypted">The secret as the store keeps it; empty where the files' secret is in force.</param>
    /// <remarks>If it was encrypted under another file's secret it cannot be read; then the client gets none, rather than the wrong one.</remarks>
    public void TakeSecret(Client client, ReadOnlyMemory<byte> encrypted)
    {
        Secret file = client.Definition.Secret;
        Secret? next = encrypted.IsEmpty ? file : SecretCipher.TryDecrypt(file, client.Name, encrypted.Span);
        Secret old = client.Secret;
        client.EncryptedSecret = encrypted;
        client.HasUnreadableSecret = next is null;
        if (next is null)
        {
            LogUnreadableSecret(client.Name);
        }
        else
        {
            client.Secret = next;
        }

        _requests.AbortSends(client, NewSecretText);
        if (old != file && old != client.Secret)
        {
            old.Dispose();
        }

        _journal.Update(client, client.Snapshot, ClientProperty.Secret);
    }
}
