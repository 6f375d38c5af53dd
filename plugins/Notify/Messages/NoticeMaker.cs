using System.Text.Json;
using System.Text.Json.Nodes;
using Mandos.Abstractions.Clients;
using Mandos.Abstractions.Control;

namespace Mandos.Notify.Messages;

/// <summary>Says in words what an event means. Nothing of it is a secret.</summary>
/// <param name="server">What to call the server.</param>
/// <param name="linkUrl">The address before the token of a link; null for no links.</param>
/// <param name="links">Makes the tokens.</param>
/// <param name="time">The clock.</param>
internal sealed class NoticeMaker(string server, string? linkUrl, RequestLinks links, TimeProvider time)
{
    /// <summary>Of the names in a summary. Some services take 4096 bytes in all.</summary>
    private const int MostCharacters = 1000;

    /// <summary>What an event is, without the work of telling it; null for one that is not worth it.</summary>
    public static EventKind? KindOf(ServerEvent serverEvent) => serverEvent switch
    {
        NeedApproval => EventKind.NeedApproval,
        ConflictingRequests => EventKind.ConflictingRequests,
        AnomalyNoticed => EventKind.Anomaly,
        GotSecret => EventKind.GotSecret,
        Rejected => EventKind.Rejected,
        Rehearsed => EventKind.Rehearsed,
        RebootExpectationEnded { Ending: RebootEnding.TimeOver } => EventKind.RebootOverdue,
        RebootExpected => EventKind.RebootExpected,
        BootUnproven => EventKind.BootUnproven,
        KeyPromoted => EventKind.KeyPromoted,
        ClientPropertyChanged { Property: var property } e when property == ClientProperty.Enabled
            => e.Client.Enabled ? EventKind.Enabled : EventKind.Disabled,
        ClientPropertyChanged { Property: ClientSetting } => EventKind.ClientChanged,
        ClientPropertyChanged { Property: var property } when property == ClientProperty.Secret => EventKind.ClientChanged,
        ClientAdded => EventKind.ClientAdded,
        ClientRemoved => EventKind.ClientRemoved,
        ClientNotFound => EventKind.ClientNotFound,
        InvitationArrived => EventKind.InvitationArrived,
        _ => null,
    };

