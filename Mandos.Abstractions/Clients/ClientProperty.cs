namespace Mandos.Abstractions.Clients;

/// <summary>A property of a client that changes at run time: one of those here, or a <see cref="ClientSetting"/>. Each is one object.</summary>
public class ClientProperty
{
    private protected ClientProperty(string name) => Name = name;

    /// <summary><see cref="ClientSnapshot.Enabled"/></summary>
    public static ClientProperty Enabled { get; } = new(nameof(Enabled));

    /// <summary><see cref="ClientSnapshot.LastEnabled"/></summary>
    public static ClientProperty LastEnabled { get; } = new(nameof(LastEnabled));

    /// <summary><see cref="ClientSnapshot.Expires"/></summary>
    public static ClientProperty Expires { get; } = new(nameof(Expires));

    /// <summary><see cref="ClientSnapshot.LastCheckedOk"/></summary>
    public static ClientProperty LastCheckedOk { get; } = new(nameof(LastCheckedOk));

    /// <summary><see cref="ClientSnapshot.LastCheckerStatus"/></summary>
    public static ClientProperty LastCheckerStatus { get; } = new(nameof(LastCheckerStatus));

    /// <summary><see cref="ClientSnapshot.LastApprovalRequest"/></summary>
    public static ClientProperty LastApprovalRequest { get; } = new(nameof(LastApprovalRequest));

    /// <summary><see cref="ClientSnapshot.ApprovalsPending"/> became or ceased to be zero.</summary>
    public static ClientProperty ApprovalPending { get; } = new(nameof(ApprovalPending));

    /// <summary><see cref="ClientSnapshot.CheckerRunning"/></summary>
    public static ClientProperty CheckerRunning { get; } = new(nameof(CheckerRunning));

    /// <summary>The secret was replaced. Nobody can read its value.</summary>
    public static ClientProperty Secret { get; } = new(nameof(Secret));

    /// <summary><see cref="ClientSnapshot.Requests"/></summary>
    public static ClientProperty Requests { get; } = new(nameof(Requests));

    /// <summary><see cref="ClientSnapshot.Origin"/></summary>
    public static ClientProperty Origin { get; } = new(nameof(Origin));

    /// <summary><see cref="ClientSnapshot.ExpectedReboot"/></summary>
    public static ClientProperty ExpectedReboot { get; } = new(nameof(ExpectedReboot));

    /// <summary><see cref="ClientSnapshot.RehearsalUntil"/></summary>
    public static ClientProperty RehearsalUntil { get; } = new(nameof(RehearsalUntil));

    /// <summary><see cref="ClientSnapshot.ProvenAt"/></summary>
    public static ClientProperty ProvenAt { get; } = new(nameof(ProvenAt));

    /// <summary><see cref="ClientSnapshot.Rotation"/></summary>
    public static ClientProperty Rotation { get; } = new(nameof(Rotation));

    /// <summary>Its name, such as <c>LastEnabled</c>; no other property has it.</summary>
    public string Name { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}
