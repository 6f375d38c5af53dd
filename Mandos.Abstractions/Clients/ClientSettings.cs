namespace Mandos.Abstractions.Clients;

/// <summary>The options of one client as <c>clients.conf</c> or a person at run time gives them, without its secret.</summary>
/// <remarks>Defaults and meanings are those of mandos-clients.conf(5). All durations are positive or zero.</remarks>
public sealed record ClientSettings
{
    /// <summary>Default of <see cref="Checker"/>.</summary>
    public const string DefaultChecker = "fping -q -- %(host)s";

    /// <summary>SHA-256 of the client's SubjectPublicKeyInfo as 64 upper-case hexadecimal digits; null for a legacy client.</summary>
    public string? KeyId { get; init; }

    /// <summary>OpenPGP fingerprint of a legacy client as 40 upper-case hexadecimal digits, or null.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Host name or address for the checker; may be empty.</summary>
    public string Host { get; init; } = "";

    /// <summary>Command of the shell checker, where <c>%(name)s</c> is expanded for each check.</summary>
    public string Checker { get; init; } = DefaultChecker;

    /// <summary>Name of the checker plugin; null for the shell checker.</summary>
    public string? CheckerPlugin { get; init; }

    /// <summary>Time between the starts of checks; more than zero.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Time after the last successful check until the client is disabled.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Used once in place of <see cref="Timeout"/> after a secret was sent.</summary>
    public TimeSpan ExtendedTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long a connection waits for approval; zero means not at all.</summary>
    public TimeSpan ApprovalDelay { get; init; }

    /// <summary>How long one approval or denial holds.</summary>
    public TimeSpan ApprovalDuration { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>What happens when nobody approved or denied in time.</summary>
    public bool ApprovedByDefault { get; init; } = true;

    /// <summary>Where the machine is, in any words, for people; may be empty.</summary>
    public string Location { get; init; } = "";

    /// <summary>
    /// Whether approving the client approves its connections from all addresses; if not, those from one address only.
    /// </summary>
    public bool ApproveAll { get; init; }

    /// <summary>
    /// What a server does with the client that is cut off from the store it shares with others: one of <see cref="CutOffBehaviour"/>.
    /// </summary>
    public string WhenCutOff { get; init; } = CutOffBehaviour.Refuse;

    /// <summary>
    /// What becomes of a request if something says that two machines have the client's key: one of <see cref="AnomalyBehaviour"/>.
    /// </summary>
    public string Anomaly { get; init; } = AnomalyBehaviour.Log;

    /// <summary>The options of the client's section that the server does not know, by lower-case name, for checkers.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = System.Collections.ObjectModel.ReadOnlyDictionary<string, string>.Empty;
}
