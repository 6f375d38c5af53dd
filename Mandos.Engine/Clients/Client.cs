using System.Net;
using Mandos.Abstractions.Checking;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Persistence;
using Mandos.Engine.Scheduling;

namespace Mandos.Engine.Clients;

/// <summary>One client at run time. Owned by the engine loop; everybody else sees <see cref="Snapshot"/>.</summary>
internal sealed class Client : ISaved
{
    private bool _isUnsettled;
    private bool _hasUnreadableSecret;
    private bool _isUnheardOf;
    private LinkedList<OpenRequest>? _waiting;

    /// <param name="definition">What <c>clients.conf</c> says of it.</param>
    /// <param name="snapshot">Its state at first.</param>
    /// <param name="startCheck">The action of <see cref="NextCheck"/>.</param>
    /// <param name="expire">The action of <see cref="Expiry"/>.</param>
    public Client(ClientDefinition definition, ClientSnapshot snapshot, Action<object> startCheck, Action<object> expire)
    {
        (Definition, Snapshot, Secret) = (definition, snapshot, definition.Secret);
        NextCheck = new Deadline(startCheck, this);
        Expiry = new Deadline(expire, this) { Lead = ExpirySchedule.Lead };
    }

    /// <summary>What <c>clients.conf</c> says of it.</summary>
    public ClientDefinition Definition { get; set; }

    public string Name => Definition.Name;

    /// <summary>Its visible state, replaced as a whole by <c>ClientJournal</c>.</summary>
    public ClientSnapshot Snapshot { get; set; }

    public ClientSettings Settings => Snapshot.Settings;

    /// <summary>The secret in force.</summary>
    public Secret Secret { get; set; }

    /// <summary><see cref="Secret"/> as the state store keeps it; empty while the file's secret is in force.</summary>
    public ReadOnlyMemory<byte> EncryptedSecret { get; set; }

    /// <summary>What <see cref="BootProof"/> made when the client got its secret last; empty if it has not since its key, secret or host changed.</summary>
    public ReadOnlyMemory<byte> Proof { get; set; }

    /// <summary>That its next key has got its secret, and the present key none after that; null if not.</summary>
    public KeyTrial? Trial { get; set; }

    /// <summary>The secret in force for one of its keys, and for no other.</summary>
    /// <param name="keyId">The key that a peer has proved to own.</param>
    /// <exception cref="ArgumentException">It is none of the client's keys.</exception>
    public Secret SecretFor(string keyId)
        => keyId == Definition.Next?.KeyId ? Definition.Next.Secret
            : keyId == Definition.Settings.KeyId || keyId == Definition.Settings.Fingerprint ? Secret
            : throw new ArgumentException("the key is not the client's");

    /// <summary>Whether a key is the next one, rather than the present one.</summary>
    public bool IsNextKey(string keyId) => keyId == Definition.Next?.KeyId;

    /// <summary>When the next check starts.</summary>
    public Deadline NextCheck { get; }

    /// <summary>When the client will be disabled.</summary>
    public Deadline Expiry { get; }

    /// <summary>When the client expires, or expired, unless a reboot is expected for longer.</summary>
    public TimeSpan ExpiryDue { get; set; }

    /// <summary><see cref="ExpiryDue"/> by the wall clock; null while the client is disabled.</summary>
    public DateTimeOffset? ExpiresItself { get; set; }

    /// <summary>Until when a reboot is expected; null if none is.</summary>
    public TimeSpan? RebootDue { get; set; }

    /// <summary>When <see cref="ExpiryDue"/> or <see cref="RebootDue"/> is due, whichever is later.</summary>
    public TimeSpan LastDue => RebootDue > ExpiryDue ? RebootDue.Value : ExpiryDue;

    /// <summary>When a reboot is not expected any more. Made when first needed.</summary>
    public Deadline? RebootEnd { get; set; }

    /// <summary>The request that was granted because a reboot is expected, for which one is enough.</summary>
    public OpenRequest? RebootRequest { get; set; }

    /// <summary>When a rehearsal is not expected any more. Made when first needed.</summary>
    public Deadline? RehearsalEnd { get; set; }

    /// <summary>What <see cref="DeadlineQueue.Lost"/> was when <see cref="Expiry"/> was set.</summary>
    public TimeSpan LostBefore { get; set; }