    /// <summary>The notice for an event; null for one that is not worth telling.</summary>
    public Notice? Of(ServerEvent serverEvent) => serverEvent switch
    {
        NeedApproval e => Waits(e.Client, e.Request, e.TimeLeft, e.ApprovedByDefault),
        ConflictingRequests e => About(
            EventKind.ConflictingRequests, e.Client, $"{Name(e.Client)}: requests from different addresses",
            $"Machines with the key of {Name(e.Client)} wait at {string.Join(", ", e.Addresses)}. Perhaps somebody has copied its key. "
                + "Approve one of them by its number, or deny all.",
            new JsonObject { ["addresses"] = new JsonArray([.. e.Addresses.Select(static address => (JsonNode)address.ToString())]) }),
        AnomalyNoticed e => About(
            EventKind.Anomaly, e.Client, $"{Name(e.Client)}: perhaps its key was copied",
            $"The machine at {e.Request.Peer.Address} asked for the secret of {Name(e.Client)}, and another one may have its key: {e.Description}. "
                + $"{Consequence(e.Client.Settings.Anomaly)}.",
            Request(e.Request, ("kind", Word(e.Kind)), ("anomaly", e.Client.Settings.Anomaly))),
        GotSecret e => About(
            EventKind.GotSecret, e.Client, $"{Name(e.Client)} got its secret", $"The machine at {e.Request.Peer.Address} got the secret of {Name(e.Client)}.",
            Request(e.Request)),
        Rejected e => About(
            EventKind.Rejected, e.Client, $"{Name(e.Client)} was refused",
            $"The machine at {e.Request.Peer.Address} asked for the secret of {Name(e.Client)} and did not get it: {Reason(e.Reason)}.",
            Request(e.Request, ("reason", Word(e.Reason)))),
        Rehearsed e => About(
            EventKind.Rehearsed, e.Client, $"rehearsal: {Name(e.Client)} {(e.Problem is null ? "got its secret" : "did not get its secret")}",
            $"The machine at {e.Request.Peer.Address} rehearsed the boot of {Name(e.Client)}. "
                + (e.Problem is { } problem ? $"It did not get the secret: {problem}." : "It got the secret, as it will at its next boot."),
            Request(e.Request, ("problem", e.Problem))),
        RebootExpectationEnded { Ending: RebootEnding.TimeOver } e => About(
            EventKind.RebootOverdue, e.Client, $"{Name(e.Client)}: its reboot is overdue",
            $"{Name(e.Client)} was to reboot, and did not ask for its secret in time.{Why(e.Reboot)}"),
        RebootExpected { Client.ExpectedReboot: { } reboot } e => About(
            EventKind.RebootExpected, e.Client, $"{Name(e.Client)} is to reboot",
            $"A reboot of {Name(e.Client)} is expected until {Moment.ForPeople(reboot.Until)}.{Why(reboot)}"),
        BootUnproven e => About(
            EventKind.BootUnproven, e.Client, $"{Name(e.Client)}: its boot is to be rehearsed",
            $"{Name(e.Client)} has another key, secret or host than at its last boot. mandos-ctl --rehearse {Name(e.Client)} shows whether it can boot."),
        KeyPromoted e => About(
            EventKind.KeyPromoted, e.Client, $"{Name(e.Client)} has its new key",
            $"The next key of {Name(e.Client)} has taken the place of its present one, as "
                + $"{(e.IsTried ? "a check succeeded after a boot with it" : "a person said so")}. The key {e.RetiredKeyId} gets nothing any more.",
            new JsonObject { ["key_id"] = e.Client.Settings.KeyId, ["retired_key_id"] = e.RetiredKeyId, ["is_tried"] = e.IsTried }),
        ClientPropertyChanged { Property: var property } e when property == ClientProperty.Enabled => e.Client.Enabled
            ? About(EventKind.Enabled, e.Client, $"{Name(e.Client)} is enabled", $"{Name(e.Client)} can get its secret.")
            : About(
                EventKind.Disabled, e.Client, $"{Name(e.Client)} is disabled",
                $"{Name(e.Client)} gets no secret until somebody enables it. {LastSeen(e.Client)}"),
        ClientPropertyChanged { Property: ClientSetting setting } e => Changed(e.Client, setting.OptionName),
        ClientPropertyChanged { Property: var property } e when property == ClientProperty.Secret => Changed(e.Client, "secret"),
        ClientAdded e => About(EventKind.ClientAdded, e.Client, $"{Name(e.Client)} was added", $"The server has the client {Name(e.Client)} now."),
        ClientRemoved e => About(
            EventKind.ClientRemoved, e.Client, $"{Name(e.Client)} is gone", $"The server no longer has the client {Name(e.Client)}: {Reason(e.Reason)}.",
            new JsonObject { ["reason"] = Word(e.Reason) }),
        ClientNotFound e => Make(
            EventKind.ClientNotFound, null, null, "An unknown key asked",
            $"The machine at {e.Address} has the key {e.KeyId}, which belongs to no client. It got nothing.",
            new JsonObject { ["key_id"] = e.KeyId, ["address"] = e.Address.ToString() }),
        InvitationArrived { Invitation: var invitation } => Make(
            EventKind.InvitationArrived, null, null, $"{invitation.Name} wants to become a client",
            $"The machine at {invitation.Address} has taken up the invitation of {invitation.Name}, with the key {invitation.KeyId}. It gets nothing until root "
                + $"accepts it on the server: mandos-ctl --accept {invitation.Name}.",
            new JsonObject { ["name"] = invitation.Name, ["key_id"] = invitation.KeyId, ["address"] = invitation.Address?.ToString() }),
        _ => null,
    };

    /// <summary>The notice that a request waits.</summary>
    /// <param name="client">Its client.</param>
    /// <param name="request">The request.</param>
    /// <param name="timeLeft">How long it will wait.</param>
    /// <param name="approvedByDefault">What happens then.</param>
    public Notice Waits(ClientSnapshot client, SecretRequest request, TimeSpan timeLeft, bool approvedByDefault) => About(
        EventKind.NeedApproval, client, $"{Name(client)} waits for approval",
        $"The machine at {request.Peer.Address} asks for the secret of {Name(client)}. It waits {Moment.ForPeople(timeLeft)}; if nobody decides, it "
            + (approvedByDefault ? "gets the secret." : "is refused."),
        Request(request, ("time_left", Moment.Text(timeLeft)), ("approved_by_default", approvedByDefault)),
        linkUrl is null ? null : new DecisionLinks(Link(request.Id, approved: true), Link(request.Id, approved: false)));

    /// <summary>The notice that the server has started.</summary>
    public Notice Started(int clients) => Make(
        EventKind.ServerStarted, null, null, "The Mandos server has started", $"It has {clients} {(clients == 1 ? "client" : "clients")}.",
        new JsonObject { ["clients"] = clients });

    /// <summary>The notice that events were lost.</summary>
    public Notice EventsLost() => Make(
        EventKind.EventsLost, null, null, "Events were lost", "So much happened at once that some of it is not told here. mandos-ctl shows how the clients are.", []);

