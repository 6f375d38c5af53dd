namespace Mandos.Engine.Tests.SharedModel;

/// <summary>What a bad store does wrong; the model has to notice each.</summary>
public enum StoreFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It saves whole records with what it is told of liveness, control too.</summary>
    SavesWholeRecords,

    /// <summary>A sync only reads, so that a primary that was replaced answers it still.</summary>
    SyncsByReading,

    /// <summary>A primary that was replaced says of commands that they are committed.</summary>
    CountsReplacedCommit,

    /// <summary>A sync gives a revision with data from before it.</summary>
    GivesOldData,
}
