using Mandos.Abstractions.Sharing;

namespace Mandos.Engine.Tests.SharedModel;

/// <summary>What was given, what was committed and what was acknowledged of each client: it finds what must never be.</summary>
/// <remarks>A server that starts again is another process, for it knows nothing of what was given before.</remarks>
/// <param name="note">Notes a line for whoever reads of a failure.</param>
internal sealed class CommitLog(Action<string> note)
{
    /// <summary>By how much the ends of one denial may differ: clocks run at different rates, and each server counts it by itself.</summary>
    private static readonly TimeSpan _tolerance = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, History> _clients = [];
    private int _order;

    /// <summary>Tells which of two commands was given first, or sent.</summary>
    public int Order => _order;

    /// <summary>What has happened that must not; null if nothing. An engine may hide the exception that tells of it.</summary>
    public string? Fault { get; private set; }

    /// <summary>How many disables, denials and removals were acknowledged.</summary>
    public int Acknowledged { get; private set; }

    /// <summary>How many secrets were written.</summary>
    public int Written { get; private set; }

    /// <summary>Notes that a person gives a command.</summary>
    /// <param name="process">At which server.</param>
    /// <param name="client">For which client.</param>
    /// <param name="kind">Which command.</param>
    /// <param name="known">The last change of the client that the server knows.</param>
    /// <param name="now">When.</param>
    public Given Give(object process, string client, GivenKind kind, long known, TimeSpan now)
    {
        var given = new Given(process, kind, ++_order, known, now);
        Of(client).Given.Add(given);
        return given;
    }

    /// <summary>Notes how a client stands in the store.</summary>
    public void Start(string client, SharedControl? control) => Of(client).Control ??= control;

    /// <summary>Notes a change of control.</summary>
    /// <param name="process">Which server made it.</param>
    /// <param name="command">The command.</param>
    /// <param name="sent">What <see cref="Order"/> was when the server sent it.</param>
    /// <param name="revision">The revision.</param>
    /// <param name="isDue">Whether the expiry was due by the store's clock.</param>
    /// <param name="now">When.</param>
    public void Commit(object process, ControlCommand command, int sent, long revision, bool isDue, TimeSpan now)
    {
        History history = Of(command.Client);
        (SharedControl? before, SharedControl? after) = (history.Control, command.Control);
        var commit = new Committed(process, sent, revision, IsEnabled(after), after?.Verdict is { Approved: false } denied && denied.Left > TimeSpan.Zero, IsRemoved: after?.IsRemoved == true);
        string what = $"{command.Client} at revision {revision}";
        Require(!command.OnlyIfExpired || isDue, $"S2: {what} was disabled by an expiry that is not due");
        if (before is not null && !IsEnabled(before) && commit.IsEnabled)
        {
            Require(history.IsGiven(GivenKind.Enable, commit, history.Disabled), $"S2: {what} became enabled, though nobody who knew enabled it");
            history.EnabledAt = revision;
        }

        Require(before?.IsRemoved != true || commit.IsRemoved, $"S2: {what} is there again, though it was removed");
        if (commit.IsDenied)
        {
            history.Denied = commit;
        }
        else if (history.Denied is not null && history.IsGiven(GivenKind.Approve, commit, history.Denied))
        {
            (history.Denied, history.ApprovedAt, history.ForbiddenUntil) = (null, revision, TimeSpan.MinValue);
        }

        Require(
            history.ForbiddenUntil <= now + _tolerance || commit.IsRemoved
                || (after?.Verdict is { Approved: false } kept && now + kept.Left + _tolerance >= history.ForbiddenUntil),
            $"S2: {what} lost its denial, which was acknowledged, though nobody who knew approved it");
        history.Disabled = commit.IsEnabled ? history.Disabled : commit;
        history.Control = after;
        history.Commits.Add(commit);
        note($"committed by {process}: {what}, {(commit.IsRemoved ? "removed" : commit.IsEnabled ? "enabled" : "disabled")}, {after?.Verdict}");
    }

    /// <summary>Notes that a disable or a removal was acknowledged.</summary>
    /// <param name="client">The client.</param>
    /// <param name="given">The command.</param>
    /// <param name="revision">What the store had when it was given.</param>
    public void Acknowledge(string client, Given given, long revision)
    {
        History history = Of(client);
        if (history.IsTakenBack(given, GivenKind.Enable))
        {
            return;
        }

        Committed? commit = history.Commits.Find(commit => commit.Process == given.Process && !commit.IsEnabled && commit.Revision > revision);
        Require(
            commit is not null,
            $"S1: a disable of {client}, given at revision {revision}, was acknowledged and never committed; committed were: "
                + string.Join(", ", history.Commits.TakeLast(8)));
        history.ForbiddenAt = Math.Max(history.ForbiddenAt, commit!.Revision);
        note($"acknowledged by {given.Process}: {client} is {given.Kind}d since {commit.Revision}");
        Acknowledged++;
    }

