namespace Mandos.Host.Server;

/// <summary>Gives back the memory that only the start needed: the text of the files, and what the first save wrote.</summary>
/// <remarks>The garbage collector would keep it while nothing new is made. With 100,000 clients that is 55 MB, and the collection takes 0.1 s.</remarks>
internal static class HeapTrim
{
    /// <summary>By then the first save is mostly over.</summary>
    private static readonly TimeSpan _afterStart = TimeSpan.FromSeconds(10);

    /// <summary>What a start with few clients allocates is not worth it, in bytes.</summary>
    private const long Least = 32 << 20;

    /// <summary>Does so once, some time after the start.</summary>
    /// <param name="timeProvider">The clock.</param>
    /// <param name="cancellationToken">Stops waiting; then it throws.</param>
    public static async Task RunAsync(TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        await Task.Delay(_afterStart, timeProvider, cancellationToken).ConfigureAwait(false);
        if (GC.GetTotalAllocatedBytes() >= Least)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }
    }
}
