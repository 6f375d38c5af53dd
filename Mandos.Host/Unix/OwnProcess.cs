using System.Collections;
using System.Globalization;
using System.Text;

namespace Mandos.Host.Unix;

/// <summary>How this process was started, so that it can be started once more in the same way.</summary>
internal static class OwnProcess
{
    /// <summary>The name of its user; the number where nobody has given it a name, as in a container.</summary>
    public static string UserName => Environment.UserName is { Length: > 0 } name ? name : Libc.geteuid().ToString(CultureInfo.InvariantCulture);

    /// <summary>Its arguments with the program's name, as the kernel got them.</summary>
    public static List<string> Arguments()
    {
        // Not Environment.GetCommandLineArgs(), which has mandos.dll in place of how it was called.
        string all = Encoding.UTF8.GetString(File.ReadAllBytes("/proc/self/cmdline"));
        return [.. all[..^1].Split('\0')];
    }

    /// <summary>Its environment, with some variables set again.</summary>
    public static List<string> EnvironmentWith(params IReadOnlyList<(string Name, string Value)> changes)
    {
        List<string> variables = [];
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            if (!changes.Any(change => change.Name == (string)variable.Key))
            {
                variables.Add($"{variable.Key}={variable.Value}");
            }
        }

        return [.. variables, .. changes.Select(change => $"{change.Name}={change.Value}")];
    }

    /// <summary>Reads an environment variable that is for this process alone, and keeps it from whatever this process starts.</summary>
    public static string? TakeVariable(string name)
    {
        string? value = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, null);
        return value;
    }
}
