namespace Mandos.Engine.Auditing;

/// <summary>What a <see cref="CommandRecord"/> says has come of a command.</summary>
public enum CommandOutcome
{
    /// <summary>It is in force.</summary>
    Done,

    /// <summary>It is in force, as a record before says, but is not on disk.</summary>
    NotSaved,

    /// <summary>It is in force, as a record before says, but a secret that it was to break off may still be on its way.</summary>
    NotEnded,

    /// <summary>It was not carried out, or not to its end.</summary>
    Failed,
}
