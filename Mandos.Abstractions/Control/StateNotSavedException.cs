namespace Mandos.Abstractions.Control;

/// <summary>
/// A command was carried out and is in force, but is not on disk: the server tries on to save it, and it is lost if the server ends
/// before.
/// </summary>
/// <param name="reason">Why it is not saved, in one line.</param>
public sealed class StateNotSavedException(string reason)
    : Exception($"the change is in force but not saved, and is lost if the server ends before it can be: {reason}")
{
    /// <summary>Why it is not saved, in one line.</summary>
    public string Reason { get; } = reason;
}
