using System.IO.Enumeration;
using Mandos.Notify.Messages;

namespace Mandos.Notify.Settings;

/// <summary>What every target has: of what it is told, and whom it trusts.</summary>
internal sealed record TargetScope
{
    /// <summary>What to call it in the log: its kind and its name.</summary>
    public required string Name { get; init; }

    /// <summary>The events that it is told.</summary>
    public required IReadOnlySet<EventKind> Events { get; init; }

    /// <summary>Names of clients, in which <c>*</c> and <c>?</c> stand for any text and any character; none: all clients.</summary>
    public required IReadOnlyList<string> Clients { get; init; }

    /// <summary>The certificates, in PEM, of which one has to have signed that of the target; null: those that the system trusts.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>Whether it is told of an event. What is about no client, all are told.</summary>
    public bool Wants(EventKind kind, string? client) => kind == EventKind.EventsLost || (Events.Contains(kind) && WantsClient(client));

    private bool WantsClient(string? client) => Clients.Count == 0 || client is null
        || Clients.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, client, ignoreCase: false));
}
