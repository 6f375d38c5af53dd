namespace Mandos.Host.Configuration;

/// <summary>How much is logged, as <c>--debuglevel</c> names it.</summary>
internal enum DebugLevel
{
    /// <summary>Everything.</summary>
    Debug,

    /// <summary>What happens in the normal course.</summary>
    Info,

    /// <summary>What deserves attention.</summary>
    Warning,

    /// <summary>What failed.</summary>
    Error,

    /// <summary>What ends the server.</summary>
    Critical,
}
