using Mandos.Abstractions.Clients;
using Mandos.PluginContracts.Samples;

namespace Mandos.PluginContracts.Checking;

/// <summary>
/// Clients in the situations that a checker has to tell apart. Each may be left out, and with it the checks that need it.
/// </summary>
public sealed record CheckerSituations
{
    /// <summary>The situations of the standard checker, which runs the client's option <c>checker</c> in a shell.</summary>
    public static CheckerSituations Shell { get; } = new()
    {
        Up = WithCommand("exit 0"),
        Down = WithCommand("exit 1"),
        Hang = WithCommand("sleep 600"),
        Crash = WithCommand("kill -KILL $$"),
    };

    /// <summary>A client that is alive: its check succeeds.</summary>
    public ClientSnapshot? Up { get; init; }

    /// <summary>A client that is not: its check gives a result, and no success.</summary>
    public ClientSnapshot? Down { get; init; }

    /// <summary>A client whose check takes long, such as one that takes a connection and never answers. The check is cancelled.</summary>
    public ClientSnapshot? Hang { get; init; }

    /// <summary>A client whose check breaks down half-way, such as one that resets the connection: a result, and no success.</summary>
    public ClientSnapshot? Crash { get; init; }

    /// <summary>Options of the client's section whose value is a secret, which the checker must not show; lower-case.</summary>
    public IReadOnlyList<string> SecretOptions { get; init; } = ["password"];

    /// <summary>A client for which a check can be prepared: the first of those given; by default one for the shell checker.</summary>
    internal ClientSnapshot Any => Hang ?? Up ?? Down ?? Crash ?? SampleClients.SlowToCheck();

    /// <summary>Whether none was given, so that the checker may be unable to prepare a check of <see cref="Any"/>.</summary>
    internal bool IsEmpty => (Hang ?? Up ?? Down ?? Crash) is null;

    private static ClientSnapshot WithCommand(string command)
        => SampleClients.Snapshot(0) with { Settings = SampleClients.Settings(0) with { Checker = command } };
}
