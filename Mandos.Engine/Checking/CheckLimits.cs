namespace Mandos.Engine.Checking;

/// <summary>What checkers can take of the server, each with its reason.</summary>
internal static class CheckLimits
{
    /// <summary>Threads that one checker may block. One that blocks none needs a few; with more than these blocked, checks wait, and so fail.</summary>
    public const int Threads = 64;

    /// <summary>For so long nothing may be taken of a checker's work before more threads join: far more than a checker that does not block needs.</summary>
    public static readonly TimeSpan StallTime = TimeSpan.FromMilliseconds(20);

    /// <summary>Threads that join at a time: all of them within 160 ms.</summary>
    public const int ThreadsJoining = 8;

    /// <summary>How long a thread waits for work before it ends.</summary>
    public static readonly TimeSpan IdleTime = TimeSpan.FromSeconds(10);

    /// <summary>Commands of which the log tells that they cannot run.</summary>
    public const int ToldOf = 100;
}
