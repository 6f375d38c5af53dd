namespace Mandos.Engine.Sharing;

/// <summary>The parts of a client's control that are decided apart from one another.</summary>
[Flags]
internal enum ControlAspects
{
    None = 0,

    /// <summary>Whether it is enabled.</summary>
    Enabled = 1,

    /// <summary>Whether it is removed.</summary>
    Removed = 2,

    /// <summary>Its secret.</summary>
    Secret = 4,

    /// <summary>Its settings, each by itself.</summary>
    Settings = 8,

    /// <summary>The approval or denial in force. It ends by itself, so that it counts only where a person has decided.</summary>
    Verdict = 16,
}
