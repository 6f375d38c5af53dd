namespace Mandos.CheckerFping.Pings;

/// <summary>The limits of runs of fping with many hosts, each with its reason.</summary>
internal static class PingLimits
{
    /// <summary>How long the first check of a batch waits for others.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Hosts in a batch. Linux lets a socket keep 277 small packets by default (net.core.wmem_default, rmem_default), and fping sends each
    /// host four: so silent neighbours, for which the kernel keeps what it has to send, leave room for the others, and so do answers that
    /// fping is late to read.
    /// </summary>
    public const int Hosts = 64;

    /// <summary>Names in a batch: fping looks them up one after another, and sends nothing before it has done so.</summary>
    public const int Names = 16;

    /// <summary>Milliseconds between two packets of a batch: the least that every fping lets anybody choose.</summary>
    public const string PacketInterval = "1";

    /// <summary>A name that took longer than this to look up is no company for others: all of a batch together stay below <see cref="Lookups"/>.</summary>
    public static readonly TimeSpan Lookup = TimeSpan.FromMilliseconds(50);

    /// <summary>When fping should have looked up a batch's names. If it has not, one of them hangs, and each goes alone.</summary>
    public static readonly TimeSpan Lookups = TimeSpan.FromSeconds(1);

    /// <summary>How long fping waits for the answers of a host: four times, 500 ms first, and each time 1.5 times as long (fping(8)).</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500 + 750 + 1125 + 1687.5);

    /// <summary>A batch that lasts longer has gone wrong, and its hosts go alone.</summary>
    public static readonly TimeSpan Batch = TimeSpan.FromSeconds(10);

    /// <summary>How long fping may take to tell its version.</summary>
    public static readonly TimeSpan Version = TimeSpan.FromSeconds(10);

    /// <summary>For how long hosts go alone after fping could not run a batch.</summary>
    public static readonly TimeSpan Suspension = TimeSpan.FromMinutes(1);

    /// <summary>Output that is read of a batch, in bytes. A host that answers many times has fping write a line each time.</summary>
    public const int Output = 64 * 1024;

    /// <summary>Bytes of a line; none that tells of a host is as long.</summary>
    public const int Line = 1024;

    /// <summary>Names that are known to be looked up quickly; a server has no more clients.</summary>
    public const int KnownNames = 200_000;
}
