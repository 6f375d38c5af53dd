using Mandos.Abstractions.Clients;

namespace Mandos.Ctl.Servers;

/// <summary>
/// A connection to a Mandos server, Debian's or this one, on whatever way. All methods throw <see cref="ServerException"/> with one line for the
/// user. The commands of one connection are carried out one after another.
/// </summary>
internal interface IServerConnection : IAsyncDisposable
{
    /// <summary>What is between us and the server, in a few words: <c>the system bus</c>.</summary>
    string Place { get; }

    /// <summary>Another connection on the same way.</summary>
    Task<IServerConnection> ConnectAnotherAsync(CancellationToken cancellationToken);

    /// <summary>Ends when the connection is gone, or after disposal; for a connection that waits for nothing maybe only then.</summary>
    Task DisconnectedAsync();

    /// <summary>Whether there is a server.</summary>
    Task<bool> IsServerThereAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Hands over all that happens at the server from now on, one after another; the handler must not block. Then list the clients; a
    /// signal may be about a client as it is already, or that is gone.
    /// </summary>
    Task WatchAsync(Action<ServerSignal> handler, CancellationToken cancellationToken);

    /// <summary>All clients with their properties, in the order in which they appeared.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <param name="read">Is told of each part how many clients it has.</param>
    Task<IReadOnlyList<Client>> ListAsync(CancellationToken cancellationToken, Action<int>? read = null);

    /// <summary>All clients, of which no more need be known than what a change of them needs.</summary>
    Task<IReadOnlyList<Client>> ListToChangeAsync(CancellationToken cancellationToken);

    /// <summary>Gives many clients the same change by one call.</summary>
    /// <returns>
    /// By the paths of clients what is amiss with them, which names the client; null if the server takes no change for many.
    /// </returns>
    Task<IReadOnlyDictionary<string, ServerException>?> TryChangeManyAsync(
        IReadOnlyList<Client> clients, ManyChange change, CancellationToken cancellationToken);

    /// <summary>One client, without listing all.</summary>
    /// <returns>Null if it is not found in this way; it may be in the list nevertheless.</returns>
    Task<Client?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>Why the server cannot save its state; null if it can, or does not say.</summary>
    Task<string?> FindStateProblemAsync(CancellationToken cancellationToken);

    /// <summary>Enables or disables a client.</summary>
    Task EnableAsync(Client client, bool enable, CancellationToken cancellationToken);

    /// <summary>Starts a check of a client now, or stops the one that runs.</summary>
    Task CheckAsync(Client client, bool start, CancellationToken cancellationToken);

    /// <summary>Tells the server that a client has been seen just now.</summary>
    Task CheckedOkAsync(Client client, CancellationToken cancellationToken);

    /// <summary>Changes a setting of a client.</summary>
    /// <param name="client">The client.</param>
    /// <param name="setting">Which setting.</param>
    /// <param name="value">A text, a boolean, or a duration in milliseconds.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task ChangeAsync(Client client, ClientSetting setting, object value, CancellationToken cancellationToken);

    /// <summary>Replaces the secret of a client.</summary>
    Task SetSecretAsync(Client client, byte[] secret, CancellationToken cancellationToken);

    /// <summary>Approves or denies a client that waits.</summary>
    Task ApproveAsync(Client client, bool approve, CancellationToken cancellationToken);

    /// <summary>Has a reboot of a client expected, or not any more.</summary>
    Task ExpectRebootAsync(Client client, RebootPlan plan, CancellationToken cancellationToken);

    /// <summary>Has the next request of a client reported as a rehearsal.</summary>
    /// <param name="client">The client.</param>
    /// <param name="milliseconds">For how long; 0: not any more.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task RehearseAsync(Client client, ulong milliseconds, CancellationToken cancellationToken);

    /// <summary>Has the next key of a client take the place of its present one.</summary>
    Task PromoteAsync(Client client, CancellationToken cancellationToken);

    /// <summary>Removes a client from the server.</summary>
    Task RemoveAsync(Client client, CancellationToken cancellationToken);

    /// <summary>The connections that wait for approval.</summary>
    /// <returns>Null if the server does not tell.</returns>
    Task<IReadOnlyList<Request>?> FindRequestsAsync(CancellationToken cancellationToken);

    /// <summary>Approves or denies one connection that waits, and no other.</summary>
    Task DecideAsync(ulong requestId, bool approve, CancellationToken cancellationToken);

    /// <summary>The former clients that the server keeps.</summary>
    Task<IReadOnlyList<KeptClient>> GetKeptAsync(CancellationToken cancellationToken);

    /// <summary>The keys that asked and belong to no client, those that asked last first.</summary>
    Task<IReadOnlyList<UnknownKey>> GetUnknownKeysAsync(CancellationToken cancellationToken);

    /// <summary>Forgets the former clients of a name.</summary>
    Task ForgetAsync(string name, CancellationToken cancellationToken);

    /// <summary>What the server would make of sections of <c>clients.conf</c> if its files had them too; nothing changes.</summary>
    Task<Examination> ExamineAsync(byte[] sections, CancellationToken cancellationToken);

    /// <summary>The invitations that are open, or on which something has arrived.</summary>
    Task<IReadOnlyList<Invitation>> GetInvitationsAsync(CancellationToken cancellationToken);

    /// <summary>Invites a machine.</summary>
    /// <param name="name">The name that the client is to have.</param>
    /// <param name="milliseconds">For how long.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task<NewInvitation> InviteAsync(string name, ulong milliseconds, CancellationToken cancellationToken);

    /// <summary>The section that has arrived on an invitation.</summary>
    Task<byte[]> GetInvitedSectionAsync(string name, CancellationToken cancellationToken);

    /// <summary>Ends an invitation.</summary>
    /// <param name="name">The name of the invited.</param>
    /// <param name="accepted">Whether the client was added.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    Task EndInvitationAsync(string name, bool accepted, CancellationToken cancellationToken);

    /// <summary>The servers that share their state with this one.</summary>
    Task<ServerGroup> GetServersAsync(CancellationToken cancellationToken);

    /// <summary>The servers that share their state with this one.</summary>
    /// <returns>Null if there are none, or the server does not tell.</returns>
    Task<ServerGroup?> FindServersAsync(CancellationToken cancellationToken);

    /// <summary>Has the server read the files of its clients again.</summary>
    Task ReloadAsync(CancellationToken cancellationToken);
}
