using Mandos.Bus;

namespace Mandos.DBusControl.Calls;

/// <summary>A call whose arguments are read, ready to be carried out.</summary>
/// <param name="Context">The call, and the way to answer it.</param>
/// <param name="Run">
/// Carries it out: answers at once and returns null, or returns a task after which an empty answer is due. An exception that it
/// throws, or the task, becomes an error.
/// </param>
internal readonly record struct Call(BusCall Context, Func<Task?> Run)
{
    /// <summary>The unique name of the caller.</summary>
    public string Sender => Context.Sender ?? "";

    /// <summary>Answers once the task has ended well; null: with an empty answer.</summary>
    public Action? Reply { get; init; }

    /// <summary>About how many bytes its arguments take while it waits.</summary>
    public int Size { get; init; }

    /// <summary>Whether the answer is about many clients: such answers go out one after another.</summary>
    public bool IsLarge { get; init; }

    /// <summary>Whether no signal may be sent while it runs, because it answers with the state at its beginning.</summary>
    public bool HoldsEvents { get; init; }
}
