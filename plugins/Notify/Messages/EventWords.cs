namespace Mandos.Notify.Messages;

/// <summary>The words for kinds of events, in settings and in messages.</summary>
internal static class EventWords
{
    private static readonly (EventKind Kind, string Word, string Phrase)[] _all =
    [
        (EventKind.NeedApproval, "need_approval", "waiting for approval"),
        (EventKind.ConflictingRequests, "conflicting_requests", "requests from different addresses"),
        (EventKind.Anomaly, "anomaly", "signs of a copied key"),
        (EventKind.GotSecret, "got_secret", "secrets given"),
        (EventKind.Rejected, "rejected", "requests refused"),
        (EventKind.Rehearsed, "rehearsed", "rehearsals"),
        (EventKind.RebootOverdue, "reboot_overdue", "reboots overdue"),
        (EventKind.BootUnproven, "boot_unproven", "boots to be rehearsed"),
        (EventKind.KeyPromoted, "key_promoted", "keys promoted"),
        (EventKind.RebootExpected, "reboot_expected", "reboots announced"),
        (EventKind.Disabled, "disabled", "clients disabled"),
        (EventKind.Enabled, "enabled", "clients enabled"),
        (EventKind.ClientAdded, "client_added", "clients added"),
        (EventKind.ClientRemoved, "client_removed", "clients removed"),
        (EventKind.ClientChanged, "client_changed", "clients changed"),
        (EventKind.ClientNotFound, "client_not_found", "requests with unknown keys"),
        (EventKind.InvitationArrived, "invitation_arrived", "invited machines waiting"),
        (EventKind.ServerStarted, "server_started", "starts of the server"),
        (EventKind.EventsLost, "events_lost", "times that events were lost"),
    ];

    /// <summary>What a target tells unless its settings say otherwise.</summary>
    public static IReadOnlySet<EventKind> Default { get; } = new HashSet<EventKind>
    {
        EventKind.NeedApproval, EventKind.ConflictingRequests, EventKind.Anomaly, EventKind.GotSecret, EventKind.Rejected, EventKind.Rehearsed,
        EventKind.RebootOverdue, EventKind.BootUnproven, EventKind.Disabled, EventKind.InvitationArrived,
    };

    /// <summary>The kinds that settings can name. A target that tells anything tells also that events were lost.</summary>
    public static IEnumerable<string> Choices => _all.Where(static one => one.Kind != EventKind.EventsLost).Select(static one => one.Word);

    /// <summary>How many kinds there are.</summary>
    public static int Count => _all.Length;

    /// <summary>The word for a kind, such as <c>got_secret</c>.</summary>
    public static string Of(EventKind kind) => _all[(int)kind].Word;

    /// <summary>What a number of them is called in a summary, after the number.</summary>
    public static string PhraseOf(EventKind kind) => _all[(int)kind].Phrase;

    /// <summary>The kind that a setting means; null if there is none of that word.</summary>
    public static EventKind? Parse(string word)
        => _all.Where(one => one.Word == word && one.Kind != EventKind.EventsLost).Select(static one => (EventKind?)one.Kind).FirstOrDefault();
}
