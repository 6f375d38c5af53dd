namespace Mandos.Ctl.Servers;

/// <summary>Something that happened at the server, in the order in which it happened.</summary>
internal abstract record ServerSignal
{
    /// <summary>There is a new client.</summary>
    public sealed record ClientAdded(Client Client) : ServerSignal;

    /// <summary>A client is gone.</summary>
    public sealed record ClientRemoved(string Path) : ServerSignal;

    /// <summary>A property has another value; see <see cref="Client.With"/>.</summary>
    public sealed record PropertyChanged(string Path, string Property, object Value) : ServerSignal;

    /// <summary>Some of its properties have other values, which the client that comes with it has, as well as its requests.</summary>
    public sealed record ClientChanged(Client Client, IReadOnlyList<string> Properties) : ServerSignal;

    /// <summary>A check has begun.</summary>
    public sealed record CheckerStarted(string Path, string Command) : ServerSignal;

    /// <summary>A check has ended; <paramref name="ExitCode"/> is as <see cref="Client.LastCheckerStatus"/>.</summary>
    public sealed record CheckerCompleted(string Path, int ExitCode, string Command) : ServerSignal;

    /// <summary>A client got its secret.</summary>
    public sealed record GotSecret(string Path) : ServerSignal;

    /// <summary>A client waits for approval, and how long in milliseconds until the default is done.</summary>
    public sealed record NeedApproval(string Path, ulong Milliseconds, bool Default) : ServerSignal;

    /// <summary>Other connections wait for the approval of a client than before.</summary>
    public sealed record RequestsChanged(string Path, IReadOnlyList<Request> Requests) : ServerSignal;

    /// <summary>Connections from different addresses wait for the approval of a client.</summary>
    public sealed record ConflictingRequests(string Path, IReadOnlyList<string> Addresses) : ServerSignal;

    /// <summary>Something says that two machines have the key of a client.</summary>
    public sealed record AnomalyNoticed(string Path, string Address, string Description) : ServerSignal;

    /// <summary>A client did not get its secret.</summary>
    public sealed record Rejected(string Path, string Reason) : ServerSignal;

    /// <summary>Somebody asked with a key that is no client's.</summary>
    public sealed record ClientNotFound(string Key, string Address) : ServerSignal;

    /// <summary>There is a server from now on, or none any more; its clients have to be listed again.</summary>
    public sealed record OwnerChanged(bool IsThere) : ServerSignal;
}