    /// <summary>Notes that a denial was acknowledged.</summary>
    /// <param name="client">The client.</param>
    /// <param name="given">The command.</param>
    /// <param name="revision">What the store had when it was given.</param>
    /// <param name="until">Until when it holds at least.</param>
    /// <param name="now">When.</param>
    public void AcknowledgeDenial(string client, Given given, long revision, TimeSpan until, TimeSpan now)
    {
        History history = Of(client);
        Acknowledged++;
        if (until <= now || history.IsTakenBack(given, GivenKind.Approve))
        {
            return; // it is over
        }

        Committed? commit = history.Commits.Find(commit => commit.Process == given.Process && commit.Revision > revision && commit.IsDenied);
        Require(
            commit is not null || history.Commits.Exists(commit => commit.IsRemoved),
            $"S1: a denial of {client}, given at revision {revision}, was acknowledged and never committed");
        note($"acknowledged by {given.Process}: {client} is denied until {until.TotalSeconds}");
        if (!(history.ApprovedAt > commit?.Revision) && until > history.ForbiddenUntil)
        {
            history.ForbiddenUntil = until;
        }
    }

    /// <summary>Notes that a byte of a secret is handed to the kernel.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="server">By which server.</param>
    /// <param name="isApprovedByHand">Whether the client gets its secret only if a person approves.</param>
    /// <param name="now">When.</param>
    public void Write(string client, string server, bool isApprovedByHand, TimeSpan now)
    {
        Written++;
        History history = Of(client);
        Require(
            history.ForbiddenAt == 0 || history.EnabledAt > history.ForbiddenAt,
            $"S1: {server} writes the secret of {client}, whose disable at revision {history.ForbiddenAt} was acknowledged");
        Require(history.ForbiddenUntil < now, $"S1: {server} writes the secret of {client}, whose denial was acknowledged and holds");
        Require(
            !isApprovedByHand || history.Given.Exists(static given => given.Kind == GivenKind.Approve),
            $"S1: {server} writes the secret of {client}, which nobody approved");
    }

    public void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw new InvalidOperationException(Fault ??= otherwise);
        }
    }

    private static bool IsEnabled(SharedControl? control) => control is { Enabled: true, IsRemoved: false };

    private History Of(string client)
    {
        if (!_clients.TryGetValue(client, out History? history))
        {
            _clients.Add(client, history = new History());
        }

        return history;
    }

    /// <summary>A command that a person has given.</summary>
    public sealed record Given(object Process, GivenKind Kind, int Order, long Known, TimeSpan At);

    private sealed record Committed(object Process, int Sent, long Revision, bool IsEnabled, bool IsDenied, bool IsRemoved);

    /// <summary>What has become of one client.</summary>
    private sealed class History
    {
        public List<Given> Given { get; } = [];

        public List<Committed> Commits { get; } = [];

        /// <summary>How it stands in the store.</summary>
        public SharedControl? Control { get; set; }

        /// <summary>The last command that it was not enabled after.</summary>
        public Committed? Disabled { get; set; }

        /// <summary>The last command that it was denied after.</summary>
        public Committed? Denied { get; set; }

        /// <summary>Where a person enabled it last.</summary>
        public long EnabledAt { get; set; }

        /// <summary>Where a person took its denial back last.</summary>
        public long ApprovedAt { get; set; }

        /// <summary>The last acknowledged disable; 0 for none.</summary>
        public long ForbiddenAt { get; set; }

        /// <summary>Until when an acknowledged denial holds.</summary>
        public TimeSpan ForbiddenUntil { get; set; } = TimeSpan.MinValue;

        /// <summary>Whether a person has given a command, knowing of a commit, that a server then committed.</summary>
        public bool IsGiven(GivenKind kind, Committed by, Committed? knowing) => knowing is null || Given.Exists(given => given.Kind == kind
            && given.Process == by.Process && (given.Known >= knowing.Revision || (knowing.Process == by.Process && given.Order > knowing.Sent)));

        /// <summary>Whether a command was taken back where it was given, perhaps before it was committed.</summary>
        public bool IsTakenBack(Given given, GivenKind by)
            => Given.Exists(later => later.Process == given.Process && later.Kind == by && later.Order > given.Order);
    }
}

/// <summary>What a person can order that allows something or forbids it.</summary>
internal enum GivenKind
{
    Enable,
    Disable,
    Remove,
    Approve,
    Deny,
}
