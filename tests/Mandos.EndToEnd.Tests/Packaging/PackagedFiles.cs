namespace Mandos.EndToEnd.Tests.Packaging;

/// <summary>The files under packaging/.</summary>
internal static class PackagedFiles
{
    public static string Root { get; } = Path.Combine(Repository.Root, "packaging");

    /// <summary>What bash reads to complete a command.</summary>
    public static string Completion(string command) => Path.Combine(Root, "bash-completion", command);

    public static string Install { get; } = Path.Combine(Root, "install");

    public static string Unit { get; } = Path.Combine(Root, "systemd/mandos.service");

    /// <summary>A manual page.</summary>
    /// <param name="name">Its name and section, for example <c>mandos.8</c>.</param>
    public static string Manual(string name) => Path.Combine(Root, "man", name);

    /// <summary>An example of a configuration file.</summary>
    public static string Example(string name) => Path.Combine(Root, "examples", name);
}
