namespace Mandos.Abstractions.Clients;

/// <summary>The values of <see cref="ClientSettings.WhenCutOff"/>: what a server that is cut off from the store it shares with others does with a client.</summary>
public static class CutOffBehaviour
{
    /// <summary>The client gets nothing, and is sent on to the next server.</summary>
    public const string Refuse = "refuse";

    /// <summary>The client waits, and gets its secret if a person approves it at this server.</summary>
    public const string Hold = "hold";

    /// <summary>The client gets its secret by what this server knew last.</summary>
    public const string Serve = "serve";
}
