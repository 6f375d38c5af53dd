using System.Globalization;

namespace Mandos.EndToEnd.Tests.Harness;

/// <summary>What the kernel knows about a process (proc(5)).</summary>
internal static class ProcessFacts
{
    /// <summary>Whether it runs; one that has ended and was not waited for does not.</summary>
    public static bool Exists(int id)
    {
        try
        {
            return Status($"/proc/{id}", "State") is not ['Z' or 'X', ..];
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>A field of its status, with single spaces.</summary>
    public static string Status(int id, string field) => Status($"/proc/{id}", field);

    /// <summary>The different values that a field of the status has among its threads.</summary>
    public static IReadOnlyList<string> StatusOfThreads(int id, string field)
    {
        return [.. Directory.GetDirectories($"/proc/{id}/task").SelectMany(Value).Distinct()];

        // None for a thread that has ended meanwhile.
        IEnumerable<string> Value(string thread)
        {
            try
            {
                return [Status(thread, field)];
            }
            catch (IOException) when (!Directory.Exists(thread))
            {
                return [];
            }
        }
    }

    /// <summary>Where a link in its folder leads.</summary>
    public static string? Link(int id, string name) => new FileInfo($"/proc/{id}/{name}").LinkTarget;

    /// <summary>Where its descriptors lead, by their numbers.</summary>
    public static IReadOnlyDictionary<int, string> Descriptors(int id)
        => Directory.GetFileSystemEntries($"/proc/{id}/fd").ToDictionary(
            entry => int.Parse(Path.GetFileName(entry), CultureInfo.InvariantCulture),
            entry => new FileInfo(entry).LinkTarget ?? "");

    /// <summary>When it began, in clock ticks since the machine started, as in field 22 of proc(5)'s stat.</summary>
    public static string StartTime(int id)
    {
        string stat = File.ReadAllText($"/proc/{id}/stat");
        return stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
    }

    /// <summary>Its environment.</summary>
    public static IReadOnlyList<string> Variables(int id) => File.ReadAllText($"/proc/{id}/environ").Split('\0');

    /// <summary>The processes with an environment variable whose value begins so.</summary>
    public static IReadOnlyList<int> WithVariable(string name, string value)
    {
        List<int> found = [];
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            try
            {
                if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                    && Variables(id).Any(variable => variable.StartsWith($"{name}={value}", StringComparison.Ordinal)))
                {
                    found.Add(id);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It is gone, or somebody else's.
            }
        }

        return found;
    }

    /// <summary>The addresses and ports of all listening TCP sockets in its network namespace, in hexadecimal.</summary>
    public static IReadOnlyList<string> Listening(int id) =>
    [
        .. new[] { "tcp", "tcp6" }.SelectMany(table => File.ReadLines($"/proc/{id}/net/{table}").Skip(1))
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields[3] == "0A").Select(fields => fields[1]),
    ];

    private static string Status(string folder, string field)
    {
        var line = File.ReadLines($"{folder}/status").First(line => line.StartsWith(field + ":", StringComparison.Ordinal));
        return string.Join(' ', line[(field.Length + 1)..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
