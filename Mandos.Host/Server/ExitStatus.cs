namespace Mandos.Host.Server;

/// <summary>Exit statuses of a server that has started, from sysexits(3).</summary>
internal static class ExitStatus
{
    /// <summary>A signal ended it.</summary>
    public const int Stopped = 0;

    /// <summary>A part of the server has died: an internal error, which a new start may mend.</summary>
    public const int Died = 70;

    /// <summary>Changes could not be saved: a temporary failure.</summary>
    public const int NotSaved = 75;
}
