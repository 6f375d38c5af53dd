using System.Text;

namespace Mandos.Abstractions.Clients;

/// <summary>
/// The catalogue of the settings that <c>clients.conf</c> gives a client and that a person can change while the server runs: each is defined
/// here, once. Its name, type, default and range say how it is read, saved, shown and set everywhere.
/// </summary>
/// <remarks>How to add one is in <c>docs/adding-an-option.md</c>.</remarks>
public abstract class ClientSetting : ClientProperty
{
    private protected ClientSetting(string name)
        : base(name) => OptionName = ToOptionName(name);

    /// <inheritdoc cref="ClientSettings.Host"/>
    public static ClientSetting<string> Host { get; } = new(
        nameof(Host), "the host", static s => s.Host, static (s, v) => s with { Host = v });

    /// <inheritdoc cref="ClientSettings.Checker"/>
    public static ClientSetting<string> Checker { get; } = new(
        nameof(Checker), "the checker's command", static s => s.Checker, static (s, v) => s with { Checker = v });

    /// <inheritdoc cref="ClientSettings.ExtendedTimeout"/>
    public static ClientSetting<TimeSpan> ExtendedTimeout { get; } = new(
        nameof(ExtendedTimeout), "the timeout after the secret was sent",
        static s => s.ExtendedTimeout, static (s, v) => s with { ExtendedTimeout = v });

    /// <inheritdoc cref="ClientSettings.ApprovalDelay"/>
    public static ClientSetting<TimeSpan> ApprovalDelay { get; } = new(
        nameof(ApprovalDelay), "how long to wait for a decision", static s => s.ApprovalDelay, static (s, v) => s with { ApprovalDelay = v });

    /// <inheritdoc cref="ClientSettings.ApprovalDuration"/>
    public static ClientSetting<TimeSpan> ApprovalDuration { get; } = new(
        nameof(ApprovalDuration), "how long an approval lasts",
        static s => s.ApprovalDuration, static (s, v) => s with { ApprovalDuration = v });

    /// <inheritdoc cref="ClientSettings.ApprovedByDefault"/>
    public static ClientSetting<bool> ApprovedByDefault { get; } = new(
        nameof(ApprovedByDefault), "whether to approve when nobody decides",
        static s => s.ApprovedByDefault, static (s, v) => s with { ApprovedByDefault = v });

    /// <inheritdoc cref="ClientSettings.Timeout"/>
    public static ClientSetting<TimeSpan> Timeout { get; } = new(
        nameof(Timeout), "the timeout", static s => s.Timeout, static (s, v) => s with { Timeout = v });

    /// <inheritdoc cref="ClientSettings.Interval"/>
    public static ClientSetting<TimeSpan> Interval { get; } = new(
        nameof(Interval), "the time from check to check", static s => s.Interval, static (s, v) => s with { Interval = v })
    {
        ExcludesZero = true,
    };

    /// <inheritdoc cref="ClientSettings.Location"/>
    public static ClientSetting<string> Location { get; } = new(
        nameof(Location), "where the machine is", static s => s.Location, static (s, v) => s with { Location = v })
    {
        IsExtension = true,
    };

    /// <inheritdoc cref="ClientSettings.WhenCutOff"/>
    public static ClientSetting<string> WhenCutOff { get; } = new(
        nameof(WhenCutOff), "what happens while the server is cut off from the shared store",
        static s => s.WhenCutOff, static (s, v) => s with { WhenCutOff = v })
    {
        IsExtension = true,
        Choices = [CutOffBehaviour.Refuse, CutOffBehaviour.Hold, CutOffBehaviour.Serve],
    };

    /// <inheritdoc cref="ClientSettings.Anomaly"/>
    public static ClientSetting<string> Anomaly { get; } = new(
        nameof(Anomaly), "what happens if two machines seem to have the client's key", static s => s.Anomaly, static (s, v) => s with { Anomaly = v })
    {
        IsExtension = true,
        Choices = [AnomalyBehaviour.Log, AnomalyBehaviour.Hold, AnomalyBehaviour.Refuse],
    };

    /// <summary>All of them, in the order in which changes of several are announced.</summary>
    public static IReadOnlyList<ClientSetting> All { get; } =
        [Host, Checker, ExtendedTimeout, ApprovalDelay, ApprovalDuration, ApprovedByDefault, Timeout, Interval, Location, WhenCutOff, Anomaly];

    /// <summary>Its name in <c>clients.conf</c>, and of its column in a database: <c>extended_timeout</c>.</summary>
    public string OptionName { get; }

    /// <summary>What it is, in a few words that follow “set”.</summary>
    public abstract string Description { get; }

    /// <summary>Whether Debian's server does not have it.</summary>
    public bool IsExtension { get; private protected init; }

    /// <summary>Whether two clients have the same value.</summary>
    public abstract bool IsSame(ClientSettings one, ClientSettings other);

    /// <summary>Settings with the value that others have.</summary>
    /// <param name="source">Has the value.</param>
    /// <param name="target">The settings that get it; they are not changed, but copied if they have another one.</param>
    public abstract ClientSettings Copy(ClientSettings source, ClientSettings target);

    /// <summary>Says what is wrong with a client's value, in words that follow “the timeout”; null if nothing is.</summary>
    public abstract string? FindFault(ClientSettings settings);

    /// <summary>A client's value as text, for a log.</summary>
    internal abstract string ToText(ClientSettings settings);

    private static string ToOptionName(string name)
    {
        var result = new StringBuilder(name.Length + 4);
        foreach (char c in name)
        {
            if (char.IsAsciiLetterUpper(c) && result.Length > 0)
            {
                result.Append('_');
            }

            result.Append(char.ToLowerInvariant(c));
        }

        return result.ToString();
    }
}
