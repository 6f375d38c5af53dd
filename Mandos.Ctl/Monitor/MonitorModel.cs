using Mandos.Ctl.Servers;

namespace Mandos.Ctl.Monitor;

/// <summary>What is known of the server: its clients, what happened to them, and whether it is there.</summary>
internal sealed class MonitorModel
{
    private readonly TimeProvider _time;
    private List<ServerSignal>? _held;

    public MonitorModel(TimeProvider time) => _time = time;

    public ClientList Clients { get; } = new();

    public EventLog Log { get; } = new();

    /// <summary>What is between us and the server, in one line; empty: nothing.</summary>
    public string Trouble { get; private set; } = "";

    /// <summary>Why the server cannot save what changes; empty if it can.</summary>
    public string StateProblem { get; private set; } = "";

    /// <summary>The servers that share their state; null if there is only one.</summary>
    public ServerGroup? Servers { get; private set; }

    /// <summary>Whether the list of clients is being fetched.</summary>
    public bool IsListing => _held is not null;

    /// <summary>Whether events of the normal course are shown too.</summary>
    public bool IsVerbose { get; set; }

    public DateTimeOffset Now => _time.GetUtcNow();

    public void Tell(string text) => Log.Add(Now, text);

    /// <summary>From now on changes wait for the list of clients, which may be older or newer than they are.</summary>
    public void BeginListing() => _held ??= [];

    public void EndListing(IEnumerable<Client> clients)
    {
        Clients.Reset(clients);
        Trouble = "";
        List<ServerSignal> held = _held ?? [];
        _held = null;
        held.ForEach(Change);
    }

    /// <summary>The server is not there, or not to be reached.</summary>
    public void Lose(string trouble)
    {
        _held = null;
        StateProblem = "";
        Servers = null;
        Clients.Reset([]);
        if (trouble != Trouble)
        {
            Tell(trouble);
        }

        Trouble = trouble;
    }

    /// <summary>What the server says of its state.</summary>
    /// <param name="problem">Why it cannot save it; null if it can.</param>
    public void NoteState(string? problem)
    {
        if ((problem ?? "") != StateProblem)
        {
            StateProblem = problem ?? "";
            Tell(problem is null ? "The server can save what changes again." : $"The server cannot save what changes: {problem}");
        }
    }

    /// <summary>What the server says of those with which it shares its state.</summary>
    /// <param name="servers">All of them; null if there are no others.</param>
    public void NoteServers(ServerGroup? servers)
    {
        string[] before = Servers?.Concerns() ?? [];
        foreach (string concern in (servers?.Concerns() ?? []).Except(before))
        {
            Tell($"Servers: {concern}.");
        }

        if (before.Length > 0 && servers?.Concerns() is [])
        {
            Tell("Servers: all is well again.");
        }

        Servers = servers;
    }

    public void Handle(ServerSignal signal)
    {
        if (Describe(signal) is { } text)
        {
            Tell(text);
        }

        if (_held is not null)
        {
            _held.Add(signal);
        }
        else
        {
            Change(signal);
        }
    }

    private void Change(ServerSignal signal)
    {
        switch (signal)
        {
            case ServerSignal.ClientAdded { Client: var client }:
                Clients.Put(client);
                break;
            case ServerSignal.ClientRemoved { Path: var path }:
                Clients.Remove(path);
                break;
            case ServerSignal.RequestsChanged change when Clients.Find(change.Path) is { } client:
                Clients.Put(client with { Requests = change.Requests });
                break;
            case ServerSignal.ClientChanged { Client: var client } when Clients.Find(client.Path) is not null:
                Clients.Put(client);
                break;
            case ServerSignal.PropertyChanged change when Clients.Find(change.Path) is { } client:
                Clients.Put(client.With(change.Property, change.Value));
                break;
            default:
                break;
        }
    }

    /// <returns>Null: not worth telling.</returns>
    private string? Describe(ServerSignal signal) => signal switch
    {
        ServerSignal.ClientAdded { Client.Name: var name } when IsVerbose => $"{name} is a client now",
        ServerSignal.ClientRemoved { Path: var path } => $"{NameOf(path)} was removed",
        ServerSignal.CheckerStarted { Path: var path, Command: var command } when IsVerbose => $"{NameOf(path)}: check started: {command}",
        ServerSignal.CheckerCompleted { ExitCode: 0, Path: var path } => IsVerbose ? $"{NameOf(path)}: check succeeded" : null,
        ServerSignal.CheckerCompleted { ExitCode: > 0, Path: var path, ExitCode: var code }
            => $"{NameOf(path)}: check failed with exit status {code}",
        ServerSignal.CheckerCompleted { Path: var path } => $"{NameOf(path)}: check was ended by a signal",
        ServerSignal.GotSecret { Path: var path } => $"{NameOf(path)} received its secret",
        ServerSignal.NeedApproval { Path: var path, Milliseconds: var delay, Default: var approve }
            => $"{NameOf(path)} waits for approval; it is {(approve ? "approved" : "denied")} in {Times.Text(Times.FromMilliseconds(delay))}",
        ServerSignal.ConflictingRequests { Path: var path, Addresses: var addresses }
            => $"{NameOf(path)}: DIFFERENT ADDRESSES wait for approval: {string.Join(", ", addresses)}",
        ServerSignal.AnomalyNoticed { Path: var path, Address: var address, Description: var description }
            => $"{NameOf(path)}: PERHAPS ITS KEY WAS COPIED: {address} asked, and {description}",
        ServerSignal.Rejected { Path: var path, Reason: var reason } => $"{NameOf(path)} was rejected: {reason}",
        ServerSignal.ClientNotFound { Key: var key, Address: var address } => $"{address} asked with the key {key}, which is no client's",
        ServerSignal.PropertyChanged { Path: var path, Property: "Enabled", Value: var value }
            => $"{NameOf(path)} is {((bool)value ? "enabled" : "disabled")}",
        ServerSignal.PropertyChanged { Path: var path, Property: var property } when IsVerbose => $"{NameOf(path)}: {property} changed",
        ServerSignal.ClientChanged { Client: var client, Properties: var properties } when properties.Contains("Enabled")
            => $"{client.Name} is {(client.Enabled ? "enabled" : "disabled")}",
        ServerSignal.ClientChanged { Client.Name: var name, Properties: { Count: > 0 } properties } when IsVerbose
            => $"{name}: {string.Join(", ", properties)} changed",
        _ => null,
    };

    private string NameOf(string path) => Clients.Find(path)?.Name ?? path[(path.LastIndexOf('/') + 1)..];
}
