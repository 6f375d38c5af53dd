using System.Globalization;

namespace Mandos.Host.Listening;

/// <summary>
/// Descriptors that no connection may take. .NET needs some at any moment, two for each thread it starts, and ends the process without them.
/// </summary>
internal static class DescriptorReserve
{
    private const int Size = 32;

    /// <summary>
    /// Finds the number above which a new descriptor comes from the reserve: the kernel always gives the lowest that is free (open(2)).
    /// </summary>
    /// <remarks>If the open ones cannot be told, as without <c>/proc</c> or another descriptor, it is a guess: connections are accepted all the same.</remarks>
    public static int FindStart() => FindStart(FindOpen("/proc/self/fd"), Native.GetOpenFileLimit());

    /// <param name="directory">Has a file for each descriptor that is open.</param>
    internal static IReadOnlySet<int> FindOpen(string directory)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(directory)
                .Select(static path => int.Parse(Path.GetFileName(path), NumberStyles.None, CultureInfo.InvariantCulture)).ToHashSet();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new HashSet<int>();
        }
    }

    /// <param name="open">The descriptors that are open.</param>
    /// <param name="limit">How many there may be.</param>
    internal static int FindStart(IReadOnlySet<int> open, long limit)
    {
        int start = (int)Math.Min(limit, int.MaxValue);
        for (int free = 0; free < Size && start > 0;)
        {
            start--;
            free += open.Contains(start) ? 0 : 1;
        }

        return start;
    }
}
