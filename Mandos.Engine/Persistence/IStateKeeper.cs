using Mandos.Abstractions.Control;
using Mandos.Engine.Auditing;
using Mandos.Engine.Clients;

namespace Mandos.Engine.Persistence;

/// <summary>Sees to it that every change reaches the state store. Used on the engine loop alone, unless a member says otherwise.</summary>
internal interface IStateKeeper : IDisposable
{
    /// <summary>Whether a save is under way.</summary>
    bool IsSaving { get; }

    /// <summary>Why changes are not in the store, in a line; null if they are, or will be within a second. For any thread.</summary>
    string? Problem { get; }

    /// <summary>What would be lost if the process ended now; null if nothing would.</summary>
    string? Unsaved { get; }

    /// <summary>How long a command waits for <see cref="FlushAsync"/> at most.</summary>
    TimeSpan Patience { get; }

    /// <summary>The clients whose changes it can make sure together, in the time that <see cref="FlushAsync"/> has. For any thread.</summary>
    int MostTogether { get; }

    /// <summary>Whether approvals are kept too, for other servers; a denial is in any case. For any thread.</summary>
    bool KeepsApprovals { get; }

    /// <summary>Begins with a store that gave its state, but cannot save.</summary>
    /// <param name="problem">Why it cannot.</param>
    void BeginUnsaved(string problem);

    /// <summary>Notes that a client has changed, or what is kept of one that is none now.</summary>
    void Changed(ISaved client);

    /// <summary>Notes what a person has decided about a client, even where that changes nothing here.</summary>
    /// <param name="command">What.</param>
    /// <param name="name">Name of the client.</param>
    void Decided(AuditCommand command, string name);

    /// <summary>Notes that the store need not know a name any more.</summary>
    void Forget(string name);

    /// <summary>Notes that keys have gone over from one row to another, so that their changes are saved together.</summary>
    void Link(string from, string to);

    /// <summary>Saves at once.</summary>
    /// <param name="name">Whose changes are waited for; null for those of all clients.</param>
    /// <returns>Null when these changes are sure; else why they are not.</returns>
    Task<string?> FlushAsync(string? name = null);

    /// <summary>What to tell the sender of a command that is not sure.</summary>
    /// <param name="problem">What <see cref="FlushAsync"/> gave. For any thread.</param>
    CommandResult Unsure(string problem);
}
