namespace Mandos.Abstractions.Clients;

/// <summary>
/// The values of <see cref="ClientSettings.Anomaly"/>: what becomes of a request for a secret if something says that two machines have the client's key.
/// </summary>
public static class AnomalyBehaviour
{
    /// <summary>The request goes on as if nothing were; the log, the audit and subscribers are told.</summary>
    public const string Log = "log";

    /// <summary>The request waits, and gets its secret only if a person approves it.</summary>
    public const string Hold = "hold";

    /// <summary>The request is refused.</summary>
    public const string Refuse = "refuse";
}
