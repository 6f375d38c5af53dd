namespace Mandos.CheckerSsh.Limits;

/// <summary>What a host can take of the server, all in one place.</summary>
internal static class SshLimits
{
    /// <summary>
    /// Key exchanges at once. Each takes two threads for as long as it lasts, which is some ten milliseconds with an honest host,
    /// and at most the time limit of the check; the others wait their turn without a thread.
    /// </summary>
    public const int Exchanges = 64;

    /// <summary>Names looked up at once. Each takes a thread, as the system's resolver cannot do otherwise.</summary>
    public const int Lookups = 16;

    /// <summary>How long to wait before a host is tried once more that has too many connections, within the time of the check.</summary>
    public static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes before the end of the host's version string. RFC 4253 section 4.2 allows any number of lines before it; servers send
    /// none, or a short notice.
    /// </summary>
    public const int GreetingBytes = 16 * 1024;

    /// <summary>
    /// Bytes that a host can send in all. A key exchange takes 2 KiB, and 35,000 bytes is the largest packet that must be
    /// accepted (RFC 4253 section 6.1).
    /// </summary>
    public const int HostBytes = 128 * 1024;

    /// <summary>Characters of a host: the longest name in DNS, with room for the zone of an address.</summary>
    public const int HostLength = 255;

    /// <summary>The longest time limit of a check that a client can have: nobody waits longer for a host that is up.</summary>
    public static readonly TimeSpan CheckTime = TimeSpan.FromMinutes(10);

    /// <summary>The time limit of a check where a client says nothing.</summary>
    public static readonly TimeSpan DefaultCheckTime = TimeSpan.FromSeconds(10);
}
