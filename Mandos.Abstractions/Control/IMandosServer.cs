using Mandos.Abstractions.Clients;

namespace Mandos.Abstractions.Control;

/// <summary>The running server as a control surface sees it. Thread-safe.</summary>
/// <remarks>
/// Commands are carried out one after another, and each has its record in the audit, with the <see cref="CommandSource"/> that it came
/// from, also where its sender gives up waiting. When the task of a command ends well, it is in force, every event that it caused is in each subscription already, and its
/// <see cref="CommandResult"/> says whether the change is on disk. If it was not carried out, the task throws.
/// </remarks>
public interface IMandosServer
{
    /// <summary>The server itself, as it is now.</summary>
    ServerInfo Info { get; }

    /// <summary>Makes and reads the tokens of links that decide a request; one object for all control surfaces of this run of the server.</summary>
    RequestLinks Links { get; }

    /// <summary>Invites machines to become clients; null where that is switched off, as it is unless <c>mandos.conf</c> says <c>invitations = True</c>.</summary>
    IInvitations? Invitations => null;

    /// <summary>Starts to receive events, with the state from which they start.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<ServerSubscription> SubscribeAsync(CancellationToken cancellationToken);

    /// <summary>All clients, in no particular order.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<IReadOnlyList<ClientSnapshot>> GetClientsAsync(CancellationToken cancellationToken);

    /// <summary>One client; null if there is none of that name.</summary>
    /// <param name="name">Name of the client.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<ClientSnapshot?> GetClientAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// What the server keeps of former clients, which were removed or have left the files, in order of their names.
    /// </summary>
    /// <remarks>
    /// It applies when a client of the same name, or with the same key, is in the files again, for 90 days at least. None such can be added
    /// by <see cref="AddClientAsync"/> before it is forgotten.
    /// </remarks>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<IReadOnlyList<KeptClient>> GetKeptClientsAsync(CancellationToken cancellationToken);

    /// <summary>Keys that asked since the server started and belong to no client, those that asked last first.</summary>
    /// <remarks>
    /// There are 256 at most, and 64 of one IPv4 address or IPv6 /64. Without room, a key gives way that asked least often, of the network with the most keys.
    /// </remarks>
    /// <param name="cancellationToken">Gives up waiting.</param>
    ValueTask<IReadOnlyList<UnknownKey>> GetUnknownKeysAsync(CancellationToken cancellationToken);