    /// <summary>Whether <see cref="Expiry"/> was put off for the sake of checks that a gap may have spoilt: once is enough.</summary>
    public bool IsPutOff { get; set; }

    /// <summary>Where <see cref="ClientCounts"/> counts it; null if it is not counted.</summary>
    public ClientCounts.Place? CountedIn { get; set; }

    /// <summary>The check that runs now.</summary>
    public RunningCheck? Check { get; set; }

    /// <summary>How the last check went that has ended; null if none has since the start.</summary>
    public CheckResult? LastResult { get; set; }

    /// <summary>Approval (true) or denial (false) in force; null: neither.</summary>
    public bool? Verdict { get; set; }

    /// <summary>The address that an approval in force is for; null: the first one that comes.</summary>
    public IPAddress? ApprovedAddress { get; set; }

    /// <summary>When <see cref="Verdict"/> ceases to hold. Made when first needed: most clients never do.</summary>
    public Deadline? VerdictEnd { get; set; }

    /// <summary>When a denial in force ceases to hold, by the wall clock: it outlasts the client's absence and the server.</summary>
    public DateTimeOffset? DeniedUntil { get; set; }

    /// <summary>When the last denial ceased to hold, by the engine's clock, if no approval came after it: other servers may have yet to learn of it.</summary>
    public TimeSpan? DenialEnded { get; set; }

    /// <summary>The requests that wait for approval, oldest first. Made when first needed.</summary>
    public LinkedList<OpenRequest> Waiting => _waiting ??= [];

    /// <summary>The different addresses from which requests wait, in the order in which they came.</summary>
    public IPAddress[] WaitingAddresses() => [.. Waiting.Select(static request => request.Description.Peer.Address).Distinct()];

    /// <summary>The requests that are granted and not over. Made when first needed.</summary>
    public List<OpenRequest>? Granted { get; set; }

    /// <summary>The requests that are not over.</summary>
    public IEnumerable<OpenRequest> Open => Enumerable.Concat(_waiting ?? [], Granted ?? []);

    /// <summary>What its requests have left behind; null if there was none with its present key since the start.</summary>
    public ClientTraces? Traces { get; set; }

    /// <summary>Ends when nothing of its secret is on its way that was broken off so far.</summary>
    public Task WhenAbortedSendsEnd()
        => Task.WhenAll((Granted ?? []).Where(static request => request.IsAborted).Select(static request => request.WhenEnded));

    /// <summary>Whether something that is decided of it here is not in the store that several servers share, so that its secret has to wait. For any thread.</summary>
    public bool IsUnsettled
    {
        get => Volatile.Read(ref _isUnsettled);
        set => Volatile.Write(ref _isUnsettled, value);
    }

    /// <summary>
    /// Whether nothing is known of it but what this server's files say: neither from the store that several servers share, nor by a person who has
    /// enabled it here. For any thread.
    /// </summary>
    public bool IsUnheardOf
    {
        get => Volatile.Read(ref _isUnheardOf);
        set => Volatile.Write(ref _isUnheardOf, value);
    }

    /// <summary>Whether <see cref="EncryptedSecret"/> cannot be read with the file's secret, so that it may not get any. For any thread.</summary>
    public bool HasUnreadableSecret
    {
        get => Volatile.Read(ref _hasUnreadableSecret);
        set => Volatile.Write(ref _hasUnreadableSecret, value);
    }

    /// <summary>Whether it is gone; then work that still runs for it has no effect.</summary>
    public bool IsRemoved { get; set; }

    /// <inheritdoc/>
    public StoredClient ToStored() => new()
    {
        Name = Name,
        FileSettings = Definition.Settings,
        FileEnabled = Definition.Enabled,
        Client = Snapshot with
        {
            Id = 0, // a number holds while the server runs
            Expires = Snapshot.Expires is null ? null : ExpiresItself,
            Rotation = Snapshot.Rotation is { IsFileBehind: true } rotation ? rotation with { IsFileBehind = false } : Snapshot.Rotation, // the files tell
        },
        EncryptedSecret = EncryptedSecret,
        DeniedUntil = DeniedUntil,
        Proof = Proof,
        TrialProof = Trial?.Proof ?? default,
    };
}
