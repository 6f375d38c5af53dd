namespace Mandos.Abstractions.Control;

/// <summary>What applies to a client that is in the files again.</summary>
public enum KeptState
{
    /// <summary>It was enabled, and becomes so again, with the time that it had left.</summary>
    Enabled = 0,

    /// <summary>It was disabled, and stays so.</summary>
    Disabled = 1,

    /// <summary>A person removed it, and it stays away.</summary>
    Removed = 2,
}