    /// <summary>Enables a client, if it is disabled. An approval that is in force ends.</summary>
    /// <param name="client">The client: a snapshot, or the name.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether the change is on disk.</returns>
    /// <exception cref="UnknownClientException">There is no such client, or not any more.</exception>
    Task<CommandResult> EnableAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Disables a client, if it is enabled: stops its check and refuses its waiting connections. An approval that is in force ends.</summary>
    /// <inheritdoc cref="EnableAsync"/>
    Task<CommandResult> DisableAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Approves or denies the connections that wait now and those of the client's approval duration from now.</summary>
    /// <remarks>
    /// Unless the client's <see cref="ClientSettings.ApproveAll"/> is set, an approval is for one address: that of the connections that wait,
    /// or of the first one that comes. A denial is for all. A denial outlasts the server; an approval ends with it anyway.
    /// </remarks>
    /// <param name="client">The client: a snapshot, or the name.</param>
    /// <param name="approved">True to approve, false to deny.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether a denial, or the end of one, is on disk.</returns>
    /// <exception cref="UnknownClientException">There is no such client, or not any more.</exception>
    /// <exception cref="ConflictingRequestsException">Connections from different addresses wait; nothing was approved.</exception>
    Task<CommandResult> ApproveAsync(ClientReference client, bool approved, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Approves or denies one connection that waits, and no other.</summary>
    /// <param name="requestId">The <see cref="SecretRequest.Id"/> of one of a client's <see cref="ClientSnapshot.Requests"/>.</param>
    /// <param name="approved">True to approve, false to deny.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <exception cref="UnknownRequestException">No such request waits.</exception>
    Task<CommandResult> DecideAsync(long requestId, bool approved, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Has a reboot of a client expected, or not expected any more. It takes the place of one that was expected before.</summary>
    /// <remarks>
    /// Until the client gets its secret, or the time is over, it is not disabled for not being seen alive; and if the plan says so, one request of it
    /// needs no approval. A denial holds all the same, and disabling the client ends it. It outlasts the server.
    /// </remarks>
    /// <param name="client">The client: a snapshot, or the name.</param>
    /// <param name="plan">The reboot.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether the change is on disk.</returns>
    /// <exception cref="UnknownClientException">There is no such client, or not any more.</exception>
    /// <exception cref="ClientDisabledException">The client is disabled; nothing was changed.</exception>
    /// <exception cref="ArgumentException">A value of the plan is out of its range; nothing was changed.</exception>
    /// <exception cref="NotSupportedException">The server shares its state with others.</exception>
    Task<CommandResult> ExpectRebootAsync(ClientReference client, RebootPlan plan, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Has the next request of a client reported as a rehearsal of its boot. It is treated as any other.</summary>
    /// <param name="client">The client: a snapshot, or the name.</param>
    /// <param name="valid">How long a rehearsal is expected from now, <see cref="ClientLimits.LongestRehearsal"/> at most; zero: not any more.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <inheritdoc cref="ExpectRebootAsync"/>
    Task<CommandResult> RehearseAsync(ClientReference client, TimeSpan valid, CommandSource source, CancellationToken cancellationToken);

    /// <summary>
    /// Has the next key of a client (<see cref="KeyRotation.NextKeyId"/>) take the place of its present one, with its secret, whether it has booted with
    /// it or not. The key that it had gets nothing any more.
    /// </summary>
    /// <inheritdoc cref="EnableAsync"/>
    /// <exception cref="NoNextKeyException">It has none.</exception>
    Task<CommandResult> PromoteAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Notes that the client is alive, as a successful check does.</summary>
    /// <inheritdoc cref="EnableAsync"/>
    Task<CommandResult> MarkCheckedOkAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Starts a check now; does nothing if one runs.</summary>
    /// <inheritdoc cref="EnableAsync"/>
    Task<CommandResult> StartCheckerAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Stops the running check; does nothing if none runs. Later checks come when they are due.</summary>
    /// <inheritdoc cref="EnableAsync"/>
    Task<CommandResult> StopCheckerAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Changes settings of a client. A value equal to the present one changes nothing and causes no event.</summary>
    /// <param name="client">The client: a snapshot, or the name.</param>
    /// <param name="change">The settings to change. All are validated before any is changed.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether the change is on disk.</returns>
    /// <exception cref="UnknownClientException">There is no such client, or not any more.</exception>
    /// <exception cref="ArgumentException">A value is out of its range; nothing was changed.</exception>
    Task<CommandResult> ChangeAsync(ClientReference client, ClientChange change, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Replaces a client's secret.</summary>
    /// <param name="client">The client: a snapshot, or the name.</param>
    /// <param name="secret">The new secret, at most <see cref="ClientLimits.SecretBytes"/> long. It is copied before the method returns; the caller should zero its own.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether the change is on disk.</returns>
    /// <exception cref="UnknownClientException">There is no such client, or not any more.</exception>
    /// <exception cref="ArgumentException">The secret is too long; nothing was changed.</exception>
    Task<CommandResult> SetSecretAsync(
        ClientReference client, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Adds a client, which the server keeps at a reload and over restarts, until it is removed.</summary>
    /// <remarks>
    /// It is as good as one in the files, but these win: if they have a client of its name later, it becomes that one, and if they have one
    /// with a key of it, that one takes its place. Its secret is on disk encrypted, under a key that the server makes for itself.
    /// </remarks>
    /// <param name="client">The client.</param>
    /// <param name="secret">Its secret, 1 MiB at most. It is copied before the method returns; the caller should zero its own.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether the client is on disk.</returns>
    /// <exception cref="ArgumentException">Its name, a key, a setting or its secret is not one that a client can have; the text says which.</exception>
    /// <exception cref="ClientExistsException">Another client has its name or a key of it, or something is kept under these.</exception>
    /// <exception cref="Persistence.StateStoreException">The key for its secret cannot be made or read.</exception>
    Task<CommandResult> AddClientAsync(
        NewClient client, ReadOnlyMemory<byte> secret, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Says what the server would make of sections of <c>clients.conf</c> if its files had them too. Nothing changes.</summary>
    /// <remarks>
    /// They are judged as <c>--check-config</c> judges the files, together with these, and more strictly: a section with a secret that no client can use
    /// is a problem, and so is one with a name or key that another client has, or that was removed.
    /// </remarks>
    /// <param name="sections">
    /// What would be appended to the files, at most <see cref="ClientLimits.SectionsBytes"/> long. It is read while the task runs; the caller should zero it then.
    /// </param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="ArgumentException">There is too much of it.</exception>
    /// <exception cref="NotSupportedException">The server has no files.</exception>
    Task<Examination> ExamineAsync(ReadOnlyMemory<byte> sections, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a client. It stays away, over restarts too and by any name that its key has, until it is forgotten by
    /// <see cref="ForgetAsync"/>. One that a command has added is gone for good, with its secret, and nothing of it is kept.
    /// </summary>
    /// <inheritdoc cref="EnableAsync"/>
    Task<CommandResult> RemoveAsync(ClientReference client, CommandSource source, CancellationToken cancellationToken);

    /// <summary>Forgets what is kept of the former clients of a name: if they are in the files at the next reload or start, they are new.</summary>
    /// <param name="name">The name that they had.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether the change is on disk.</returns>
    /// <exception cref="UnknownClientException">Nothing is kept under that name.</exception>
    Task<CommandResult> ForgetAsync(string name, CommandSource source, CancellationToken cancellationToken);

    /// <summary>
    /// Gives a command for many clients, each of which is changed, told of and recorded as if it had been given for it alone. The server goes on
    /// to serve meanwhile, saves all changes together, and waits for that once.
    /// </summary>
    /// <remarks>A client for which it fails keeps it from no other.</remarks>
    /// <param name="clients">The clients, at most <see cref="ClientLimits.ClientsOfCommand"/>.</param>
    /// <param name="action">What to do with each.</param>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>The clients for which it was not carried out, or is not sure to be durable; it is for all others.</returns>
    /// <exception cref="ArgumentException">They are too many, or a new value is out of its range; nothing was changed.</exception>
    async Task<IReadOnlyList<ClientProblem>> CommandManyAsync(
        IReadOnlyList<ClientReference> clients, ClientAction action, CommandSource source, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(clients);
        ArgumentNullException.ThrowIfNull(action);
        List<ClientProblem> problems = [];
        foreach (ClientReference client in clients)
        {
            try
            {
                CommandResult result = await action.CarryOutAsync(this, client, source, cancellationToken).ConfigureAwait(false);
                if (!result.IsDurable)
                {
                    problems.Add(ClientProblem.NotDurable(client.Name, result));
                }
            }
            catch (Exception e) when (e is UnknownClientException or ConflictingRequestsException or ClientDisabledException or NoNextKeyException or NotSupportedException)
            {
                problems.Add(ClientProblem.NotDone(client.Name, e));
            }
        }

        return problems;
    }

    /// <summary>Reads the configuration of the clients again, as SIGHUP does, and applies its changes.</summary>
    /// <remarks>
    /// New clients are added, and clients that are gone are removed, but <see cref="GetKeptClientsAsync"/> still has them. A setting whose value
    /// in the file has changed takes it; every other keeps its run-time value.
    /// </remarks>
    /// <param name="source">Who gives the command.</param>
    /// <param name="cancellationToken">Gives up waiting; the command may still be carried out.</param>
    /// <returns>Whether the changes are on disk.</returns>
    /// <exception cref="ConfigurationException">The configuration has problems; nothing was changed.</exception>
    Task<CommandResult> ReloadAsync(CommandSource source, CancellationToken cancellationToken);
}
