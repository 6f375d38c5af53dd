namespace Mandos.Engine.Tests.Model;

internal enum ModelCheck
{
    None,

    /// <summary>Waits for a stopped one to die.</summary>
    Queued,

    /// <summary>Begins at this very moment.</summary>
    Beginning,

    /// <summary>Runs.</summary>
    Running,
}
