namespace Mandos.Architecture.Tests;

/// <summary>Rules for the arrows between folders.</summary>
internal static class FolderRules
{
    /// <summary>Finds arrows between folders that use each other, also by way of others.</summary>
    /// <returns>A line for each such pair of folders, with the types that make its arrow; none if there is no circle.</returns>
    public static IReadOnlyList<string> FindCircles(IReadOnlyList<Arrow> arrows)
    {
        ILookup<string, string> uses = arrows.ToLookup(arrow => arrow.From, arrow => arrow.To);
        Dictionary<string, HashSet<string>> reached = uses.ToDictionary(from => from.Key, from => Reach(from.Key, uses));
        return Describe(arrows.Where(arrow => reached.TryGetValue(arrow.To, out var all) && all.Contains(arrow.From)));
    }

    /// <summary>Finds arrows that do not go down the layers, and folders that are in none.</summary>
    /// <param name="arrows">The arrows.</param>
    /// <param name="layers">The folders, of which each uses only those before it.</param>
    public static IReadOnlyList<string> FindWrongWays(IReadOnlyList<Arrow> arrows, IReadOnlyList<string> layers)
    {
        List<string> order = [.. layers];
        return Describe(arrows.Where(arrow => order.IndexOf(arrow.From) <= order.IndexOf(arrow.To) || !order.Contains(arrow.To)));
    }

    private static HashSet<string> Reach(string from, ILookup<string, string> uses)
    {
        var reached = new HashSet<string>();
        var next = new Stack<string>(uses[from]);
        while (next.TryPop(out string? folder))
        {
            if (reached.Add(folder))
            {
                foreach (string used in uses[folder])
                {
                    next.Push(used);
                }
            }
        }

        return reached;
    }

    private static IReadOnlyList<string> Describe(IEnumerable<Arrow> arrows) =>
    [
        .. arrows.GroupBy(arrow => (arrow.From, arrow.To)).OrderBy(pair => pair.Key)
            .Select(pair => $"{pair.Key.From} -> {pair.Key.To}: {string.Join(", ", pair.Select(arrow => $"{arrow.User} uses {arrow.Used}"))}"),
    ];
}
