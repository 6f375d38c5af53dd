using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Mandos.PluginContracts.Processes;

/// <summary>The processes of the machine, as <c>/proc</c> shows them.</summary>
internal static class ProcessTable
{
    /// <summary>The processes whose command line, its words parted by spaces, has a text in it. Zombies have none.</summary>
    public static IReadOnlyList<int> WithCommand(string text)
    {
        List<int> found = [];
        foreach (string directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id)
                && id != Environment.ProcessId
                && CommandLine(directory).Contains(text, StringComparison.Ordinal))
            {
                found.Add(id);
            }
        }

        return found;
    }

    /// <summary>Kills processes; those that are gone meanwhile are no failure.</summary>
    public static void Kill(IEnumerable<int> ids)
    {
        foreach (int id in ids)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                process.Kill();
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or Win32Exception)
            {
                // It is gone, or is somebody else's.
            }
        }
    }

    private static string CommandLine(string directory)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(Path.Join(directory, "cmdline"))).Replace('\0', ' ');
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