    /// <summary>The message for several events.</summary>
    public Message Summarize(Digest digest)
    {
        (EventKind Kind, long Count)[] counts = [.. digest.Counts];
        string[] names = [.. digest.Clients.Select(PlainText.Of)];
        string all = string.Join(", ", names);
        bool isLong = all.Length > MostCharacters;
        string clients = names.Length == 0 ? ""
            : $"\nClients: {(isLong ? all[..MostCharacters] + "…" : all)}{(isLong || digest.HasMoreClients ? " and others" : "")}";
        return new Message
        {
            Type = Message.SummaryType,
            Time = time.GetUtcNow(),
            Title = $"{digest.Total} events",
            Text = $"From {Moment.ForPeople(digest.First)} to {Moment.ForPeople(digest.Last)}:\n"
                + string.Join('\n', counts.Select(static one => $"{one.Count} {EventWords.PhraseOf(one.Kind)}")) + clients
                + (digest.HasWaiting ? "\nmandos-ctl --requests shows what still waits." : "") + Signature,
            IsUrgent = digest.HasWaiting,
            Count = digest.Total,
            Data = new JsonObject
            {
                ["server"] = server,
                ["count"] = digest.Total,
                ["counts"] = new JsonObject(counts.Select(static one => KeyValuePair.Create(EventWords.Of(one.Kind), (JsonNode?)one.Count))),
                ["clients"] = new JsonArray([.. names.Select(static name => (JsonNode)name)]),
                ["first"] = Moment.Text(digest.First),
                ["last"] = Moment.Text(digest.Last),
            },
        };
    }

    private string Signature => $"\nServer: {server}";

    private string Link(long requestId, bool approved) => $"{linkUrl}/{links.Make(requestId, approved)}";

    private Notice Changed(ClientSnapshot client, string what) => About(
        EventKind.ClientChanged, client, $"{Name(client)} was changed", $"The {what} of {Name(client)} has a new value.", new JsonObject { ["changed"] = what });

    private Notice About(
        EventKind kind, ClientSnapshot client, string title, string text, JsonObject? data = null, DecisionLinks? decision = null)
    {
        data ??= [];
        data["client"] = new JsonObject
        {
            ["name"] = client.Name, ["host"] = client.Settings.Host, ["location"] = client.Settings.Location, ["enabled"] = client.Enabled,
        };
        string place = client.Settings.Location.Length > 0 ? $"\nLocation: {PlainText.Of(client.Settings.Location)}" : "";
        return Make(kind, client.Name, decision, title, text + place, data);
    }

    private Notice Make(EventKind kind, string? client, DecisionLinks? decision, string title, string text, JsonObject data)
    {
        data["server"] = server;
        var message = new Message
        {
            Type = EventWords.Of(kind),
            Time = time.GetUtcNow(),
            Title = title,
            Text = text + Signature,
            IsUrgent = kind is EventKind.NeedApproval or EventKind.ConflictingRequests or EventKind.Anomaly,
            Links = decision,
            Data = data,
        };
        return new Notice(kind, client, message);
    }

    private static JsonObject Request(SecretRequest request, params (string Name, JsonNode? Value)[] more)
    {
        var data = new JsonObject
        {
            ["request"] = new JsonObject
            {
                ["id"] = request.Id,
                ["address"] = request.Peer.Address.ToString(),
                ["port"] = request.Peer.Port,
                ["key_id"] = request.KeyId,
                ["since"] = Moment.Text(request.Since),
            },
        };
        foreach ((string name, JsonNode? value) in more)
        {
            data[name] = value;
        }

        return data;
    }

    private static string LastSeen(ClientSnapshot client) => client.LastCheckedOk is { } seen
        ? $"It was last seen alive at {Moment.ForPeople(seen)}."
        : "No check has found it alive so far.";

    private static string Why(ExpectedReboot reboot) => reboot.Reason is { } reason ? $" Reason: {PlainText.Of(reason)}." : "";

    private static string Name(ClientSnapshot client) => PlainText.Of(client.Name);

    private static string Word(AnomalyKind kind) => JsonNamingPolicy.SnakeCaseLower.ConvertName(kind.ToString());

    private static string Consequence(string anomaly) => anomaly switch
    {
        AnomalyBehaviour.Hold => "It gets the secret only if a person approves",
        AnomalyBehaviour.Refuse => "It is refused",
        _ => "The request goes on nevertheless",
    };

    private static string Word(RejectionReason reason) => reason switch
    {
        RejectionReason.Disabled => "disabled",
        RejectionReason.Denied => "denied",
        RejectionReason.ApprovalTimedOut => "approval_timed_out",
        _ => "other",
    };

    private static string Reason(RejectionReason reason) => reason switch
    {
        RejectionReason.Disabled => "the client is disabled",
        RejectionReason.Denied => "a person denied it",
        RejectionReason.ApprovalTimedOut => "nobody approved it in time",
        _ => "another reason",
    };

    private static string Word(RemovalReason reason) => reason switch
    {
        RemovalReason.Command => "command",
        RemovalReason.LeftFiles => "left_files",
        RemovalReason.NewKey => "new_key",
        RemovalReason.ReplacedByFiles => "replaced_by_files",
        _ => "other",
    };

    private static string Reason(RemovalReason reason) => reason switch
    {
        RemovalReason.Command => "a person removed it",
        RemovalReason.LeftFiles => "the files do not have it any more",
        RemovalReason.NewKey => "it gets another key",
        RemovalReason.ReplacedByFiles => "the files gave its key to another client",
        _ => "another reason",
    };
}
