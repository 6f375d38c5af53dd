using System.Globalization;

namespace Mandos.Bench.Load;

/// <summary>What processes have used (proc(5)).</summary>
internal static class ProcessUse
{
    /// <summary>User and system time so far, without children.</summary>
    public static TimeSpan Cpu(int process) => Ticks(process, 13) + Ticks(process, 14);

    /// <summary>User and system time of children that have ended.</summary>
    public static TimeSpan EndedChildrenCpu(int process) => Ticks(process, 15) + Ticks(process, 16);

    /// <summary>User and system time of a process with all its children, which have none.</summary>
    public static TimeSpan FamilyCpu(int process)
        => Children(process).Aggregate(Cpu(process) + EndedChildrenCpu(process), static (sum, child) => sum + Cpu(child));

    public static long ResidentBytes(int process) => Kilobytes($"/proc/{process}/status", "VmRSS:") * 1024;

    /// <summary>Memory of a process with all its children, where what they share counts once.</summary>
    public static long FamilyBytes(int process)
        => Children(process).Append(process).Sum(static member => Kilobytes($"/proc/{member}/smaps_rollup", "Pss:")) * 1024;

    private static int[] Children(int process) => [.. File.ReadAllText($"/proc/{process}/task/{process}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static child => int.Parse(child, CultureInfo.InvariantCulture))];

    private static TimeSpan Ticks(int process, int field)
    {
        string stat = Read($"/proc/{process}/stat");
        string[] fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length == 0 ? TimeSpan.Zero : TimeSpan.FromSeconds(long.Parse(fields[field - 2], CultureInfo.InvariantCulture) / 100.0);
    }

    private static long Kilobytes(string path, string name)
        => Read(path).Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } found
            ? long.Parse(found.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2], CultureInfo.InvariantCulture) : 0;

    /// <returns>Empty for a process that has ended meanwhile.</returns>
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
