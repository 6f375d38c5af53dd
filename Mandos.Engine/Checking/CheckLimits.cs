namespace Mandos.Engine.Checking;

/// <summary>What checkers can take of the server, each with its reason.</summary>
internal static class CheckLimits
{
    /// <summary>Threads that one checker may block. One that blocks none needs a few; with more than these blocked, checks wait, and so fail.</summary>
    public const int Threads = 64;

    /// <summary>How long a thread waits for work before it ends.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    /// <summary>Commands of which the log tells that they cannot run.</summary>
    public const int ToldOf = 100;
}
